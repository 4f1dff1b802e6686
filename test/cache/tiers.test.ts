// Every tier keeps what the contract says: the same suite for memory, a device and a disk.
import { describe, expect, onTestFinished, test } from 'vitest';
import { DeviceTier } from '#dist/cache/device/device-tier.js';
import { DiskTier } from '#dist/cache/disk/disk-tier.js';
import { keyOf } from '#dist/cache/keys.js';
import { MemoryTier } from '#dist/cache/memory-tier.js';
import type { CacheEntry, CacheTier, TierReports } from '#dist/cache/tier.js';
import { FakeDevice } from '../support/fake-device.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const KIB = 1024;

/** Makes a tier of about so many bytes; what it evicts is noted. */
type MakeTier = (capacity: number, reports: TierReports) => CacheTier;

const TIERS: readonly (readonly [name: string, make: MakeTier])[] = [
  ['memory', (capacity, reports) => new MemoryTier(capacity, reports)],
  ['device', (capacity, reports) => new DeviceTier(new FakeDevice(Math.ceil(capacity / 0.8)), reports)],
  ['disk', (capacity, reports) => new DiskTier({ folder: temporaryFolder(), capacity, reports })],
];

function bytes(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + seed * 7) & 255);
}

describe.each(TIERS)('%s', (name, make) => {
  function setUp(capacity = 512 * KIB): { tier: CacheTier; evicted: string[]; failed: string[] } {
    const [evicted, failed]: [string[], string[]] = [[], []];
    const tier = make(capacity, { evicted: (why) => evicted.push(why), failed: (code) => failed.push(code) });
    onTestFinished(() => tier.close());
    return { tier, evicted, failed };
  }

  test.each<[string, CacheEntry]>([
    ['parts of all lengths', { facts: '{"a":[1,null]}', parts: [bytes(3000), bytes(0), bytes(1)] }],
    ['no parts', { facts: '"ä日本\u0000"', parts: [] }],
    ['no facts', { facts: '', parts: [bytes(77)] }],
  ])('gives back %s', async (_, entry) => {
    const { tier, failed } = setUp();
    const key = keyOf(entry.facts);
    expect(await tier.get(key)).toBeUndefined();
    expect(await tier.set(key, entry)).toBe(true);
    expect(await tier.get(key)).toEqual(entry);
    expect(await tier.get(keyOf('another'))).toBeUndefined();
    expect(tier.name).toBe(name);
    expect(tier.absence).toBeUndefined();
    expect(failed).toEqual([]);
  });

  test('shares no bytes with those who write and read', async () => {
    const { tier } = setUp();
    const written = bytes(100);
    await tier.set(keyOf(1), { facts: '', parts: [written, bytes(5)] });
    written.fill(0);
    const first = await tier.get(keyOf(1));
    expect(first?.parts[0]).toEqual(bytes(100));
    first?.parts[0]?.fill(9);
    expect((await tier.get(keyOf(1)))?.parts).toEqual([bytes(100), bytes(5)]);
  });

  test('replaces and forgets', async () => {
    const { tier } = setUp();
    await tier.set(keyOf(1), { facts: 'one', parts: [bytes(10)] });
    await tier.set(keyOf(1), { facts: 'two', parts: [bytes(20)] });
    expect(await tier.get(keyOf(1))).toEqual({ facts: 'two', parts: [bytes(20)] });
    await tier.delete(keyOf(1));
    await tier.delete(keyOf(2));
    expect(await tier.get(keyOf(1))).toBeUndefined();
  });

  test('stays within its bytes, and says what went', async () => {
    const { tier, evicted } = setUp(256 * KIB);
    for (let i = 0; i < 100; i++) await tier.set(keyOf(i), { facts: '', parts: [bytes(8 * KIB, i)] });
    if (tier instanceof DiskTier) await tier.settled();
    const { bytes: taken, entries, capacity } = tier.stats();
    expect(taken).toBeLessThanOrEqual(capacity);
    expect(taken).toBeGreaterThan(capacity / 2);
    let found = 0;
    for (let i = 0; i < 100; i++) {
      const entry = await tier.get(keyOf(i));
      if (entry === undefined) continue;
      found += 1;
      expect(entry.parts[0]).toEqual(bytes(8 * KIB, i));
    }
    expect(found).toBe(entries);
    expect(evicted).toEqual(Array.from({ length: 100 - found }, () => 'room'));
  });

  test('does not keep what takes more than a quarter of it', async () => {
    const { tier } = setUp(256 * KIB);
    await tier.set(keyOf(1), { facts: '', parts: [bytes(10)] });
    expect(await tier.set(keyOf(2), { facts: '', parts: [bytes(80 * KIB)] })).toBe(false);
    expect(await tier.get(keyOf(2))).toBeUndefined();
    expect(await tier.get(keyOf(1))).toBeDefined();
  });

  test('takes calls at the same time', async () => {
    const { tier } = setUp();
    const keys = Array.from({ length: 20 }, (_, i) => keyOf(i % 5));
    await Promise.all(
      keys.map(async (key, i) => {
        await tier.set(key, { facts: key, parts: [bytes(1000, i % 5)] });
        expect((await tier.get(key))?.facts).toBe(key);
      }),
    );
  });

  test('gives nothing once it is closed', async () => {
    const { tier } = setUp();
    await tier.set(keyOf(1), { facts: '', parts: [bytes(10)] });
    await tier.close();
    expect(await tier.get(keyOf(1))).toBeUndefined();
  });
});
