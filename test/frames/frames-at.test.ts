// Frames of chosen times in one piece of memory: order, shape, values and the end of the lease.
import { describe, expect, test } from 'vitest';
import { type FrameFormat, Engine } from '#dist/index.js';
import { sharedEngine, WAYS } from '../support/engines.js';
import { failure } from '../support/failure.js';
import { fixture } from '../support/fixtures.js';
import { tight } from '../support/frame-list.js';
import { psnr } from '../support/psnr.js';

const TIMES = [2.5, 0, 3.2, 0.7];
const SIZE = [40, 30] as const;
const COLUMNS = SIZE[0];
const ROWS = SIZE[1];

const engine = sharedEngine({ workers: 1 });

/** The same pictures through `frames()`, in the order of the times. */
async function singly(clip: string, times: readonly number[], format: FrameFormat): Promise<Uint8Array[]> {
  await using video = await engine.open(fixture(clip));
  const pictures: Uint8Array[] = [];
  for await (const batch of video.frames({ at: times, format, size: SIZE, packed: true }))
    for (const frame of batch) pictures[frame.index] = tight(frame);
  return pictures;
}

describe.each(WAYS)('$name', ({ options }) => {
  const own = sharedEngine(options);

  test('nhwc: frames in the order of the times', async () => {
    await using video = await own.open(fixture('plain.mp4'));
    const tensor = await video.framesAt(TIMES, { size: SIZE });
    expect(tensor.shape).toEqual([4, ROWS, COLUMNS, 3]);
    expect(tensor.frames.map(({ pts }) => pts)).toEqual(
      [2.48, 0, 3.2, 0.68].map((pts): unknown => expect.closeTo(pts, 4)),
    );
    const wanted = Buffer.concat(await singly('plain.mp4', TIMES, 'rgb24'));
    expect(Buffer.compare(tensor.data, wanted)).toBe(0);
    tensor.release();
  });
});

test.each([
  ['rgba', [4, ROWS, COLUMNS, 4]],
  ['gray8', [4, ROWS, COLUMNS, 1]],
  ['yuv420p', [4, ROWS * COLUMNS * 1.5]],
] as const)('nhwc of %s', async (format, shape) => {
  await using video = await engine.open(fixture('plain.mp4'));
  const tensor = await video.framesAt(TIMES, { size: SIZE, format });
  expect(tensor.shape).toEqual(shape);
  expect(Buffer.compare(tensor.data, Buffer.concat(await singly('plain.mp4', TIMES, format)))).toBe(0);
  tensor.release();
});

test.each([
  ['stored', undefined],
  ['scaled', SIZE],
] as const)('nchw of %s pictures: the samples of nhwc in another order', async (_, size) => {
  await using video = await engine.open(fixture('bt709.mp4'));
  const times = [0.5, 0.1];
  const [planes, pixels] = [
    await video.framesAt(times, { size, layout: 'nchw' }),
    await video.framesAt(times, { size }),
  ];
  const [columns, rows] = size ?? [320, 180];
  expect(planes.shape).toEqual([2, 3, rows, columns]);
  const area = rows * columns;
  const reordered = Buffer.alloc(2 * 3 * area);
  for (let n = 0; n < 2; n++)
    for (let channel = 0; channel < 3; channel++)
      for (let i = 0; i < area; i++)
        reordered[(n * 3 + channel) * area + i] = pixels.data[(n * area + i) * 3 + channel]!;
  // Packed and planar RGB may be rounded differently.
  expect(psnr(planes.data, reordered)).toBeGreaterThan(50);
  planes.release();
  pixels.release();
});

test('a time may be repeated', async () => {
  await using video = await engine.open(fixture('long-gop.mp4'));
  const tensor = await video.framesAt([5, 1, 5, 5], { size: SIZE });
  const bytes = ROWS * COLUMNS * 3;
  const [first, second, third, fourth] = [0, 1, 2, 3].map((n) => tensor.data.subarray(n * bytes, (n + 1) * bytes));
  expect(Buffer.compare(first!, third!)).toBe(0);
  expect(Buffer.compare(first!, fourth!)).toBe(0);
  expect(Buffer.compare(first!, second!)).not.toBe(0);
  expect(tensor.frames.map(({ pts }) => pts)).toEqual([5, 1, 5, 5]);
  tensor.release();
});

test('a picture of the whole size without padding', async () => {
  await using video = await engine.open(fixture('odd.mp4'));
  const tensor = await video.framesAt([0.2]);
  expect(tensor.shape).toEqual([1, 181, 321, 3]);
  expect(tensor.data.byteLength).toBe(181 * 321 * 3);
  tensor.release();
});

test('after the release there are no pixels', async () => {
  await using video = await engine.open(fixture('plain.mp4'));
  const tensor = await video.framesAt([1], { size: SIZE });
  expect(tensor.data.byteLength).toBe(ROWS * COLUMNS * 3);
  tensor.release();
  expect(await failure(() => tensor.data)).toMatchObject({ code: 'FR_FRAME_RELEASED' });
  tensor.release();
});

test('the memory of released tensors is used again, that of others is not', async () => {
  await using small = new Engine({ workers: 1, regionBytes: 4 * 1024 * 1024 });
  await using video = await small.open(fixture('plain.mp4'));
  // Each takes 1.7 of 4 MiB.
  const times = Array.from({ length: 10 }, (_, i) => i / 4);
  for (let i = 0; i < 6; i++) (await video.framesAt(times)).release();
  const kept = [await video.framesAt(times), await video.framesAt(times)];
  const before = kept.map(({ data }) => Buffer.from(data));
  expect(await failure(() => video.framesAt(times))).toMatchObject({ code: 'FR_MEMORY_BUDGET' });
  for (const [i, tensor] of kept.entries()) {
    expect(Buffer.compare(tensor.data, before[i]!)).toBe(0);
    tensor.release();
  }
  (await video.framesAt(times)).release();
});

test('more frames than the region holds are refused, and the worker stays', async () => {
  await using small = new Engine({ workers: 1, regionBytes: 4 * 1024 * 1024 });
  await using video = await small.open(fixture('plain.mp4'));
  const pids = small.pids;
  const times = Array.from({ length: 30 }, (_, i) => i / 10);
  const error = await failure(() => video.framesAt(times));
  expect(error).toMatchObject({ code: 'FR_MEMORY_BUDGET', details: { bytes: 30 * 320 * 180 * 3 } });
  const tensor = await video.framesAt(times, { size: SIZE });
  expect(tensor.shape).toEqual([30, ROWS, COLUMNS, 3]);
  tensor.release();
  expect(small.pids).toEqual(pids);
});

test('a time beyond the end fails as a whole', async () => {
  await using video = await engine.open(fixture('plain.mp4'));
  expect(await failure(() => video.framesAt([1, 99]))).toMatchObject({ code: 'FR_TIME_BEYOND_END' });
});
