// Further workers: while jobs wait and the processors do not, and not otherwise; by a clock of its own.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Machine, type MachineSources } from '#dist/telemetry/index.js';
import { Growth } from '#dist/workers/growth.js';

let busyShare = 0;

/** A machine whose processors are as busy as is said, over any time. */
function machine(): Machine {
  const sources: MachineSources = {
    read: () => undefined,
    totalmem: () => 2 ** 30,
    freemem: () => 2 ** 29,
    cores: () => ({ busy: performance.now() * busyShare, all: performance.now() }),
    process: () => 0,
    loadavg: () => busyShare * 4,
    parallelism: () => 4,
    now: () => performance.now(),
  };
  return new Machine(sources);
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function growing(most: number): { pool: { workers: number; since: number | undefined }; growth: Growth } {
  const pool: { workers: number; since: number | undefined } = { workers: 1, since: undefined };
  const growth = new Growth(
    {
      mayGrow: () => pool.workers < most,
      oldest: () => pool.since,
      grow: () => (pool.workers += 1),
    },
    machine(),
  );
  return { pool, growth };
}

test('jobs that wait while the processors do not get worker after worker, up to the most', () => {
  busyShare = 0.2;
  const { pool, growth } = growing(4);
  pool.since = performance.now();
  growth.watch();
  vi.advanceTimersByTime(49);
  expect(pool.workers).toBe(1);
  vi.advanceTimersByTime(1);
  expect(pool.workers).toBe(2);
  vi.advanceTimersByTime(500);
  expect(pool.workers).toBe(4);
  expect(vi.getTimerCount()).toBe(0);
});

test('busy processors, and jobs that have only just come, get none', () => {
  busyShare = 0.95;
  const { pool, growth } = growing(4);
  pool.since = performance.now();
  growth.watch();
  vi.advanceTimersByTime(5000);
  expect(pool.workers).toBe(1);
  busyShare = 0.1;
  // The oldest job is always a new one.
  const moving = vi.spyOn(pool, 'since', 'get').mockImplementation(() => performance.now());
  vi.advanceTimersByTime(5000);
  expect(pool.workers).toBe(1);
  moving.mockRestore();
});

test('it looks no more once nothing waits', () => {
  busyShare = 0.1;
  const { pool, growth } = growing(4);
  pool.since = performance.now();
  growth.watch();
  pool.since = undefined;
  vi.advanceTimersByTime(50);
  expect(vi.getTimerCount()).toBe(0);
  expect(pool.workers).toBe(1);
});
