// Every kind of region looks the same to those who use it.
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  attachRegion,
  CANCEL_WORD,
  CONTROL_BYTES,
  controlWords,
  createRegion,
  PAGE,
  type RegionKind,
} from '#dist/memory/index.js';

const KINDS: readonly RegionKind[] =
  process.platform === 'linux' ? ['memfd', 'shm', 'threads', 'heap', 'copy'] : ['threads', 'heap', 'copy'];
const LENGTH = 4 * PAGE;

describe.each(KINDS)('%s', (kind) => {
  test('is made of zeros, and can be written, committed and given back', () => {
    const region = createRegion(kind, LENGTH);
    onTestFinished(() => region.close());
    const bytes = region.view(0, LENGTH);
    expect(region.kind).toBe(kind);
    expect(region.byteLength).toBe(LENGTH);
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    region.commit(PAGE, PAGE);
    bytes.fill(7, 0, 2 * PAGE);
    region.decommit(PAGE, PAGE);
    expect(bytes[PAGE - 1]).toBe(7);
  });

  test('takes Atomics on its control words', () => {
    const region = createRegion(kind, LENGTH);
    onTestFinished(() => region.close());
    Atomics.store(controlWords(region), CANCEL_WORD, 5);
    expect(Atomics.load(controlWords(region), CANCEL_WORD)).toBe(5);
    expect(controlWords(region).byteLength).toBe(CONTROL_BYTES);
  });

  test('stays safe to read after it was closed, even twice', () => {
    const region = createRegion(kind, LENGTH);
    const bytes = region.view(0, LENGTH);
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

test('memory for threads is shared; elsewhere the buffer of a view is its range alone', () => {
  expect(createRegion('threads', LENGTH).view(PAGE, PAGE).buffer).toBeInstanceOf(SharedArrayBuffer);
  for (const kind of KINDS.filter((name) => name !== 'threads')) {
    const region = createRegion(kind, LENGTH);
    onTestFinished(() => region.close());
    expect(region.view(PAGE, PAGE).buffer.byteLength).toBe(PAGE);
  }
});

test.each(KINDS)('two views of a range show the same bytes (%s)', (kind) => {
  const region = createRegion(kind, LENGTH);
  onTestFinished(() => region.close());
  region.view(PAGE, PAGE).fill(5);
  expect(region.view(PAGE, 10)).toEqual(new Uint8Array(10).fill(5));
});

test.runIf(process.platform === 'linux')('an attached region shows what the other side writes', () => {
  const region = createRegion('memfd', LENGTH);
  onTestFinished(() => region.close());
  const attached = attachRegion(region.fd!);
  expect(attached.byteLength).toBe(LENGTH);
  attached.view(PAGE, PAGE)[0] = 9;
  expect(region.view(0, LENGTH)[PAGE]).toBe(9);
});
