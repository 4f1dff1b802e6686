// Which pictures of a live input come too late, by a clock that the test turns.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lateness } from '#dist/frames/lateness.js';

/** Pictures with the time when each arrives; says which were late. */
function late(maxDelay: number, arrivals: readonly (readonly [time: number, now: number])[]): boolean[] {
  let clock = 0;
  const lateness = new Lateness(maxDelay, () => clock);
  const judged = arrivals.map(([time, now]) => {
    clock = now;
    return lateness.isLate(time);
  });
  expect(lateness.skipped).toBe(judged.filter(Boolean).length);
  return judged;
}

test('pictures at their pace are never late, whatever the clock says', () => {
  expect(
    late(0.1, [
      [0, 1000],
      [0.04, 1000.04],
      [0.08, 1000.08],
    ]),
  ).toEqual([false, false, false]);
});

test('a pause makes those late that came behind it, until they are caught up', () => {
  const arrivals = [
    [0, 0],
    [0.04, 0.04],
    [0.08, 0.5],
    [0.12, 0.5],
    [0.45, 0.5],
    [0.5, 0.5],
  ] as const;
  expect(late(0.1, arrivals)).toEqual([false, false, true, true, false, false]);
});

test('what comes in a burst sets a new measure', () => {
  // The first pictures waited somewhere: later ones come sooner after their time.
  expect(
    late(0.1, [
      [0, 1],
      [0.5, 1],
      [0.9, 1.5],
    ]),
  ).toEqual([false, false, false]);
  expect(
    late(0.1, [
      [0, 1],
      [0.5, 1],
      [0.6, 1.5],
    ]),
  ).toEqual([false, false, true]);
});

test('late are exactly those that are further behind than the soonest before them', () => {
  const arrival = fc.tuple(fc.double({ min: 0, max: 10, noNaN: true }), fc.double({ min: 0, max: 10, noNaN: true }));
  fc.assert(
    fc.property(fc.array(arrival), fc.double({ min: 0, max: 2, noNaN: true }), (arrivals, maxDelay) => {
      const delays = arrivals.map(([time, now]) => now - time);
      const wanted = delays.map((delay, i) => delay - Math.min(...delays.slice(0, i + 1)) > maxDelay);
      expect(late(maxDelay, arrivals)).toEqual(wanted);
    }),
  );
});
