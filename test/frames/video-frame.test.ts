// A frame is a view of its slot: planes by their layout, copies without padding, nothing after its release.
import { expect, test, vi } from 'vitest';
import fc from 'fast-check';
import { FrameBatch, FrameTensor, VideoFrame } from '#dist/frames/index.js';
import { Lease } from '#dist/memory/index.js';
import { formatNames, planLayout } from '#dist/pixels/index.js';
import { failure } from '../support/failure.js';

const FACTS = { pts: 1.5, duration: 0.04, keyframe: true, damaged: false, index: 3 };

/** A frame whose pixels hold the low byte of their packed place, and whose padding holds 255. */
function frame(format: string, width: number, height: number, packed: boolean): { frame: VideoFrame; end: () => void } {
  const layout = planLayout(format, width, height, packed);
  const slot = new Uint8Array(layout.byteLength).fill(255);
  let place = 0;
  for (const { offset, stride, rowBytes, rows } of layout.planes)
    for (let row = 0; row < rows; row++)
      for (let x = 0; x < rowBytes; x++) slot[offset + row * stride + x] = place++ % 251;
  const end = vi.fn();
  return { frame: new VideoFrame(new Lease(slot, end), layout, FACTS), end };
}

test('a frame says what it is', () => {
  const { frame: made } = frame('rgb24', 5, 3, false);
  expect(made).toMatchObject({ ...FACTS, width: 5, height: 3, format: 'rgb24', timestamp: 1_500_000, released: false });
});

test('a copy has every pixel in its place and no padding', () => {
  const side = fc.integer({ min: 1, max: 70 });
  fc.assert(
    fc.property(fc.constantFrom(...formatNames()), side, side, fc.boolean(), (format, width, height, packed) => {
      const { frame: made } = frame(format, width, height, packed);
      const size = made.allocationSize();
      expect(size).toBe(planLayout(format, width, height, true).byteLength);
      const copy = new Uint8Array(size + 2).fill(254);
      expect(made.copyTo(copy)).toBe(size);
      expect(
        Buffer.compare(
          copy,
          Uint8Array.from(copy, (_, i) => (i < size ? i % 251 : 254)),
        ),
      ).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('planes are views of the memory of the frame', () => {
  const { frame: made } = frame('yuv420p', 66, 4, false);
  const [luma, blue, red] = made.planes;
  expect(made.planes).toHaveLength(3);
  expect(luma).toMatchObject({ offset: 0, stride: 128, width: 66, height: 4 });
  expect(blue).toMatchObject({ offset: 512, stride: 64, width: 33, height: 2 });
  expect(red?.data).toHaveLength(128);
  red!.data[0] = 77;
  expect(made.data[red!.offset]).toBe(77);
});

test('a destination that is too small is refused before anything is written', async () => {
  const { frame: made } = frame('gray', 5, 3, false);
  const small = new Uint8Array(14);
  expect((await failure(() => made.copyTo(small))).message).toBe(
    'Expected at least 15 bytes for `destination` but received 14.',
  );
  expect(small.every((byte) => byte === 0)).toBe(true);
});

test('after its release a frame still says what it is, but shows no pixel', async () => {
  const { frame: made, end } = frame('gray', 5, 3, false);
  made.release();
  made.release();
  expect(end).toHaveBeenCalledTimes(1);
  expect(made).toMatchObject({ released: true, width: 5, pts: 1.5 });
  expect(made.allocationSize()).toBe(15);
  const reads = [() => made.data, () => made.planes, () => made.copyTo(new Uint8Array(15)), () => made.retain()];
  for (const read of reads) expect((await failure(read)).code).toBe('FR_FRAME_RELEASED');
});

test('the end of a batch releases the frames that nobody retained', () => {
  const [plain, kept, gone] = [frame('gray', 2, 2, true), frame('gray', 2, 2, true), frame('gray', 2, 2, true)];
  const batch = new FrameBatch([plain.frame, kept.frame, gone.frame]);
  expect(batch.length).toBe(3);
  expect([...batch]).toEqual(batch.frames);
  expect(kept.frame.retain()).toBe(kept.frame);
  gone.frame.release();
  batch.release();
  expect([plain, kept, gone].map(({ frame: made }) => made.released)).toEqual([true, false, true]);
  kept.frame[Symbol.dispose]();
  for (const { end } of [plain, kept, gone]) expect(end).toHaveBeenCalledTimes(1);
});

test('a tensor is released as a whole', async () => {
  const end = vi.fn();
  const tensor = new FrameTensor(new Lease(Uint8Array.of(1, 2, 3), end), [1, 1, 1, 3], []);
  expect([...tensor.data]).toEqual([1, 2, 3]);
  tensor[Symbol.dispose]();
  expect(end).toHaveBeenCalledTimes(1);
  expect((await failure(() => tensor.data)).code).toBe('FR_FRAME_RELEASED');
});
