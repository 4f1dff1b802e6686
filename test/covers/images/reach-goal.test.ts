// The search for a quality finds the one that was asked for, in few encodes, or says how near it came.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { JPEG_QUALITIES } from '#dist/covers/images/jpeg-qualities.js';
import { type ImageWriter, reachGoal } from '#dist/covers/images/reach-goal.js';
import { jpegQuantiser } from '#dist/spelling/index.js';
import { failure } from '../../support/failure.js';

const breathe = (): undefined => undefined;

/** A writer whose files grow, and grow better, with each of its qualities. */
function writer(sizes: readonly number[]): ImageWriter & { encoded: number[] } {
  const qualities = sizes.map((_, i) => i + 1);
  const encoded: number[] = [];
  return {
    qualities,
    encoded,
    encode: async (quality) => {
      encoded.push(quality);
      return new Uint8Array(sizes[quality - 1]!);
    },
    likeness: async ({ byteLength }) => 1 - 1 / (1 + byteLength),
  };
}

const growing = fc
  .array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 100 })
  .map((steps) => steps.map((_, i) => steps.slice(0, i + 1).reduce((sum, step) => sum + step, 0)));

test('the largest file within a limit of bytes', async () => {
  await fc.assert(
    fc.asyncProperty(growing, fc.integer({ min: 1, max: 3000 }), async (sizes, bytes) => {
      const fitting = sizes.filter((size) => size <= bytes);
      const own = writer(sizes);
      const goal = { kind: 'maxBytes', bytes } as const;
      if (fitting.length === 0) {
        const error = await failure(() => reachGoal(own, goal, breathe));
        expect(error).toMatchObject({ code: 'FR_IMAGE_GOAL', details: { smallest: sizes[0], maxBytes: bytes } });
        expect(error.message).toContain(`${String(sizes[0])} bytes`);
      } else {
        const made = await reachGoal(own, goal, breathe);
        expect(made).toMatchObject({ quality: fitting.length, ssim: null, attempts: own.encoded.length });
        expect(made.data.byteLength).toBe(fitting.at(-1));
      }
      expect(own.encoded.length).toBeLessThanOrEqual(Math.floor(Math.log2(sizes.length)) + 1);
      expect(new Set(own.encoded).size).toBe(own.encoded.length);
    }),
  );
});

test('the smallest file that is like enough', async () => {
  await fc.assert(
    fc.asyncProperty(growing, fc.double({ min: 0.01, max: 1, noNaN: true }), async (sizes, wanted) => {
      const own = writer(sizes);
      const likeness = sizes.map((size) => 1 - 1 / (1 + size));
      const goal = { kind: 'minSsim', ssim: wanted } as const;
      const first = likeness.findIndex((one) => one >= wanted);
      if (first < 0) {
        const error = await failure(() => reachGoal(own, goal, breathe));
        expect(error).toMatchObject({ code: 'FR_IMAGE_GOAL', details: { best: likeness.at(-1), minSsim: wanted } });
      } else {
        const made = await reachGoal(own, goal, breathe);
        expect(made).toMatchObject({ quality: first + 1, ssim: likeness[first], attempts: own.encoded.length });
      }
    }),
  );
});

test('a quality is taken as it is, and a search stops when its job does', async () => {
  const own = writer([10, 20, 30]);
  expect(await reachGoal(own, { kind: 'quality', quality: 2 }, breathe)).toMatchObject({ quality: 2, attempts: 1 });
  const stop = (): never => {
    throw new Error('stopped');
  };
  await expect(reachGoal(own, { kind: 'maxBytes', bytes: 20 }, stop)).rejects.toThrow('stopped');
  expect(own.encoded).toEqual([2]);
});

test('the qualities of JPEG that are tried give all its quantisers, each once', () => {
  const all = new Set(Array.from({ length: 100 }, (_, i) => jpegQuantiser(i + 1)));
  expect(JPEG_QUALITIES.map(jpegQuantiser)).toEqual([...all].toSorted((a, b) => b - a));
  expect(JPEG_QUALITIES.at(-1)).toBe(100);
});
