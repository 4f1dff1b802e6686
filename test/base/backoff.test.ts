// Waits between attempts grow, end at a bound, and are never in step.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Backoff } from '#dist/base/index.js';

const OPTIONS = { first: 0, second: 500, longest: 15_000 };

test('the first attempt is at once, later ones double until the longest', () => {
  const backoff = new Backoff(OPTIONS, () => 0.5);
  const waits = Array.from({ length: 9 }, () => backoff.next());
  expect(waits).toEqual([0, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  expect(backoff.failures).toBe(9);
});

test('after a success it begins anew', () => {
  const backoff = new Backoff(OPTIONS, () => 0.5);
  for (let i = 0; i < 5; i += 1) backoff.next();
  backoff.reset();
  expect(backoff.failures).toBe(0);
  expect([backoff.next(), backoff.next()]).toEqual([0, 500]);
});

test('chance spreads them from three quarters to five, also after years', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      fc.integer({ min: 2, max: 3000 }),
      (chance, turn) => {
        const backoff = new Backoff(OPTIONS, () => chance);
        let wait = 0;
        for (let i = 0; i < turn; i += 1) wait = backoff.next();
        const middle = Math.min(15_000, 500 * 2 ** (turn - 2));
        expect(wait).toBeGreaterThanOrEqual(0.75 * middle);
        expect(wait).toBeLessThanOrEqual(1.25 * middle);
      },
    ),
  );
});

test('without a chance of its own it takes that of the machine', () => {
  const waits = Array.from({ length: 20 }, () => {
    const backoff = new Backoff(OPTIONS);
    backoff.next();
    return backoff.next();
  });
  expect(new Set(waits).size).toBeGreaterThan(10);
});
