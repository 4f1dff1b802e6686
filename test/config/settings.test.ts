// Presets hold their figures, every value can be replaced, and a mistake is one sentence.
import { expect, test } from 'vitest';
import { PRESETS, settingsOf, type PresetName, type Settings } from '#dist/config/index.js';
import { failure } from '../support/failure.js';

const MIB = 1024 * 1024;

test('the presets are the starting points that the reference names', () => {
  expect(settingsOf('realtime')).toEqual({
    regionBytes: 200 * MIB,
    pools: [
      { bytes: MIB, count: 50 },
      { bytes: 5 * MIB, count: 10 },
    ],
    batchMode: 'fixed',
    batchSize: 5,
    batchDelay: 8,
    slots: 10,
  });
  expect(settingsOf('batch')).toMatchObject({ regionBytes: 500 * MIB, batchSize: 30, batchDelay: 50, slots: 60 });
  expect(PRESETS.batch.pools.map(({ bytes, count }) => [bytes / MIB, count])).toEqual([
    [1, 100],
    [10, 30],
    [50, 10],
  ]);
});

test('a full batch leaves as many slots to be filled meanwhile', () => {
  for (const preset of ['realtime', 'batch'] as const) {
    const { slots, batchSize } = settingsOf(preset);
    expect(slots).toBe(2 * batchSize);
  }
});

test('every value can be replaced, and undefined replaces nothing', () => {
  const all: Settings = {
    regionBytes: 64 * MIB,
    pools: [{ bytes: 4096, count: 0 }],
    batchMode: 'adaptive',
    batchSize: 12,
    batchDelay: 0,
    slots: 30,
  };
  expect(settingsOf('realtime', all)).toEqual(all);
  expect(settingsOf('realtime', { slots: undefined })).toEqual(settingsOf('realtime'));
  for (const [name, value] of Object.entries(all))
    expect(settingsOf('batch', { [name]: value })).toEqual({ ...settingsOf('batch'), [name]: value });
});

test.each<[object, string]>([
  [{ regionBytes: 5 }, 'Expected an integer from 1048576 to 4294967296 for `regionBytes` but received 5.'],
  [
    { batchMode: 'fast' },
    'Expected one of fixed, low-latency, throughput, adaptive for `batchMode` but received "fast".',
  ],
  [{ batchDelay: -1 }, 'Expected a number of milliseconds from 0 up for `batchDelay` but received -1.'],
  [{ pools: 7 }, 'Expected a list of at most 16 pools, such as { bytes, count } for `pools` but received 7.'],
  [{ pools: [3] }, 'Expected an object with bytes and count for `pools[0]` but received 3.'],
  [{ pools: [{ bytes: 1, count: -1 }] }, 'Expected an integer from 0 to 100000 for `pools[0].count` but received -1.'],
  [{ pools: [{ bytes: 1, counts: 1 }] }, 'Expected `count` in `pools[0]` but received `counts`.'],
  [{ batchsize: 3 }, 'Expected `batchSize` in the settings but received `batchsize`.'],
  [{ slot: 3 }, 'Expected `slots` in the settings but received `slot`.'],
  [
    { xyzzy: 3 },
    'Expected one of regionBytes, pools, batchMode, batchSize, batchDelay, slots in the settings but received `xyzzy`.',
  ],
])('%j is refused in one sentence', async (overrides, sentence) => {
  const error = await failure(() => settingsOf('realtime', overrides));
  expect(error).toMatchObject({ code: 'FR_ARG_INVALID', message: sentence });
});

test('an unknown preset and settings that are no object are refused', async () => {
  const preset = 'fast' as PresetName;
  expect((await failure(() => settingsOf(preset))).message).toBe(
    'Expected one of realtime, batch for `preset` but received "fast".',
  );
  const nothing = null as unknown as object;
  expect((await failure(() => settingsOf('batch', nothing))).message).toContain('Expected an object');
});
