// The times of renditions across discontinuities, signalled or not.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Timeline } from '#dist/relay/hls/timeline.js';
import { AUDIO, VIDEO } from '../../support/relay/tags.js';

const WRAP = 2 ** 32;

test('times of one stretch stay as they are, also where they begin anew at 2^32', () => {
  const time = new Timeline().rendition();
  time.enter('0');
  const from = WRAP - 100;
  const given = [0, 40, 80, 120, 160].map((at) => time.place(VIDEO, (from + at) % WRAP));
  expect(given.map((at) => at - given[0]!)).toEqual([0, 40, 80, 120, 160]);
  expect(((given[4]! % WRAP) + WRAP) % WRAP).toBe(60);
});

test('a discontinuity is gone on with a step behind the last tag, for both tracks by the same offset', () => {
  const time = new Timeline().rendition();
  time.enter('0');
  for (const at of [0, 40, 80]) time.place(VIDEO, 1000 + at);
  for (const at of [0, 21, 42, 63]) time.place(AUDIO, 1010 + at);
  time.enter('1');
  expect([time.place(VIDEO, 500_000), time.place(AUDIO, 500_007), time.place(VIDEO, 500_040)]).toEqual([
    1120, 1127, 1160,
  ]);
  // Entering the stretch that it is in changes nothing.
  time.enter('1');
  expect(time.place(AUDIO, 500_028)).toBe(1148);
});

test('all renditions have the offset of the one that reaches a discontinuity first', () => {
  const timeline = new Timeline();
  const [pictures, sound] = [timeline.rendition(), timeline.rendition()];
  for (const one of [pictures, sound]) one.enter('0');
  for (const at of [0, 40, 80]) pictures.place(VIDEO, at);
  pictures.enter('1');
  expect(pictures.place(VIDEO, 90_000)).toBe(120);
  expect(sound.place(AUDIO, 3)).toBe(3);
  sound.enter('1');
  expect(sound.place(AUDIO, 90_003)).toBe(123);
  // The clock of transport streams is one for all of a stretch.
  expect(timeline.clock('1')).toBe(timeline.clock('1'));
  expect(timeline.clock('1')).not.toBe(timeline.clock('0'));
});

test.each([-3_600_000, 3_600_000])(
  'a leap of %d ms that nobody announced is evened out, whichever track goes first',
  (leap) => {
    const time = new Timeline().rendition();
    time.enter('0');
    const base = 5_000_000;
    for (const at of [0, 40, 80]) time.place(VIDEO, base + at);
    for (const at of [0, 20, 40]) time.place(AUDIO, base + at);
    expect(time.place(VIDEO, base + leap + 120)).toBe(base + 120);
    // Sound is still in the last stretch, and follows.
    expect([60, 80].map((at) => time.place(AUDIO, base + at))).toEqual([base + 60, base + 80]);
    expect(time.place(VIDEO, base + leap + 160)).toBe(base + 160);
    expect(time.place(AUDIO, base + leap + 100)).toBe(base + 100);
  },
);

test('what was left out is a gap and no leap', () => {
  const time = new Timeline().rendition();
  time.enter('0');
  time.place(VIDEO, 1000);
  time.skip(30_000);
  expect(time.place(VIDEO, 32_000)).toBe(32_000);
  // Only once.
  expect(time.place(VIDEO, 64_000)).toBe(32_040);
});

test('whatever comes, tracks of a stretch keep their distance', () => {
  const step = fc.record({ ahead: fc.integer({ min: 0, max: 2000 }), apart: fc.integer({ min: 0, max: 500 }) });
  const stretch = fc.record({ from: fc.nat(WRAP - 1), steps: fc.array(step, { minLength: 1, maxLength: 8 }) });
  fc.assert(
    fc.property(fc.array(stretch, { minLength: 1, maxLength: 5 }), (stretches) => {
      const time = new Timeline().rendition();
      let last = -Infinity;
      for (const [i, { from, steps }] of stretches.entries()) {
        time.enter(String(i));
        let at = from;
        for (const { ahead, apart } of steps) {
          at += ahead;
          const [picture, sound] = [time.place(VIDEO, at % WRAP), time.place(AUDIO, (at + apart) % WRAP)];
          expect(sound - picture).toBe(apart);
          expect(picture).toBeGreaterThanOrEqual(last);
          last = picture;
        }
      }
    }),
  );
});
