// Times of packets that are copied: rising, never far from what they were, and even where sound is.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SteadyTimes } from '#dist/av/steady-times.js';

test('sound that was rounded to milliseconds lies where its samples are', () => {
  const times = new SteadyTimes(1024 / 44_100);
  const all = Array.from({ length: 500 }, (_, i) => Math.round((i * 1024) / 44.1));
  const ticks = all.map((time) => times.next(time, time, 44_100).dts);
  expect(ticks).toEqual(all.map((_, i) => i * 1024));
});

test('a gap stays a gap', () => {
  const times = new SteadyTimes(0.02);
  const at = (time: number): number => times.next(time, time, 48_000).dts;
  expect([at(0), at(20), at(40), at(500), at(520)]).toEqual([0, 960, 1920, 24_000, 24_960]);
});

test('decoding times rise, nothing is shown before it is decoded, and no time moves by more than it must', () => {
  const packets = fc.array(fc.tuple(fc.integer({ min: 0, max: 90 }), fc.integer({ min: -40, max: 200 })), {
    minLength: 1,
  });
  fc.assert(
    fc.property(packets, fc.option(fc.constantFrom(0.02, 1024 / 44_100), { nil: undefined }), (steps, frame) => {
      const times = new SteadyTimes(frame);
      let decode = 0;
      let last = -1;
      let behind = 0;
      for (const [step, composition] of steps) {
        decode += step;
        const { dts, pts, duration } = times.next(decode, decode + composition, 16_000);
        expect(dts).toBeGreaterThan(last);
        expect(pts).toBeGreaterThanOrEqual(dts);
        expect(duration).toBeGreaterThanOrEqual(0);
        // Packets at the same time have to be told apart, by a tick each.
        behind = step === 0 ? behind + 1 : behind;
        expect(Math.abs(dts / 16 - decode)).toBeLessThanOrEqual(1.1 + behind / 16);
        last = dts;
      }
    }),
  );
});
