// A lease ends once; after that nobody reads the slot through it.
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { Lease, POISON } from '#dist/memory/index.js';
import { failure } from '../support/failure.js';

test('a lease shows the slot itself until it is released', () => {
  const slot = Uint8Array.from([1, 2, 3]);
  const end = vi.fn();
  const lease = new Lease(slot, end);
  expect(lease.released).toBe(false);
  expect(lease.bytes).toBe(slot);
  expect(end).not.toHaveBeenCalled();
  lease.release();
  expect(lease.released).toBe(true);
  expect(end).toHaveBeenCalledTimes(1);
});

test('released twice, it ends once and poisons once', () => {
  const slot = Uint8Array.from([1, 2, 3]);
  const end = vi.fn();
  const lease = new Lease(slot, end);
  lease.release(false);
  lease.release(true);
  expect(end).toHaveBeenCalledTimes(1);
  expect([...slot]).toEqual([1, 2, 3]);
});

test('reading after the release says what to do instead', async () => {
  const lease = new Lease(new Uint8Array(4), () => undefined);
  lease.release();
  const error = await failure(() => lease.bytes);
  expect(error.code).toBe('FR_FRAME_RELEASED');
  expect(error.message).toContain('frame.retain()');
});

test('in debug mode a released slot is poisoned before it may be written again', () => {
  const memory = new Uint8Array(8);
  const seen: number[][] = [];
  const lease = new Lease(memory.subarray(2, 6), () => seen.push([...memory]));
  lease.release(true);
  expect(POISON).toBe(0xdb);
  expect(seen).toEqual([[0, 0, POISON, POISON, POISON, POISON, 0, 0]]);
});

test('a lease that is already over when its slot is handed out again stays over', () => {
  const end = vi.fn(() => expect(lease.released).toBe(true));
  const lease = new Lease(new Uint8Array(4), end);
  lease.release();
  expect(end).toHaveBeenCalledTimes(1);
});

test('a forgotten lease gives its slot back when it is collected, with a warning', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const forgotten = vi.fn();
  const released = vi.fn();
  ((): void => {
    new Lease(new Uint8Array(12), forgotten);
    new Lease(new Uint8Array(34), released).release();
  })();
  while (warnings.length === 0) {
    collect();
    await setImmediate();
  }
  process.off('warning', onWarning);
  expect(forgotten).toHaveBeenCalledTimes(1);
  expect(released).toHaveBeenCalledTimes(1);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toMatchObject({ code: 'FRAMERAIL_FRAME_LEAKED' });
  expect(warnings[0]?.message).toContain('12 bytes');
});
