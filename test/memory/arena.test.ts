// An arena keeps to the budget of its region, gives memory back, and closes when its worker is gone and nobody reads.
import { fstatSync } from 'node:fs';
import { expect, type Mock, onTestFinished, test, vi } from 'vitest';
import { Arena, CONTROL_BYTES, createRegion, PAGE, type Region } from '#dist/memory/index.js';
import { reserveAndUse } from '../support/arena.js';
import { failure } from '../support/failure.js';

const MIB = 1024 * 1024;

/** A region of the heap that tells when it is closed and what is given back. */
interface Watched {
  readonly region: Region;
  readonly close: Mock<() => void>;
  readonly decommit: Mock<(offset: number, length: number) => void>;
}

function watched(length: number): Watched {
  const close = vi.fn<() => void>();
  const decommit = vi.fn<(offset: number, length: number) => void>();
  return { region: Object.assign(createRegion('heap', length), { close, decommit }), close, decommit };
}

test('ranges never touch the control words', async () => {
  const { region } = watched(CONTROL_BYTES + 4 * PAGE);
  const arena = new Arena(region);
  const ranges = await reserveAndUse(arena, PAGE, 100);
  expect(ranges.map(({ offset }) => offset)).toEqual([1, 2, 3, 4].map((page) => CONTROL_BYTES - PAGE + page * PAGE));
  expect(arena.control.byteLength).toBe(CONTROL_BYTES);
  arena.control[0] = 7;
  expect(region.view(0, 4)[0]).toBe(7);
});

test('as many ranges as fit are given, and it counts them', async () => {
  const arena = new Arena(watched(CONTROL_BYTES + 5 * PAGE).region);
  const ranges = await reserveAndUse(arena, 2 * PAGE, 8);
  expect(ranges).toHaveLength(2);
  expect(arena.taken).toBe(2);
  arena.give(ranges.slice(1));
  expect(arena.taken).toBe(1);
  expect(await reserveAndUse(arena, 3 * PAGE, 1)).toHaveLength(1);
});

test('when not even two fit, the error names both sizes', async () => {
  const arena = new Arena(watched(CONTROL_BYTES + 4 * PAGE).region);
  await reserveAndUse(arena, PAGE, 1);
  const error = await failure(() => reserveAndUse(arena, 4 * PAGE, 2));
  expect(error).toMatchObject({
    code: 'FR_MEMORY_BUDGET',
    details: { bytes: 4 * PAGE, regionBytes: CONTROL_BYTES + 4 * PAGE, largestFree: 3 * PAGE },
  });
  expect(error.message).toContain(String(4 * PAGE));
  expect(arena.taken).toBe(1);
});

test('a retired arena closes when the last range is back, and not before', async () => {
  const { region, close } = watched(CONTROL_BYTES + 4 * PAGE);
  const arena = new Arena(region);
  const [first, second] = await reserveAndUse(arena, PAGE, 2);
  arena.give([first!]);
  arena.retire();
  expect(close).not.toHaveBeenCalled();
  arena.give([second!]);
  expect(close).toHaveBeenCalledTimes(1);
});

test('an arena in use does not close when its ranges are back; retired without ranges it closes at once', async () => {
  const { region, close } = watched(CONTROL_BYTES + 4 * PAGE);
  const arena = new Arena(region);
  arena.give(await reserveAndUse(arena, PAGE, 4));
  expect(close).not.toHaveBeenCalled();
  arena.retire();
  expect(close).toHaveBeenCalledTimes(1);
});

test('what a job needed stays warm for the next one like it, and more than that goes back to the system', async () => {
  const { region, decommit } = watched(CONTROL_BYTES + 80 * MIB);
  const arena = new Arena(region);
  arena.give(await reserveAndUse(arena, 8 * MIB, 8));
  expect(decommit).not.toHaveBeenCalled();
  // Two jobs at once: 64 MiB are what the larger one needed.
  const [first, second] = [await reserveAndUse(arena, 9 * MIB, 4), await reserveAndUse(arena, 9 * MIB, 4)];
  arena.give(first);
  arena.give(second.slice(1));
  expect(decommit).not.toHaveBeenCalled();
  arena.give(second.slice(0, 1));
  expect(decommit.mock.calls).toEqual([[second[0]!.offset, 9 * MIB]]);
});

test('a small range that is used again and again stays warm', async () => {
  const { region, decommit } = watched(CONTROL_BYTES + 80 * MIB);
  const arena = new Arena(region);
  for (let job = 0; job < 200; job++) arena.give(await reserveAndUse(arena, MIB, 1));
  expect(decommit).not.toHaveBeenCalled();
});

test.runIf(process.platform === 'linux')(
  'the system really gets the memory back, all but what stays warm',
  async () => {
    const region = createRegion('memfd', CONTROL_BYTES + 72 * MIB);
    onTestFinished(() => region.close());
    const arena = new Arena(region);
    arena.control[0] = 7;
    const ranges = await reserveAndUse(arena, 9 * MIB, 8);
    for (const { offset, length } of ranges) region.commit(offset, length);
    expect(fstatSync(region.fd!).blocks * 512).toBeGreaterThanOrEqual(72 * MIB);
    arena.give(ranges);
    // A minute later nobody asked for it again.
    arena.trim(arena.idleBytes - 64 * MIB);
    expect(fstatSync(region.fd!).blocks * 512).toBeLessThanOrEqual(CONTROL_BYTES + 64 * MIB);
    expect(arena.control[0]).toBe(7);
  },
);
