// Figures of light, against pictures whose figures can be told by hand.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { lightOf } from '#dist/covers/choice/best/features/light.js';
import { plane } from '../../../../support/thumbnails.js';

test('a plain area has its level, no contrast and nothing to tell', () => {
  expect(lightOf(plane(40, 30, () => 51))).toEqual({
    lumaMean: 0.2,
    lumaP1: 0.2,
    lumaP5: 0.2,
    lumaP95: 0.2,
    lumaP99: 0.2,
    clippedDark: 0,
    clippedBright: 0,
    darkShare: 0,
    contrast: 0,
    entropy: 0,
  });
});

test('half black and half white: the most contrast there is, and one bit', () => {
  expect(lightOf(plane(40, 30, (x) => (x < 20 ? 0 : 255)))).toMatchObject({
    lumaMean: 0.5,
    lumaP1: 0,
    lumaP99: 1,
    clippedDark: 0.5,
    clippedBright: 0.5,
    darkShare: 0.5,
    contrast: 0.5,
    entropy: 1,
  });
});

test('every level once: eight bits, and the deviation of an even spread', () => {
  const light = lightOf(plane(256, 4, (x) => x));
  expect(light.entropy).toBeCloseTo(8, 10);
  expect(light.contrast).toBeCloseTo(Math.sqrt((256 ** 2 - 1) / 12) / 255, 10);
  // 12.8 of 256 columns are 5 %: level 12 is the 13th.
  expect([light.lumaP5, light.lumaP95]).toEqual([12 / 255, 243 / 255]);
  expect(light.darkShare).toBeCloseTo(26 / 256, 10);
});

const picture = fc
  .record({ width: fc.integer({ min: 1, max: 24 }), height: fc.integer({ min: 1, max: 24 }), seed: fc.nat() })
  .map(({ width, height, seed }) => plane(width, height, (x, y) => Math.abs((x * 73 + y * 151 + seed * 31) % 256)));

test('figures stay in their ranges, in order, and do not ask where pixels lie', () => {
  fc.assert(
    fc.property(picture, (one) => {
      const light = lightOf(one);
      expect(light.lumaP1).toBeLessThanOrEqual(light.lumaP5);
      expect(light.lumaP5).toBeLessThanOrEqual(light.lumaP95);
      expect(light.lumaP95).toBeLessThanOrEqual(light.lumaP99);
      expect(light.contrast).toBeLessThanOrEqual(0.5);
      expect(light.entropy).toBeLessThanOrEqual(8);
      for (const figure of Object.values(light)) expect(figure).toBeGreaterThanOrEqual(0);
      expect(lightOf({ ...one, samples: one.samples.toReversed() })).toEqual(light);
    }),
  );
});
