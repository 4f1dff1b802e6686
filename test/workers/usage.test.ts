// What a job may use of its worker process, and what a worker may keep.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { WorkerPool, type PoolOptions, type UsageLimits } from '#dist/workers/index.js';
import { UsageWatch } from '#dist/workers/usage-watch.js';
import { eventually } from '../support/eventually.js';
import { failure } from '../support/failure.js';
import { isAlive } from '../support/engines.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const MIB = 1024 * 1024;
/** Does what it is told: keeps the processor busy for milliseconds, or takes memory and keeps it. */
const JOB = `
  const kept = [];
  export default async function ({ busy = 0, bytes = 0, wait = 0 }, context) {
    if (bytes > 0) kept.push(Buffer.alloc(bytes, 1));
    for (const end = performance.now() + busy; performance.now() < end; ) await context.breathe();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    return process.pid;
  }
`;

interface Told {
  readonly busy?: number;
  readonly bytes?: number;
  readonly wait?: number;
}

function pool(options: PoolOptions = {}): { all: WorkerPool; run(told: Told, usage?: UsageLimits): Promise<unknown> } {
  const path = join(temporaryFolder(), 'told-job.mjs');
  writeFileSync(path, JOB);
  const module = pathToFileURL(path).href;
  const all = new WorkerPool({ workers: 1, ...options }, [{ native: module }]);
  onTestFinished(() => all.close());
  return {
    all,
    run: async (params, usage) => {
      const request = { module, params, source: undefined, batch: { size: 1, delay: 0 }, slots: 1 };
      const { run } = await all.run({ request, usage });
      return run.result;
    },
  };
}

test('a job that takes more processor time than it may is ended, and the next one has a worker', async () => {
  const { all, run } = pool();
  const pid = await run({});
  const error = await failure(() => run({ busy: 30_000 }, { cpuSeconds: 0.3 }));
  expect(error).toMatchObject({ code: 'FR_INPUT_LIMIT', details: { limit: 0.3 } });
  expect(error.message).toBe('The input took more than 0.3 s of processor time; its worker was ended.');
  await eventually(() => {
    expect(isAlive(Number(pid))).toBe(false);
  });
  expect(await run({ busy: 1 }, { cpuSeconds: 0.3 })).not.toBe(pid);
  expect(all.telemetry.prometheus()).toContain('framerail_worker_deaths_total{how="SIGKILL"} 1');
});

test('a job that takes more memory than it may is ended', async () => {
  const { run } = pool();
  const error = await failure(() => run({ bytes: 200 * MIB, wait: 30_000 }, { ownBytes: 150 * MIB }));
  expect(error).toMatchObject({ code: 'FR_INPUT_LIMIT', details: { limit: 150 * MIB } });
  expect(Number(error.details['ownBytes'])).toBeGreaterThan(150 * MIB);
  expect(error.message).toContain('150 MiB of memory');
});

test('within its limits a job is left alone, for as long as it waits', async () => {
  const { run } = pool();
  expect(await run({ wait: 500 }, { cpuSeconds: 0.4, ownBytes: 500 * MIB })).toBeGreaterThan(0);
});

test('a worker that keeps much is replaced between two jobs: that is no death', async () => {
  const { all, run } = pool({ workerBytes: 200 * MIB });
  const small = await run({ bytes: 10 * MIB });
  expect(await run({})).toBe(small);
  // Nobody asks more often than once a second.
  await eventually(async () => {
    const before = await run({ bytes: 100 * MIB });
    expect(await run({})).not.toBe(before);
  });
  expect(all.telemetry.prometheus()).not.toMatch(/framerail_worker_deaths_total.* [1-9]/);
  await eventually(() => {
    expect(isAlive(Number(small))).toBe(false);
  });
});

test.each([0, -1, 1.5, '1G'])('a wrong workerBytes is refused: %s', (workerBytes) => {
  expect(() => new WorkerPool({ workerBytes: workerBytes as number })).toThrow(/workerBytes/);
});

test('a worker that keeps nearly as much as it may is replaced after five minutes, unless it gives back in between', () => {
  let [now, ownBytes] = [0, 90 * MIB];
  const watch = new UsageWatch(
    0,
    100 * MIB,
    () => ({ cpuSeconds: 0, ownBytes }),
    () => now,
  );
  const look = (minutes: number): boolean => {
    now = minutes * 60_000;
    return watch.keepsTooMuch();
  };
  expect([look(0), look(4.9)]).toEqual([false, false]);
  ownBytes = 80 * MIB;
  expect(look(5)).toBe(false);
  ownBytes = 86 * MIB;
  expect([look(6), look(10.9), look(11)]).toEqual([false, false, true]);
  ownBytes = 101 * MIB;
  expect(look(12)).toBe(true);
});
