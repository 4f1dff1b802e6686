// Hashes and palettes: what makes pictures alike, and what does not.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gridOf, GRID } from '#dist/covers/choice/best/features/grid.js';
import { hashDistance, hashOf } from '#dist/covers/choice/best/features/hash.js';
import { meanPalette, paletteDistance, paletteOf } from '#dist/covers/choice/best/features/palette.js';
import { fromRgb, plane, scene, thumbnail } from '../../../../support/thumbnails.js';

const SIZE = [160, 90] as const;
const hash = (rule: (x: number, y: number) => number): string => hashOf(gridOf(plane(...SIZE, rule)));
const seed = fc.integer({ min: 1, max: 5000 });

test('a grid has the means of its cells, whatever the size', () => {
  const quarters = (width: number, height: number): Float64Array =>
    gridOf(plane(width, height, (x, y) => (x < width / 2 ? 10 : 30) + (y < height / 2 ? 0 : 100)));
  for (const [width, height] of [
    [64, 64],
    [160, 90],
    [8, 8],
  ] as const) {
    const grid = quarters(width, height);
    expect([grid[0], grid[GRID - 1], grid[(GRID - 1) * GRID], grid.at(-1)]).toEqual([10, 30, 110, 130]);
  }
});

test('a hash is 64 bits, and plain areas have none set', () => {
  expect(hash(scene(1))).toMatch(/^[0-9a-f]{16}$/);
  expect(hash(() => 77)).toBe('0000000000000000');
});

test('light and contrast do not change a hash; the scene does', () => {
  fc.assert(
    fc.property(seed, (number) => {
      const one = scene(number);
      const same = hash((x, y) => 40 + one(x, y) / 3);
      expect(hashDistance(hash(one), same)).toBeLessThanOrEqual(4);
      expect(
        hashDistance(
          hash(one),
          hash((x, y) => 255 - one(x, y)),
        ),
      ).toBeGreaterThan(50);
    }),
    { numRuns: 8 },
  );
  const scenes = [1, 2, 3, 4, 5, 6].map((number) => hash(scene(number)));
  for (const [i, one] of scenes.entries())
    for (const other of scenes.slice(i + 1)) expect(hashDistance(one, other)).toBeGreaterThan(10);
});

test('the distance of hashes counts bits', () => {
  expect(hashDistance('0000000000000000', 'ffffffffffffffff')).toBe(64);
  expect(hashDistance('0000000000000001', '8000000000000003')).toBe(2);
  const any = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((bits) => bits.toString(16).padStart(16, '0'));
  fc.assert(
    fc.property(any, any, (one, other) => {
      expect(hashDistance(one, one)).toBe(0);
      expect(hashDistance(one, other)).toBe(hashDistance(other, one));
    }),
  );
});

test('palettes are apart by levels and by colours', () => {
  const of = (r: number, g: number, b: number): Float64Array => paletteOf(thumbnail(() => fromRgb(r, g, b), [32, 32]));
  expect(paletteDistance(of(0, 0, 0), of(0, 0, 0))).toBe(0);
  expect(paletteDistance(of(0, 0, 0), of(255, 255, 255))).toBe(0.5);
  expect(paletteDistance(of(0, 0, 255), of(255, 255, 0))).toBe(1);
  const half = paletteOf(thumbnail((x) => (x < 16 ? 0 : 255), [32, 32]));
  expect(paletteDistance(half, meanPalette([of(0, 0, 0), of(255, 255, 255)]))).toBeCloseTo(0, 10);
});

test('the distance of palettes is one: between 0 and 1, the same both ways, and no detour is shorter', () => {
  const palette = fc.tuple(seed, fc.integer({ min: 0, max: 2 })).map(([number, tint]) => {
    const one = scene(number);
    return paletteOf(thumbnail((x, y) => [one(x, y), 128 + tint * 30, 128 - tint * 20], [32, 32]));
  });
  fc.assert(
    fc.property(palette, palette, palette, (a, b, c) => {
      expect(a.reduce((sum, share) => sum + share, 0)).toBeCloseTo(2, 10);
      expect(paletteDistance(a, b)).toBeGreaterThanOrEqual(0);
      expect(paletteDistance(a, b)).toBeLessThanOrEqual(1 + 1e-12);
      expect(paletteDistance(a, b)).toBe(paletteDistance(b, a));
      expect(paletteDistance(a, c)).toBeLessThanOrEqual(paletteDistance(a, b) + paletteDistance(b, c) + 1e-12);
    }),
    { numRuns: 12 },
  );
});
