// Which seconds a preview shows, and at which times its frames are taken.
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { ticksOf } from '#dist/covers/preview/animated-webp.js';
import { frameTimes, planSegments, segmentsAround, usualRate } from '#dist/covers/preview/segments.js';

const clip = { name: 'a.mp4', duration: 20 };

describe('segments', () => {
  test.each([
    ['seconds', { kind: 'seconds', seconds: 4 }, 4],
    ['seconds near the end', { kind: 'seconds', seconds: 19 }, 17],
    ['a part', { kind: 'fraction', fraction: 0.25 }, 5],
    ['the end', { kind: 'fraction', fraction: 1 }, 17],
    ['the middle', { kind: 'spread', segments: 1 }, 8.5],
  ] as const)('%s', (_, place, start) => {
    expect(planSegments(place, 3, clip)).toEqual([{ start, end: start + 3 }]);
  });

  test('a short video is shown whole, from wherever', () => {
    for (const place of [
      { kind: 'seconds', seconds: 1 },
      { kind: 'fraction', fraction: 1 },
      { kind: 'spread', segments: 1 },
    ] as const)
      expect(planSegments(place, 3, { name: 'a.mp4', duration: 2 })).toEqual([{ start: 0, end: 2 }]);
  });

  test('where nobody knows the length, times are believed and parts are the beginning', () => {
    const unknown = { name: 'a.h264', duration: undefined };
    expect(planSegments({ kind: 'seconds', seconds: 7 }, 3, unknown)).toEqual([{ start: 7, end: 10 }]);
    expect(planSegments({ kind: 'fraction', fraction: 0.5 }, 3, unknown)).toEqual([{ start: 0, end: 3 }]);
    expect(planSegments({ kind: 'spread', segments: 1 }, 3, unknown)).toEqual([{ start: 0, end: 3 }]);
  });

  test('a time behind the end is an error', () => {
    expect(() => planSegments({ kind: 'seconds', seconds: 21 }, 3, clip)).toThrow('beyond the end of a.mp4');
  });

  test('several lie in order in the middles of equal parts, and do not meet', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 0.1, max: 60, noNaN: true }),
        fc.double({ min: 0.5, max: 4000, noNaN: true }),
        (segments, seconds, duration) => {
          const planned = planSegments({ kind: 'spread', segments }, seconds, { name: 'a', duration });
          expect(planned).toHaveLength(segments);
          let end = -1e-9;
          let shown = 0;
          for (const [i, segment] of planned.entries()) {
            expect(segment.start).toBeGreaterThanOrEqual(end - 1e-9);
            expect((segment.start + segment.end) / 2).toBeCloseTo(((i + 0.5) / segments) * duration, 5);
            ({ end } = segment);
            shown += segment.end - segment.start;
          }
          expect(end).toBeLessThanOrEqual(duration + 1e-6);
          expect(shown).toBeCloseTo(Math.min(seconds, duration), 5);
        },
      ),
    );
  });
});

describe('around moments', () => {
  const video = { name: 'a', duration: 20 };
  const around = (moments: readonly number[], segments: number, seconds: number): number[][] =>
    segmentsAround(
      moments.map((pts) => ({ pts })),
      { segments, seconds },
      video,
    ).map(({ start, end, moment }) => [start, end, moment.pts]);

  test('the moment is a third of the way in, and the ends of the video hold', () => {
    expect(around([10], 1, 3)).toEqual([[9, 12, 10]]);
    expect(around([0.5], 1, 3)).toEqual([[0, 3, 0.5]]);
    expect(around([19.9], 1, 3)).toEqual([[17, 20, 19.9]]);
    expect(around([4], 1, 60)).toEqual([[0, 20, 4]]);
  });

  test('the best moments that leave room for each other are taken, and shown in order of time', () => {
    expect(around([15, 14.9, 4, 9], 2, 6)).toEqual([
      [3, 6, 4],
      [14, 17, 15],
    ]);
    // One is longer than two would be.
    expect(around([15, 14.9, 14.8], 3, 6)).toEqual([[13, 19, 15]]);
  });

  test('whatever the moments are, segments do not overlap and last as long as was wanted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 20, noNaN: true }), { minLength: 1, maxLength: 16 }),
        fc.integer({ min: 1, max: 20 }),
        fc.double({ min: 0.1, max: 60, noNaN: true }),
        (moments, segments, seconds) => {
          const planned = around(moments, segments, seconds);
          expect(planned.length).toBeGreaterThan(0);
          expect(planned.length).toBeLessThanOrEqual(segments);
          let last = -1e-9;
          let sum = 0;
          for (const [start = 0, end = 0] of planned) {
            expect(start).toBeGreaterThanOrEqual(last - 1e-9);
            [last, sum] = [end, sum + end - start];
          }
          expect(last).toBeLessThanOrEqual(20 + 1e-9);
          expect(sum).toBeCloseTo(Math.min(seconds, 20));
        },
      ),
    );
  });
});

test('frames are as many as the rate gives for all segments together', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.double({ min: 0.1, max: 60, noNaN: true }),
      fc.double({ min: 1, max: 60, noNaN: true }),
      (segments, seconds, rate) => {
        const planned = planSegments({ kind: 'spread', segments }, seconds, { name: 'a', duration: 100 });
        const times = frameTimes(planned, rate);
        expect(Math.abs(times.length - Math.max(1, seconds * rate))).toBeLessThanOrEqual(1);
        for (const [i, time] of times.entries()) if (i > 0) expect(time).toBeGreaterThan(times[i - 1]!);
      },
    ),
  );
  expect(frameTimes([{ start: 1, end: 1.5 }], 4)).toEqual([1, 1.25]);
  expect(frameTimes([{ start: 3, end: 3.01 }], 4)).toEqual([3]);
});

test('ticks add up to the whole, also where one frame is no whole number of them', () => {
  expect(ticksOf(6, 1, 15, 100)).toEqual([7, 6, 7, 7, 6, 7]);
  expect(ticksOf(3, 2, 10, 1000)).toEqual([200, 200, 200]);
});

test.each([
  ['webp', 60, 10],
  ['gif', undefined, 10],
  ['mp4', 24, 24],
  ['mp4', 60, 30],
  ['mp4', 7.2, 25],
  ['mp4', undefined, 25],
] as const)('%s of a video of %s frames a second has %i', (format, own, rate) => {
  expect(usualRate(format, own)).toBe(rate);
});
