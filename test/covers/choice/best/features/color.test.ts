// Figures of colour, against colours whose figures can be told by hand.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { colorOf } from '#dist/covers/choice/best/features/color.js';
import { fromRgb, type Sample, thumbnail } from '../../../../support/thumbnails.js';

const SIZE = [32, 32] as const;
const plain = (r: number, g: number, b: number): ReturnType<typeof colorOf> =>
  colorOf(thumbnail(() => fromRgb(r, g, b), SIZE));
const halves = (left: Sample, right: Sample): ReturnType<typeof colorOf> =>
  colorOf(thumbnail((x) => (x < 16 ? left : right), SIZE));

test.each([0, 17, 128, 255])('gray %i has no colour', (level) => {
  expect(plain(level, level, level)).toEqual({
    colorfulness: expect.closeTo(0, 5),
    saturationHsv: 0,
    saturationHsl: 0,
    hueSpread: 0,
    skin: 0,
  });
});

test('red is saturated, of one hue, and as colourful as its distance from gray', () => {
  const red = plain(255, 0, 0);
  expect(red.saturationHsv).toBeCloseTo(1, 1);
  expect(red.saturationHsl).toBeCloseTo(1, 1);
  expect(red.hueSpread).toBeCloseTo(0, 5);
  // No deviation; the means are 255 and 127.5 (Hasler and Süsstrunk).
  expect(red.colorfulness).toBeCloseTo(0.3 * Math.sqrt(255 ** 2 + 127.5 ** 2), -0.5);
});

test('pale and dark colours are where HSV and HSL part', () => {
  // max 255, min 204: 51 / 255 in HSV, 51 / (255 - 204) in HSL.
  const pink = plain(255, 204, 204);
  expect(pink.saturationHsv).toBeCloseTo(0.2, 1);
  expect(pink.saturationHsl).toBeGreaterThan(0.9);
  // max 120, min 60: 60 / 120 and 60 / 180.
  const brown = plain(120, 60, 60);
  expect(brown.saturationHsv).toBeCloseTo(0.5, 1);
  expect(brown.saturationHsl).toBeCloseTo(1 / 3, 1);
});

test('colours across from each other spread hue all around, and are colourful', () => {
  const opposed = halves(fromRgb(255, 0, 0), fromRgb(0, 255, 255));
  expect(opposed.hueSpread).toBeGreaterThan(0.98);
  // rg is 255 or -255, yb 127.5 or -127.5: their deviations, and no mean.
  expect(opposed.colorfulness).toBeCloseTo(Math.sqrt(255 ** 2 + 127.5 ** 2), -0.5);
  expect(halves(fromRgb(255, 0, 0), fromRgb(255, 60, 0)).hueSpread).toBeLessThan(0.1);
});

test('what is too dark to see has no saturation', () => {
  expect(plain(12, 0, 0)).toMatchObject({ saturationHsv: 0, saturationHsl: 0 });
});

describe('skin', () => {
  test.each([
    ['light', 236, 188, 160],
    ['tanned', 198, 134, 96],
    ['dark', 120, 72, 50],
  ])('%s', (_, r, g, b) => {
    expect(plain(r, g, b).skin).toBe(1);
  });

  test.each([
    ['sky', 110, 160, 230],
    ['grass', 70, 140, 50],
    ['pure red', 255, 0, 0],
    ['paper', 245, 244, 240],
  ])('%s is none', (_, r, g, b) => {
    expect(plain(r, g, b).skin).toBe(0);
  });

  test('is told by its share', () => {
    expect(halves(fromRgb(198, 134, 96), fromRgb(70, 140, 50)).skin).toBe(0.5);
  });
});

test('figures stay in their ranges, and a mirrored picture has the same ones', () => {
  const channel = fc.integer({ min: 0, max: 255 });
  const color = fc.tuple(channel, channel, channel);
  fc.assert(
    fc.property(fc.array(color, { minLength: 1, maxLength: 8 }), (colors) => {
      const rule = (x: number): Sample => colors[(x >> 2) % colors.length]!;
      const figures = colorOf(thumbnail(rule, SIZE));
      const mirrored = colorOf(thumbnail((x) => rule(31 - x), SIZE));
      for (const name of ['saturationHsv', 'saturationHsl', 'hueSpread', 'skin'] as const) {
        expect(figures[name]).toBeGreaterThanOrEqual(0);
        expect(figures[name]).toBeLessThanOrEqual(1 + 1e-9);
      }
      for (const [name, figure] of Object.entries(figures))
        expect(mirrored[name as keyof typeof mirrored]).toBeCloseTo(figure, 8);
    }),
  );
});
