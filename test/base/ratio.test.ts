// Fractions as containers write them.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reduced, toRatio } from '#dist/base/index.js';

test.each([
  [25, 25, 1],
  [29.97, 2997, 100],
  [30_000 / 1001, 30_000, 1001],
  [24_000 / 1001, 24_000, 1001],
  [12.5, 25, 2],
  [0.5, 1, 2],
  [23.976, 2997, 125],
])('%d is %d/%d', (value, num, den) => {
  expect(toRatio(value)).toEqual({ num, den });
});

test('every rate is met closely, in whole numbers without a common part', () => {
  fc.assert(
    fc.property(fc.double({ min: 0.001, max: 1000, noNaN: true }), (value) => {
      const { num, den } = toRatio(value);
      expect(Number.isInteger(num) && Number.isInteger(den) && num > 0 && den > 0).toBe(true);
      expect(Math.abs(num / den - value)).toBeLessThanOrEqual(Math.max(value * 1e-7, 0.6e-6));
      expect(reduced(num, den)).toEqual({ num, den });
    }),
  );
});

test('fractions of whole numbers come back as they were', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 240 }), fc.constantFrom(1, 1001, 1000), (rate, den) => {
      const num = den === 1 ? rate : rate * 1000;
      expect(toRatio(num / den)).toEqual(reduced(num, den));
    }),
  );
});
