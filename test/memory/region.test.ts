// Every kind of region looks the same to those who use it.
import { describe, expect, onTestFinished, test } from 'vitest';
import { attachRegion, CANCEL_WORD, CONTROL_BYTES, createRegion, PAGE, type RegionKind } from '#dist/memory/index.js';

const KINDS: readonly RegionKind[] =
  process.platform === 'linux' ? ['memfd', 'shm', 'threads', 'heap', 'copy'] : ['threads', 'heap', 'copy'];
const LENGTH = 4 * PAGE;

describe.each(KINDS)('%s', (kind) => {
  test('is made of zeros, and can be written, committed and given back', () => {
    const region = createRegion(kind, LENGTH);
    onTestFinished(() => region.close());
    const bytes = new Uint8Array(region.buffer);
    expect(region.kind).toBe(kind);
    expect(bytes.byteLength).toBe(LENGTH);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    region.commit(PAGE, PAGE);
    bytes.fill(7, 0, 2 * PAGE);
    region.decommit(PAGE, PAGE);
    expect(bytes[PAGE - 1]).toBe(7);
  });

  test('takes Atomics on its control words', () => {
    const region = createRegion(kind, LENGTH);
    onTestFinished(() => region.close());
    const control = new Int32Array(region.buffer, 0, CONTROL_BYTES / 4);
    Atomics.store(control, CANCEL_WORD, 5);
    expect(Atomics.load(new Int32Array(region.buffer), CANCEL_WORD)).toBe(5);
  });

  test('stays safe to read after it was closed, even twice', () => {
    const region = createRegion(kind, LENGTH);
    const bytes = new Uint8Array(region.buffer);
    region.close();
    region.close();
    expect(bytes).toHaveLength(LENGTH);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    expect(region.fd).toBeUndefined();
  });

  test('has a descriptor only where a child inherits one', () => {
    const region = createRegion(kind, LENGTH);
    onTestFinished(() => region.close());
    if (kind === 'memfd' || kind === 'shm') expect(region.fd).toBeGreaterThan(2);
    else expect(region.fd).toBeUndefined();
  });
});

test('memory for threads is a SharedArrayBuffer, that of one process is not', () => {
  expect(createRegion('threads', LENGTH).buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(createRegion('heap', LENGTH).buffer).toBeInstanceOf(ArrayBuffer);
});

test.runIf(process.platform === 'linux')('an attached region shows what the other side writes', () => {
  const region = createRegion('memfd', LENGTH);
  onTestFinished(() => region.close());
  const attached = attachRegion(region.fd!);
  expect(attached.buffer.byteLength).toBe(LENGTH);
  new Uint8Array(attached.buffer)[PAGE] = 9;
  expect(new Uint8Array(region.buffer)[PAGE]).toBe(9);
});
