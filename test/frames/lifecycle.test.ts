// How long pixels live: until the next batch, until release() when retained, and never longer.
import { expect, test } from 'vitest';
import type { VideoFrame } from '#dist/index.js';
import { sharedEngine } from '../support/engines.js';
import { failure } from '../support/failure.js';
import { framemd5 } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { listFrames, md5Of } from '../support/frame-list.js';

const engine = sharedEngine({ workers: 1 });
const NATIVE = { format: 'native', packed: true } as const;

test('frames live until the next batch is asked for', async () => {
  await using video = await engine.open(fixture('plain.mp4'));
  const stream = video.frames(NATIVE);
  const first = (await stream.next()).value!;
  const frame = first.frames[0]!;
  expect(frame.data.byteLength).toBe(320 * 180 * 1.5);
  expect(frame.released).toBe(false);
  await stream.next();
  expect(frame.released).toBe(true);
  for (const late of [
    () => frame.data,
    () => frame.planes,
    () => frame.retain(),
    () => frame.copyTo(Buffer.alloc(1e6)),
  ])
    expect(await failure(late)).toMatchObject({ code: 'FR_FRAME_RELEASED' });
  await stream.return();
});

test('leaving the loop releases the last batch', async () => {
  await using video = await engine.open(fixture('plain.mp4'));
  let last: VideoFrame | undefined;
  for await (const batch of video.frames(NATIVE)) {
    last = batch.frames[0]!;
    break;
  }
  expect(last!.released).toBe(true);
  expect(await failure(() => last!.data)).toMatchObject({ code: 'FR_FRAME_RELEASED' });
});

test('the end of the stream releases the last batch', async () => {
  await using video = await engine.open(fixture('plain.mp4'));
  const frames: VideoFrame[] = [];
  for await (const batch of video.frames({ ...NATIVE, count: 9 })) frames.push(...batch);
  expect(frames.map(({ released }) => released)).toEqual(frames.map(() => true));
  expect(frames.length).toBe(9);
});

test('retained frames keep their bytes while all others flow by', async () => {
  const hashes = await framemd5(fixture('plain.mp4'));
  await using video = await engine.open(fixture('plain.mp4'));
  const kept: VideoFrame[] = [];
  let seen = 0;
  for await (const batch of video.frames({ ...NATIVE, slots: 6 })) {
    seen += batch.length;
    if (kept.length < 3) kept.push(batch.frames[0]!.retain());
    expect(kept.map(md5Of)).toEqual(kept.map(({ index }) => hashes[index]));
  }
  expect(seen).toBe(100);
  expect(new Set(kept.map(({ index }) => index)).size).toBe(3);
  // The job is over, and so is another one on the same worker: the pixels are still there.
  await listFrames(video.frames(NATIVE));
  expect(kept.map(md5Of)).toEqual(kept.map(({ index }) => hashes[index]));
  for (const frame of kept) frame.release();
  expect(await failure(() => kept[0]!.data)).toMatchObject({ code: 'FR_FRAME_RELEASED' });
});

test.each([2, 3, 4])('with %d slots: each one that is released comes back', async (slots) => {
  const hashes = await framemd5(fixture('plain.mp4'));
  await using video = await engine.open(fixture('plain.mp4'));
  const seen: string[] = [];
  let held: VideoFrame | undefined;
  for await (const batch of video.frames({ ...NATIVE, slots })) {
    expect(batch.length).toBeLessThanOrEqual(Math.floor(slots / 2));
    held?.release();
    for (const frame of batch) seen.push(md5Of(frame));
    held = batch.frames.at(-1)!.retain();
  }
  held?.release();
  expect(seen).toEqual(hashes);
});

test('a frame may be released before its batch ends', async () => {
  await using video = await engine.open(fixture('plain.mp4'));
  let seen = 0;
  for await (const batch of video.frames({ ...NATIVE, slots: 2 }))
    for (const frame of batch) {
      seen += 1;
      frame.release();
      frame.release();
      expect(frame.released).toBe(true);
    }
  expect(seen).toBe(100);
});

test('pixels may be changed in place, for oneself alone', async () => {
  const hashes = await framemd5(fixture('plain.mp4'));
  await using video = await engine.open(fixture('plain.mp4'));
  for await (const batch of video.frames({ ...NATIVE, slots: 2 }))
    for (const frame of batch) {
      expect(md5Of(frame)).toBe(hashes[frame.index]);
      frame.data.fill(7);
      expect(frame.data.every((value) => value === 7)).toBe(true);
    }
});

test('batches are as long as asked for, and half the slots at most', async () => {
  await using video = await engine.open(fixture('plain.mp4'));
  const lengths = async (options: object): Promise<number[]> => {
    const list: number[] = [];
    for await (const batch of video.frames({ ...NATIVE, batchDelay: 60_000, ...options })) list.push(batch.length);
    return list;
  };
  expect(await lengths({ batchSize: 3, slots: 120 })).toEqual([...Array<number>(33).fill(3), 1]);
  expect(await lengths({ batchSize: 10, slots: 8 })).toEqual(Array<number>(25).fill(4));
  expect(await lengths({ batchSize: 1 })).toEqual(Array<number>(100).fill(1));
  expect(await lengths({ batchSize: 50, slots: 120 })).toEqual([50, 50]);
});

test('without a delay a batch waits for no other frame', async () => {
  await using video = await engine.open(fixture('plain.mp4'));
  const lengths: number[] = [];
  for await (const batch of video.frames({ ...NATIVE, batchDelay: 0, batchSize: 50, slots: 120, threads: 1 }))
    lengths.push(batch.length);
  expect(lengths.reduce((sum, length) => sum + length)).toBe(100);
  // The decoder gives a picture for each packet, but for what it gives at the end.
  expect(lengths.length).toBeGreaterThan(80);
});

test('a frame knows its place, its times and its kind', async () => {
  await using video = await engine.open(fixture('plain.mp4'));
  const stream = video.frames({ count: 30 });
  const frames: [number, number, number, number, boolean][] = [];
  for await (const batch of stream)
    for (const frame of batch) {
      expect([frame.width, frame.height, frame.format, frame.damaged]).toEqual([320, 180, 'rgb24', false]);
      frames.push([frame.index, frame.pts, frame.timestamp, frame.duration, frame.keyframe]);
    }
  const wanted = Array.from({ length: 30 }, (_, i): unknown[] => [
    i,
    expect.closeTo(i / 25, 6),
    i * 40_000,
    expect.closeTo(0.04, 6),
    i % 25 === 0,
  ]);
  expect(frames).toEqual(wanted);
  expect(await stream.result).toMatchObject({ frames: 30, damagedFrames: 0, damagedPackets: 0, decoder: 'h264' });
});
