// The size of thumbnails, their planes, and the black bars that are cut off.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findBars } from '#dist/covers/choice/best/features/bars.js';
import { analyse, thumbnailSize } from '#dist/covers/choice/best/features/index.js';
import { cut, halved } from '#dist/covers/choice/best/features/thumbnail.js';
import { HEIGHT, plane, scene, thumbnail, WIDTH } from '../../../../support/thumbnails.js';

test.each([
  [1920, 1080, 320, 180],
  [1080, 1920, 180, 320],
  [3840, 2160, 320, 180],
  [1000, 1000, 240, 240],
  [320, 180, 320, 180],
  [100, 60, 100, 60],
  [1, 1, 16, 16],
])('%i x %i is judged at %i x %i', (width, height, wide, tall) => {
  expect(thumbnailSize({ width, height })).toEqual({ width: wide, height: tall });
});

test('thumbnails are small multiples of four, whatever the shape', () => {
  const side = fc.integer({ min: 1, max: 16_384 });
  fc.assert(
    fc.property(side, side, (width, height) => {
      const size = thumbnailSize({ width, height });
      expect([size.width % 4, size.height % 4]).toEqual([0, 0]);
      expect(Math.min(size.width, size.height)).toBeGreaterThanOrEqual(16);
      expect(size.width * size.height).toBeLessThanOrEqual(320 * 180 * 1.2);
    }),
  );
});

test('half of a plane is the mean of four samples', () => {
  const half = halved(plane(4, 2, (x, y) => [10, 20, 0, 250][x]! + 4 * y));
  expect([half.width, half.height, [...half.samples]]).toEqual([2, 1, [17, 127]]);
});

test('a part of a thumbnail is that part on every scale', () => {
  const whole = thumbnail((x, y) => (x >= 40 && x < 120 && y >= 20 && y < 60 ? [200, 90, 170] : [20, 128, 128]));
  const part = cut(whole, { x: 10, y: 5, width: 20, height: 10 });
  for (const [one, level] of [
    [part.fine, 200],
    [part.middle, 200],
    [part.coarse.luma, 200],
    [part.coarse.cb, 90],
    [part.coarse.cr, 170],
  ] as const)
    expect(new Set(one.samples)).toEqual(new Set([level]));
  expect([part.fine.width, part.fine.height, part.middle.width, part.coarse.luma.height]).toEqual([80, 40, 40, 10]);
});

describe('bars', () => {
  const inside = scene(2);
  const bright = (x: number, y: number): number => 60 + inside(x, y) / 2;

  test.each([
    [24, 0],
    [0, 70],
    [24, 40],
    [61, 0],
  ])('%i rows and %i columns on each side', (rows, columns) => {
    const boxed = thumbnail((x, y) =>
      y < rows || y >= HEIGHT - rows || x < columns || x >= WIDTH - columns ? 4 : bright(x, y),
    );
    const { bars, content } = findBars(boxed);
    expect(bars.rows).toBeCloseTo(rows / HEIGHT, 1);
    expect(bars.columns).toBeCloseTo(columns / WIDTH, 1);
    expect(4 * content.y).toBeGreaterThanOrEqual(rows);
    expect(4 * content.x).toBeGreaterThanOrEqual(columns);
    // Nothing of the bars is left to be seen.
    expect(analyse(boxed).features.darkShare).toBe(0);
    expect(analyse(boxed).features.lumaP1).toBeGreaterThan(0.2);
  });

  test.each<[string, (x: number, y: number) => number]>([
    ['none', bright],
    ['all of it black', () => 0],
    ['a dark floor', (x, y) => (y > 120 ? 2 : bright(x, y))],
    ['a spotlight', (x, y) => Math.max(0, 200 - 3 * Math.hypot(x - 160, y - 90))],
    ['a line of light', (_, y) => (Math.abs(y - 90) < 10 ? 220 : 0)],
  ])('%s: no bars', (_, rule) => {
    expect(findBars(thumbnail(rule)).bars).toEqual({ rows: 0, columns: 0 });
  });
});

test('a boxed picture has the features of the picture', () => {
  const light = scene(9);
  const alone = analyse(thumbnail((x, y) => 50 + light(x, y) / 2)).features;
  const boxed = analyse(thumbnail((x, y) => (y < 24 || y >= 156 ? 3 : 50 + light(x, y) / 2))).features;
  expect(boxed.lumaMean).toBeCloseTo(alone.lumaMean, 1);
  expect(boxed.contrast).toBeCloseTo(alone.contrast, 1);
  expect(boxed.sharpness / alone.sharpness).toBeCloseTo(1, 0);
});
