// Where candidates are looked for.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { exactTimes } from '#dist/covers/choice/best/search/exact-times.js';
import { searchRange, spread } from '#dist/covers/choice/best/search/search-range.js';

const NO_WISH = { from: null, to: null };

describe('the range', () => {
  test.each([
    [3, 0.15, 2.85],
    [8, 0.5, 7.6],
    [100, 5, 95],
  ])('of %i s is from %d to %d s', (duration, from, to) => {
    const range = searchRange('a.mp4', duration, NO_WISH);
    expect(range).toEqual({ from: expect.closeTo(from, 9), to: expect.closeTo(to, 9), strict: false });
  });

  test('is what somebody asked for', () => {
    expect(searchRange('a.mp4', 100, { from: 0, to: 10 })).toEqual({ from: 0, to: 10, strict: true });
    expect(searchRange('a.mp4', 100, { from: 97, to: null })).toMatchObject({ from: 97, to: 97, strict: true });
    expect(searchRange('a.mp4', 100, { from: null, to: 2 })).toEqual({ from: 0, to: 2, strict: true });
    expect(searchRange('a.mp4', 100, { from: 50, to: 500 })).toMatchObject({ from: 50, to: 100 });
  });

  test('beyond the end is refused', () => {
    expect(() => searchRange('a.mp4', 10, { from: 10, to: null })).toThrow(
      expect.objectContaining({ code: 'FR_TIME_BEYOND_END' }),
    );
  });
});

test('places are the middles of equal parts', () => {
  expect(spread(4, 10, 18)).toEqual([11, 13, 15, 17]);
});

describe('times of exact pictures', () => {
  const range = { from: 1, to: 19, strict: false };

  test('are evenly spread while the budget reaches', () => {
    const times = exactTimes([0, 10], range, 6, { rate: 25, pictures: 600 });
    for (const [index, time] of times.entries()) expect(time).toBeCloseTo(2.5 + 3 * index, 9);
  });

  test('stay near keyframes where it does not', () => {
    // 150 pictures are 6 s: three from each keyframe on, the first second of which is outside of the range.
    const times = exactTimes([0, 10], range, 5, { rate: 25, pictures: 150 });
    for (const [index, time] of [1.5, 2.5, 10.5, 11.5, 12.5].entries()) expect(times[index]).toBeCloseTo(time, 9);
  });

  test('take what short stretches leave for the long ones', () => {
    const times = exactTimes([0, 2, 3], { from: 0, to: 100, strict: false }, 40, { rate: 10, pictures: 130 });
    expect(times.at(-1)).toBeGreaterThan(12.5);
    expect(times.at(-1)).toBeLessThan(13);
  });

  test('ascend, lie in the range, and cost what may be spent at most', () => {
    const seconds = fc.double({ min: 0, max: 500, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(seconds, { maxLength: 7 }),
        fc.tuple(seconds, seconds),
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 10, max: 2000 }),
        (unsorted, [one, other], wanted, pictures) => {
          const keyframes = [...new Set(unsorted)].sort((a, b) => a - b);
          const [from, to] = [Math.min(one, other), Math.max(one, other)];
          const times = exactTimes(keyframes, { from, to, strict: false }, wanted, { rate: 25, pictures });
          expect(times.length).toBeLessThanOrEqual(wanted);
          expect(times).toEqual(times.toSorted((a, b) => a - b));
          const starts = keyframes.length > 0 ? keyframes : [0];
          const depth = new Map<number, number>();
          for (const time of times) {
            expect(time).toBeGreaterThanOrEqual(from);
            expect(time).toBeLessThanOrEqual(to + 1e-9);
            const start = starts.findLast((keyframe) => keyframe <= time + 1e-9);
            depth.set(start!, Math.max(depth.get(start!) ?? 0, time - start!));
          }
          expect([...depth.values()].reduce((sum, reach) => sum + reach, 0) * 25).toBeLessThanOrEqual(pictures + 1e-6);
        },
      ),
    );
  });
});
