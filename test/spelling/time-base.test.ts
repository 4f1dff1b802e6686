// Counts of one unit as counts of another.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rescale, toTicks } from '#dist/spelling/index.js';

test('a count in another unit is the nearest there is', () => {
  const unit = fc.record({ num: fc.integer({ min: 1, max: 2000 }), den: fc.integer({ min: 1, max: 1_000_000 }) });
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n }), unit, unit, (ticks, from, to) => {
      const got = rescale(ticks, from, to);
      // |got * to - ticks * from| is at most half a unit, in whole numbers.
      const error = 2n * (got * BigInt(to.num) * BigInt(from.den) - ticks * BigInt(from.num) * BigInt(to.den));
      expect(error < 0n ? -error : error).toBeLessThanOrEqual(BigInt(to.num) * BigInt(from.den));
      expect(rescale(ticks, from, from)).toBe(ticks);
    }),
  );
  expect(toTicks(1.5, { num: 1, den: 90_000 })).toBe(135_000n);
});
