// Entries in memory go in the order of their use, and those that nobody asks for in their time go with it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MemoryTier } from '#dist/cache/memory-tier.js';

/** What an entry costs beside its bytes. */
const OVERHEAD = 512;
const entry = (bytes: number) => ({ facts: '', parts: [new Uint8Array(bytes - OVERHEAD)] });

test('keeps what a list in the order of use would keep', () => {
  const call = fc.record({
    key: fc.nat(9).map(String),
    bytes: fc.integer({ min: 600, max: 2500 }),
    sets: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(call, { maxLength: 60 }), (calls) => {
      const tier = new MemoryTier(10_000);
      let model: { key: string; bytes: number }[] = [];
      for (const { key, bytes, sets } of calls) {
        const known = model.find((one) => one.key === key);
        if (!sets) {
          expect(tier.find(key) !== undefined).toBe(known !== undefined);
          if (known !== undefined) model = [...model.filter((one) => one !== known), known];
          continue;
        }
        void tier.set(key, entry(bytes));
        model = [...model.filter((one) => one !== known), { key, bytes }];
        while (model.reduce((sum, one) => sum + one.bytes, 0) > 10_000) model.shift();
      }
      expect(tier.stats()).toMatchObject({
        entries: model.length,
        bytes: model.reduce((sum, one) => sum + one.bytes, 0),
      });
      for (const { key } of model) expect(tier.touch(key)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test('what is not used in its time goes, and what is used stays', async () => {
  let now = 0;
  const evicted: string[] = [];
  const reports = { evicted: (why: string) => evicted.push(why), failed: () => undefined };
  const tier = new MemoryTier(10_000, reports, () => now);
  for (const key of ['used', 'touched', 'unused']) await tier.set(key, entry(600), { unlessUsedWithin: 1000 });
  now = 999;
  expect(tier.find('used')).toBeDefined();
  expect(tier.touch('touched')).toBe(true);
  now = 1000;
  expect(tier.touch('touched')).toBe(false);
  expect(tier.find('unused')).toBeUndefined();
  now = 100_000;
  expect(tier.find('used')).toBeDefined();
  expect(evicted).toEqual(['time']);
  for (let i = 0; i < 4; i++) await tier.set(String(i), entry(2400));
  // The one whose time is over made room ahead of the one that is used.
  expect(evicted).toEqual(['time', 'time', 'room']);
});
