// Entries on a device: within four fifths of it, behind whoever else needs its memory, and gone when it fails.
import { expect, test } from 'vitest';
import { DeviceTier } from '#dist/cache/device/device-tier.js';
import { FakeDevice } from '../../support/fake-device.js';

const entry = (length: number) => ({ facts: '', parts: [new Uint8Array(length).fill(7)] });

test('says why it is absent, and keeps nothing then', async () => {
  const tier = new DeviceTier(undefined);
  expect(tier.absence).toMatch(/^There is .*device.*\.$/);
  expect(await tier.set('a', entry(1))).toBe(false);
  expect(await tier.get('a')).toBeUndefined();
  expect(tier.stats()).toEqual({ entries: 0, bytes: 0, capacity: 0 });
  await tier.close();
});

test('fills four fifths of the device, and what was used longest ago goes', async () => {
  const device = new FakeDevice(100_000);
  const tier = new DeviceTier(device);
  expect(tier.stats().capacity).toBe(0);
  for (const key of ['a', 'b', 'c', 'd', 'e']) await tier.set(key, entry(15_000));
  expect(tier.stats().capacity).toBe(80_000);
  await tier.get('a');
  await tier.set('f', entry(15_000));
  expect(await tier.get('b')).toBeUndefined();
  expect((await tier.get('a'))?.parts[0]).toEqual(new Uint8Array(15_000).fill(7));
  expect(device.reserved).toBeLessThanOrEqual(80_000);
  await tier.close();
  expect([device.handles.size, device.closed]).toEqual([0, true]);
});

test('gives way to others, and gives up where they took all', async () => {
  const device = new FakeDevice(100_000);
  const evicted: string[] = [];
  const tier = new DeviceTier(device, { evicted: (why) => evicted.push(why), failed: () => undefined });
  for (const key of ['a', 'b', 'c']) await tier.set(key, entry(15_000));
  device.taken = 50_000;
  expect(await tier.set('d', entry(15_000))).toBe(true);
  // A tenth stays free.
  expect(evicted).toEqual(['room', 'room']);
  device.taken = 100_000;
  expect(await tier.set('e', entry(15_000))).toBe(false);
  expect(tier.stats().entries).toBe(0);
  expect(device.reserved).toBe(0);
});

test('drops what the device cannot give back', async () => {
  const device = new FakeDevice(100_000);
  const failed: string[] = [];
  const tier = new DeviceTier(device, { evicted: () => undefined, failed: (code) => failed.push(code) });
  await tier.set('a', entry(100));
  device.fault = Object.assign(new Error('The driver was reset'), { code: 'RESET' });
  expect(await tier.get('a')).toBeUndefined();
  expect(await tier.set('b', entry(100))).toBe(false);
  expect(failed).toEqual(['RESET', 'RESET']);
  expect(device.handles.size).toBe(0);
  device.fault = undefined;
  expect(await tier.set('b', entry(100))).toBe(true);
});
