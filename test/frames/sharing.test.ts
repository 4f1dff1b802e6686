// Several videos on few workers, and consumers that are slow: nothing is lost, nothing piles up, nothing is killed.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Engine } from '#dist/index.js';
import { clipBlocks } from '../support/blocks.js';
import { WAYS } from '../support/engines.js';
import { failure } from '../support/failure.js';
import { framemd5 } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { listFrames, md5Of } from '../support/frame-list.js';

const NATIVE = { format: 'native', packed: true } as const;

test.each(WAYS)(
  '$name: a consumer that is slower than the decoder leaves timers and signals their turn',
  async ({ options }) => {
    await using engine = new Engine({ ...options, workers: 1 });
    await using video = await engine.open(fixture('big.mp4'));
    let seen = 0;
    const error = await failure(async () => {
      // Hashing thrice takes longer than decoding: the next batch is always there already.
      for await (const batch of video.frames({ timeout: 150 }))
        for (const frame of batch) {
          expect(new Set([md5Of(frame), md5Of(frame), md5Of(frame)]).size).toBe(1);
          seen += 1;
        }
    });
    expect(error.code).toBe('FR_TIMEOUT');
    expect(seen).toBeLessThan(300);
  },
);

test('six videos at once on two workers', async () => {
  const clips = ['plain.mp4', 'plain.ts', 'hevc10.mp4', 'vp9.webm', 'mjpeg.avi', 'vfr.mp4'];
  await using engine = new Engine({ workers: 2 });
  const found = await Promise.all(
    clips.map(async (clip) => {
      await using video = await engine.open(fixture(clip));
      return (await listFrames(video.frames(NATIVE))).map(({ md5 }) => md5);
    }),
  );
  expect(engine.pids.length).toBe(2);
  expect(found).toEqual(await Promise.all(clips.map((clip) => framemd5(fixture(clip)))));
});

test('calls on one video run beside each other', async () => {
  await using engine = new Engine({ workers: 3 });
  await using video = await engine.open(fixture('plain.mp4'));
  const [first, second] = [video.frames({ ...NATIVE, slots: 2 }), video.frames({ ...NATIVE, slots: 2, from: 2 })];
  const pts: number[] = [];
  for (let i = 0; i < 5; i++)
    for (const stream of [first, second]) pts.push((await stream.next()).value!.frames[0]!.pts);
  expect(pts).toEqual(
    [0, 2, 0.04, 2.04, 0.08, 2.08, 0.12, 2.12, 0.16, 2.16].map((time): unknown => expect.closeTo(time, 4)),
  );
  await Promise.all([first.return(), second.return()]);
});

test('a call does not wait for a worker for ever', async () => {
  await using engine = new Engine({ workers: 1, queueTimeout: 100 });
  await using video = await engine.open(fixture('big.mp4'));
  const reader = video.frames({ ...NATIVE, slots: 2 });
  await reader.next();
  const error = await failure(() => video.framesAt([0], { size: [16, 16] }));
  expect(error).toMatchObject({ code: 'FR_TIMEOUT', retryable: true });
  expect(error.message).toContain('workers stayed busy for 100 ms');
  await reader.return();
  (await video.framesAt([0], { size: [16, 16] })).release();
});

test('a waiting call can be aborted, and gives its place away', async () => {
  await using engine = new Engine({ workers: 1 });
  await using video = await engine.open(fixture('big.mp4'));
  const reader = video.frames({ ...NATIVE, slots: 2 });
  await reader.next();
  const controller = new AbortController();
  const waiting = failure(() => video.framesAt([0], { size: [16, 16], signal: controller.signal }));
  const behind = video.framesAt([0], { size: [16, 16] });
  controller.abort();
  expect(await waiting).toMatchObject({ code: 'FR_ABORTED' });
  await reader.return();
  (await behind).release();
});

test('a consumer that does not read keeps its worker waiting, not growing and not killed', async () => {
  const stallTimeout = 100;
  await using engine = new Engine({ workers: 2, stallTimeout });
  const source = await clipBlocks('big.mp4');
  await using video = await engine.open(source);
  const pid = engine.pids[0]!;
  const opened = source.asked;
  const stream = video.frames({ ...NATIVE, slots: 4, batchSize: 1, threads: 1 });
  expect((await stream.next()).value!.frames[0]!.index).toBe(0);
  // Other work passes the time on another worker, many times as long as a worker may be silent.
  const pass = async (): Promise<void> => {
    for (const end = performance.now() + 6 * stallTimeout; performance.now() < end;)
      await engine.probe(fixture('plain.mp4'));
  };
  await pass();
  const [memory, asked] = [residentBytes(pid), source.asked];
  await pass();
  expect(source.asked).toBe(asked);
  expect(asked - opened).toBeLessThan(source.size / 3);
  expect(residentBytes(pid) - memory).toBeLessThan(8 * 1024 * 1024);
  const rest = await listFrames(stream);
  expect(rest.map(({ index }) => index)).toEqual(Array.from({ length: 299 }, (_, i) => i + 1));
  expect(engine.pids).toContain(pid);
  expect(await stream.result).toMatchObject({ frames: 300 });
});

test('a call that gives up while its worker starts passes its turn on', async () => {
  await using engine = new Engine({ workers: 1, queueTimeout: 3000 });
  // Enough for both to be in the pool, and less than any process takes to start and load FFmpeg.
  const first = failure(() => engine.open(fixture('plain.mp4'), { timeout: 30 }));
  const second = engine.open(fixture('plain.mp4'));
  expect((await first).code).toBe('FR_TIMEOUT');
  expect((await second).info.video.codec).toBe('h264');
});

test('of many calls that give up in the queue none takes the turn of those that stay', async () => {
  await using engine = new Engine({ workers: 1, queueTimeout: 5000 });
  const controller = new AbortController();
  const path = fixture('plain.mp4');
  const calls = Array.from({ length: 9 }, (_, i) =>
    engine.open(path, i % 3 === 0 ? {} : { signal: controller.signal }),
  );
  await calls[0];
  controller.abort();
  const ends = await Promise.allSettled(calls);
  for (const [i, { status }] of ends.entries()) if (i % 3 === 0) expect(status).toBe('fulfilled');
});

/** The memory of a process that is in use; 0 where the system does not say. */
function residentBytes(pid: number): number {
  if (process.platform !== 'linux') return 0;
  return Number(readFileSync(`/proc/${String(pid)}/statm`, 'utf8').split(' ')[1]) * 4096;
}
