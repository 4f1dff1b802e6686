// The history of a relay: seconds and minutes in their order, in memory that stays bounded.
import { expect, test } from 'vitest';
import { RelayHistory, type RelaySample } from '#dist/relay/history.js';

const sample = (second: number, more: Partial<RelaySample> = {}): RelaySample => ({
  at: second * 1000,
  audioBitsPerSecond: 128_000,
  videoBitsPerSecond: 2_000_000 + second,
  framesPerSecond: 25,
  driftSeconds: second / 1000,
  avDriftSeconds: 0,
  queuedBytes: second % 7,
  dropped: 1,
  live: second % 60 === 59 ? 1 : 2,
  ...more,
});

test('the last five minutes are kept by seconds', () => {
  const history = new RelayHistory();
  for (let second = 0; second < 10; second++) history.add(sample(second));
  expect(history.list('second')).toEqual(Array.from({ length: 10 }, (_, i) => sample(i)));
  for (let second = 10; second < 1000; second++) history.add(sample(second));
  expect(history.list('second')).toEqual(Array.from({ length: 300 }, (_, i) => sample(700 + i)));
});

test('the last day is kept by minutes: means, sums and extremes', () => {
  const history = new RelayHistory();
  for (let second = 0; second < 25 * 3600; second++) history.add(sample(second));
  const minutes = history.list('minute');
  expect(minutes).toHaveLength(1440);
  expect(minutes[0]!.at).toBe((3600 + 59) * 1000);
  expect(minutes.at(-1)).toEqual({
    ...sample(25 * 3600 - 1),
    videoBitsPerSecond: Math.round(2_000_000 + 25 * 3600 - 30.5),
    queuedBytes: 6,
    dropped: 60,
    live: 1,
  });
});

test('a fresh one is empty, and a minute that is not over is none', () => {
  const history = new RelayHistory();
  expect(history.list('second')).toEqual([]);
  for (let second = 0; second < 59; second++) history.add(sample(second));
  expect(history.list('minute')).toEqual([]);
});
