// Shared regions: no name, a sealed size, memory on demand and back again, and views that outlive the close.
import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { attachSharedRegion, createSharedRegion, type SharedRegion, type SharedRegionKind } from '#dist/os/index.js';
import { failure } from '../support/failure.js';
import { collectGarbage } from '../support/resources.js';

const PAGE = 4096;
const LENGTH = 64 * PAGE;

function create(kind: SharedRegionKind, length = LENGTH): SharedRegion {
  const region = createSharedRegion(length, kind);
  onTestFinished(() => region.close());
  return region;
}

/** Bytes of real memory behind a descriptor. */
function memory(fd: number): number {
  return fstatSync(fd).blocks * 512;
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').length;
}

describe.runIf(process.platform === 'linux').each(['memfd', 'shm'] as const)('%s', (kind) => {
  test('costs no memory until it is committed or touched', () => {
    const region = create(kind, 1024 * 1024 * 1024);
    expect(fstatSync(region.fd).size).toBe(1024 * 1024 * 1024);
    expect(memory(region.fd)).toBe(0);
    region.view(0, LENGTH)[10 * PAGE] = 1;
    expect(memory(region.fd)).toBe(PAGE);
  });

  test('commits a range and keeps what is in it', () => {
    const region = create(kind);
    const bytes = region.view(0, LENGTH);
    bytes[3 * PAGE] = 7;
    region.commit(2 * PAGE, 8 * PAGE);
    expect(memory(region.fd)).toBe(8 * PAGE);
    expect(bytes[3 * PAGE]).toBe(7);
  });

  test('gives whole pages back, which then read as zeros, and leaves their neighbours alone', () => {
    const region = create(kind);
    const bytes = region.view(0, LENGTH).fill(7);
    region.decommit(10 * PAGE + 1, PAGE);
    expect(memory(region.fd)).toBe(LENGTH);
    region.decommit(PAGE - 10, 2 * PAGE + 20);
    expect(memory(region.fd)).toBe(LENGTH - 2 * PAGE);
    expect(fstatSync(region.fd).size).toBe(LENGTH);
    // Only now, as reading a hole gives it memory again.
    expect([PAGE - 1, PAGE, 3 * PAGE - 1, 3 * PAGE].map((at) => bytes[at])).toEqual([7, 0, 0, 7]);
    expect(bytes[11 * PAGE - 1]).toBe(7);
  });

  test('a view has a buffer of its own, and the mapping outlives the region while there is one', async () => {
    const region = createSharedRegion(LENGTH, kind);
    const view = region.view(2 * PAGE, PAGE);
    expect([view.byteOffset, view.buffer.byteLength]).toEqual([0, PAGE]);
    expect(structuredClone(view).buffer.byteLength).toBe(PAGE);
    region.view(0, LENGTH)[2 * PAGE] = 3;
    expect(view[0]).toBe(3);
    region.close();
    await collectGarbage();
    view[0] = 4;
    expect(view[0]).toBe(4);
  });

  test.each([
    [-1, PAGE],
    [0, 0],
    [LENGTH - 1, 2],
  ])('there is no view of %d, %d', (offset, length) => {
    expect(() => create(kind).view(offset, length)).toThrow(RangeError);
  });

  test('has no name in the file system', () => {
    const region = create(kind);
    const link = readlinkSync(`/proc/self/fd/${String(region.fd)}`);
    expect(link).toMatch(/framerail.* \(deleted\)$/);
    expect(existsSync(link.replace(' (deleted)', ''))).toBe(false);
  });

  test('close gives the descriptor and the memory back, once; views stay readable and show zeros', () => {
    const before = openFiles();
    const region = createSharedRegion(LENGTH, kind);
    const bytes = region.view(0, LENGTH).fill(7);
    expect(openFiles()).toBe(before + 1);
    expect(memory(region.fd)).toBe(LENGTH);
    const copy = openSync(`/proc/self/fd/${String(region.fd)}`, 'r');
    onTestFinished(() => closeSync(copy));
    region.close();
    expect(memory(copy)).toBe(0);
    expect(region.fd).toBe(-1);
    expect(openFiles()).toBe(before + 1); // the copy
    expect(bytes.every((byte) => byte === 0)).toBe(true);
    bytes[5] = 1;
    expect(bytes[5]).toBe(1);
    // What the system gives next may have the same number: a second close must not touch it.
    const next = create(kind);
    region.close();
    region.decommit(0, LENGTH);
    expect(fstatSync(next.fd).size).toBe(LENGTH);
  });

  test('commit and decommit after the close do nothing', () => {
    const region = createSharedRegion(LENGTH, kind);
    region.close();
    expect(() => region.commit(0, PAGE)).not.toThrow();
    expect(() => region.decommit(0, PAGE)).not.toThrow();
  });

  test('a size that cannot be had is refused with the reason, and no descriptor is left', async () => {
    const before = openFiles();
    for (const length of [0, -1, 2 ** 60]) {
      const error = await failure(() => createSharedRegion(length, kind));
      expect(error).toMatchObject({ code: 'FR_MEMORY_REGION', retryable: true, details: { kind, length } });
      expect(error.details['system']).toMatch(/^E[A-Z]+$/);
      expect(error.message).toContain(String(error.details['system']));
    }
    expect(openFiles()).toBe(before);
  });
});

describe.runIf(process.platform === 'linux')('sealed', () => {
  test('neither holder can shrink or grow a memfd', () => {
    const { fd } = create('memfd');
    for (const length of [0, LENGTH - PAGE, LENGTH + PAGE])
      expect(() => ftruncateSync(fd, length)).toThrow(expect.objectContaining({ code: 'EPERM' }));
    expect(fstatSync(fd).size).toBe(LENGTH);
  });

  test('a commit beyond the end is refused instead of growing the region', async () => {
    const region = create('memfd');
    const error = await failure(() => region.commit(LENGTH - PAGE, 2 * PAGE));
    expect(error).toMatchObject({ code: 'FR_MEMORY_REGION', details: { system: 'EPERM' } });
    expect(fstatSync(region.fd).size).toBe(LENGTH);
  });
});

describe.runIf(process.platform === 'linux')('attached', () => {
  test('both sides see the same bytes', () => {
    const region = create('memfd');
    const other = attachSharedRegion(region.fd);
    expect(other.byteLength).toBe(LENGTH);
    other.view(PAGE, PAGE)[0] = 9;
    expect(region.view(0, LENGTH)[PAGE]).toBe(9);
    region.decommit(0, LENGTH);
    expect(other.view(PAGE, PAGE)[0]).toBe(0);
  });

  test('a descriptor that cannot be mapped is refused', async () => {
    const fd = openSync(process.cwd(), 'r');
    onTestFinished(() => closeSync(fd));
    expect((await failure(() => attachSharedRegion(fd))).code).toBe('FR_MEMORY_REGION');
  });
});
