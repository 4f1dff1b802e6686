// Memory of an NVIDIA device through its driver: here a driver that keeps bytes in plain memory, in the same process of its own.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { CudaStore } from '#dist/cache/device/cuda-store.js';
import { DeviceTier } from '#dist/cache/device/device-tier.js';
import { eventually } from '../../support/eventually.js';
import { fakeCuda } from '../../support/fake-cuda.js';

const MIB = 1024 ** 2;
const entry = (length: number, text = '') => ({
  facts: '{}',
  parts: [Buffer.from(text), Buffer.alloc(length, 'no two of these 31 bytes alike?')],
});

/** The processes that keep memory of devices for this one. */
function keepers(): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      try {
        const about = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ');
        return (
          about?.[1] === String(process.pid) &&
          about[0] !== 'Z' &&
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('keeper-main')
        );
      } catch {
        return false;
      }
    });
}

function setUp(bytes: number | undefined, lookEvery?: number) {
  const { driver, take } = fakeCuda(bytes);
  const [evicted, failed]: [string[], string[]] = [[], []];
  const reports = { evicted: (why: string) => evicted.push(why), failed: (code: string) => failed.push(code) };
  const tier = new DeviceTier(new CudaStore(driver), reports, lookEvery);
  onTestFinished(async () => {
    await tier.close();
    expect(keepers()).toEqual([]);
  });
  return { tier, take, evicted, failed };
}

test('is opened by the first entry, gives back what it was given, and ends with its tier', async () => {
  const { tier, failed } = setUp(64 * MIB);
  expect(await tier.get('a')).toBeUndefined();
  expect(keepers()).toEqual([]);
  expect(await tier.set('a', entry(3 * MIB, 'first'))).toBe(true);
  expect(keepers()).toHaveLength(1);
  expect(tier.stats()).toMatchObject({ entries: 1, capacity: Math.floor(0.8 * 64 * MIB) });
  const found = await tier.get('a');
  expect(found?.parts.map((part) => Buffer.from(part).equals(part))).toEqual([true, true]);
  expect(Buffer.from(found?.parts[0] ?? []).toString()).toBe('first');
  expect(Buffer.compare(found?.parts[1] ?? Buffer.alloc(0), entry(3 * MIB).parts[1]!)).toBe(0);
  expect(failed).toEqual([]);
});

test('gives memory back when other processes take it, without being asked for anything', async () => {
  const { tier, take, evicted } = setUp(64 * MIB, 5);
  for (const key of ['a', 'b', 'c', 'd']) await tier.set(key, entry(8 * MIB));
  expect(tier.stats().entries).toBe(4);
  // 6.4 MiB stay free for whoever comes: two entries have to go.
  take(34 * MIB);
  await eventually(() => {
    expect(tier.stats().entries).toBe(2);
  });
  expect(await tier.get('a')).toBeUndefined();
  expect(await tier.get('d')).toBeDefined();
  expect(evicted).toEqual(['room', 'room']);
});

test.each([
  ['the library is missing', '/nowhere/libcuda.so.1', /could not be loaded/, 'FR_ENGINE_LOAD'],
  ['there is no device', undefined, /CUDA_ERROR_NO_DEVICE/, 'CUDA_ERROR_NO_DEVICE'],
])('is absent with its reason where %s', async (_, path, reason, code) => {
  const { driver } = fakeCuda(undefined);
  const failed: string[] = [];
  const tier = new DeviceTier(new CudaStore(path ?? driver), {
    evicted: () => undefined,
    failed: (what) => failed.push(what),
  });
  expect(await tier.set('a', entry(100))).toBe(false);
  expect(await tier.set('b', entry(100))).toBe(false);
  expect(tier.absence).toMatch(reason);
  expect(failed).toEqual([code]);
  await tier.close();
  expect(keepers()).toEqual([]);
});

test.each([
  ['crashes', 'crash', /SIGABRT/],
  ['hangs', 'hang', /too long/],
])('a driver that %s takes nobody with it', async (_, text, reason) => {
  const { driver } = fakeCuda(64 * MIB);
  const store = new CudaStore(driver);
  await store.open();
  const address = await store.reserve(100);
  await expect(store.upload(address!, Buffer.from(text))).rejects.toThrow(reason);
  await expect(store.reserve(100)).rejects.toThrow(reason);
  store.free(address!);
  await store.close();
  expect(keepers()).toEqual([]);
});

test('a tier whose driver crashed keeps nothing any more', async () => {
  const { tier, failed } = setUp(64 * MIB);
  await tier.set('a', entry(100));
  expect(await tier.set('b', entry(100, 'crash'))).toBe(false);
  expect(tier.absence).toMatch(/^The process that kept the memory of the device ended \(SIGABRT\)\./);
  expect(tier.stats().entries).toBe(0);
  expect(await tier.get('a')).toBeUndefined();
  expect(await tier.set('c', entry(100))).toBe(false);
  expect(failed).toHaveLength(2);
});
