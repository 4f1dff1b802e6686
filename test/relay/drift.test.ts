// Drift: what an origin's clocks do against the wall and against each other, seen through bursts and jitter.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DriftMeter } from '#dist/relay/drift.js';

const HOUR = 3_600_000;

/** An hour of both tracks, each with a clock of its own and with delays of the network. */
function run(audioRate: number, videoRate: number, delay: () => number): DriftMeter {
  const meter = new DriftMeter();
  for (let now = 0; now < HOUR; now += 20) {
    meter.take('audio', (now - delay()) * audioRate, now);
    if (now % 40 === 0) meter.take('video', (now - delay()) * videoRate, now);
  }
  return meter;
}

test('clocks that go right show nothing, whatever the network does', () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.integer({ min: 0, max: 80 })), (delays) => {
      const next = (): number => delays.next().value as number;
      const meter = run(1, 1, next);
      expect(Math.abs(meter.soundAgainstPictures!)).toBeLessThanOrEqual(5);
      expect(Math.abs(meter.againstWall!)).toBeLessThanOrEqual(5);
    }),
    { numRuns: 3 },
  );
});

test('sound of a card that is 50 parts in a million slow falls behind by 180 ms an hour', () => {
  const meter = run(1 - 50e-6, 1, () => 0);
  expect(meter.soundAgainstPictures).toBeCloseTo(180, -1);
  expect(Math.abs(meter.againstWall!)).toBeLessThan(2);
});

test('an origin that is fast runs ahead of the wall, sound and pictures together', () => {
  const meter = run(1 + 100e-6, 1 + 100e-6, () => 0);
  expect(meter.againstWall).toBeCloseTo(360, -1);
  expect(Math.abs(meter.soundAgainstPictures!)).toBeLessThan(2);
});

test('a burst at the start, as caches send it, is no drift', () => {
  const meter = new DriftMeter();
  for (let time = 0; time < 4000; time += 20) meter.take(time % 40 === 0 ? 'video' : 'audio', time, 5);
  for (let now = 5; now < 60_000; now += 20) {
    meter.take('audio', now + 4000, now);
    meter.take('video', now + 4000, now);
  }
  expect(meter.againstWall).toBe(0);
  expect(meter.soundAgainstPictures).toBe(0);
});

test('nothing is said before ten seconds, nor of one track beside none', () => {
  const meter = new DriftMeter();
  meter.take('audio', 0, 0);
  meter.take('audio', 9000, 9000);
  expect(meter.againstWall).toBeUndefined();
  meter.take('audio', 10_500, 10_500);
  expect(meter.againstWall).toBe(0);
  expect(meter.soundAgainstPictures).toBeUndefined();
});
