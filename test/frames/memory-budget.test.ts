// One budget for all workers of an engine: calls wait for memory, never for themselves, and the dead give it back.
import { expect, test } from 'vitest';
import { Engine, type AlertEvent, type VideoFrame } from '#dist/index.js';
import { eventually } from '../support/eventually.js';
import { failure } from '../support/failure.js';
import { fixture } from '../support/fixtures.js';

const MIB = 1024 * 1024;
/** 320x180 rgb24 in whole pages: 43 of them. */
const FRAME = 43 * 4096;

async function count(frames: AsyncIterable<{ readonly length: number }>): Promise<number> {
  let total = 0;
  for await (const batch of frames) total += batch.length;
  return total;
}

test('a call waits for memory that another call has, and goes on when that is over', async () => {
  await using engine = new Engine({ workers: 2, memoryBudget: MIB });
  await using video = await engine.open(fixture('plain.mp4'));
  // Five frames fit: the first call gets them all.
  const first = video.frames({ packed: true });
  await first.next();
  expect(engine.memory).toMatchObject({ budget: MIB, used: 5 * FRAME, waiting: 0 });
  const second = count(video.frames({ packed: true }));
  await eventually(() => expect(engine.memory!.waiting).toBe(1));
  expect(engine.telemetry.snapshot().alerts).toMatchObject([{ name: 'pool-use', state: 'fired' }]);
  await first.return();
  expect(await second).toBe(100);
  await eventually(() => expect(engine.memory).toMatchObject({ used: 0, waiting: 0 }));
  expect(engine.telemetry.snapshot().alerts).toEqual([]);
});

test('many calls at once share little memory, and each reads all of its frames', async () => {
  await using engine = new Engine({ workers: 4, memoryBudget: MIB });
  await using video = await engine.open(fixture('plain.mp4'));
  const counts = await Promise.all(Array.from({ length: 8 }, () => count(video.frames({ packed: true, slots: 4 }))));
  expect(counts).toEqual(Array<number>(8).fill(100));
  expect(engine.memory!.used).toBe(0);
});

test('frames of which not even two fit are refused in one sentence, and the worker stays', async () => {
  await using engine = new Engine({ workers: 1, memoryBudget: MIB });
  await using video = await engine.open(fixture('plain.mp4'));
  const { pids } = engine;
  const error = await failure(() => count(video.frames({ size: [640, 480] })));
  expect(error).toMatchObject({ code: 'FR_MEMORY_BUDGET', details: { budget: MIB } });
  expect(error.message).toContain('2 slots of');
  expect(error.message).toContain('raise `memoryBudget`');
  expect(await count(video.frames())).toBe(100);
  expect(engine.pids).toEqual(pids);
});

test('who retains everything and asks for more is told so after the deadline; who gives up leaves the line', async () => {
  await using engine = new Engine({ workers: 2, memoryBudget: MIB, queueTimeout: 150 });
  await using video = await engine.open(fixture('plain.mp4'));
  const kept: VideoFrame[] = [];
  const first = video.frames({ packed: true });
  for (const frame of (await first.next()).value!) kept.push(frame.retain());
  const error = await failure(() => count(video.frames({ packed: true })));
  expect(error).toMatchObject({ code: 'FR_TIMEOUT', details: { used: 5 * FRAME, budget: MIB } });
  expect(error.message).toContain('release what is retained');
  const controller = new AbortController();
  const given = failure(() => count(video.frames({ packed: true, signal: controller.signal })));
  await eventually(() => expect(engine.memory!.waiting).toBe(1));
  controller.abort();
  expect(await given).toMatchObject({ code: 'FR_ABORTED' });
  expect(engine.memory!.waiting).toBe(0);
  for (const frame of kept) frame.release();
  await first.return();
  expect(await count(video.frames({ packed: true }))).toBe(100);
});

test('after a job each retained frame holds its own memory and no other', async () => {
  await using engine = new Engine({ workers: 1 });
  await using video = await engine.open(fixture('plain.mp4'));
  const kept: VideoFrame[] = [];
  for await (const batch of video.frames({ packed: true, count: 20 }))
    if (kept.length < 2) kept.push(batch.frames[0]!.retain());
  await eventually(() => expect(engine.memory!.used).toBe(2 * FRAME));
  kept[0]!.release();
  expect(engine.memory!.used).toBe(FRAME);
  kept[1]!.release();
  expect(engine.memory!.used).toBe(0);
});

test('a dead worker gives its memory back, all but what is still read, and is an alert', async () => {
  const events: AlertEvent[] = [];
  await using engine = new Engine({ workers: 1 });
  engine.telemetry.onAlert((event) => events.push(event));
  await using video = await engine.open(fixture('big.mp4'));
  const stream = video.frames({ size: [320, 180], packed: true });
  const kept = (await stream.next()).value!.frames[0]!.retain();
  expect(engine.memory!.used).toBe(8 * FRAME);
  const [pid = 0] = engine.pids;
  process.kill(pid, 'SIGKILL');
  expect(
    await failure(async () => {
      while (!(await stream.next()).done);
    }),
  ).toMatchObject({ code: 'FR_WORKER_DIED' });
  expect(engine.memory).toMatchObject({ used: FRAME, idle: 0 });
  kept.release();
  expect(engine.memory!.used).toBe(0);
  expect(events).toMatchObject([{ name: 'worker-death', state: 'fired', value: 1 }]);
  expect(events[0]!.message).toBe(`A media worker (process ${String(pid)}) was ended by SIGKILL.`);
  const lines = engine.telemetry.prometheus().split('\n');
  expect(lines).toContain('framerail_worker_deaths_total{how="SIGKILL"} 1');
  expect(lines).toContain('framerail_worker_starts_total 1');
});

test('workers that are closed are no deaths', async () => {
  const engine = new Engine({ workers: 2 });
  const events: AlertEvent[] = [];
  engine.telemetry.onAlert((event) => events.push(event));
  await engine.warm(2);
  expect(engine.telemetry.prometheus().split('\n')).toContain('framerail_workers 2');
  await engine.close();
  expect(events).toEqual([]);
});

test('a preset prepares memory and sets batches: the first job finds all committed', async () => {
  await using engine = new Engine({ workers: 1, preset: 'realtime' });
  await using video = await engine.open(fixture('plain.mp4'));
  await eventually(() => expect(engine.memory).toMatchObject({ idle: 100 * MIB, used: 0 }));
  expect(await count(video.frames())).toBe(100);
  expect(engine.memory).toMatchObject({ requests: 10, hitRate: 1 });
  expect((await failure(() => new Engine({ preset: 'fast' as 'batch' }))).message).toBe(
    'Expected one of realtime, batch for `preset` but received "fast".',
  );
});
