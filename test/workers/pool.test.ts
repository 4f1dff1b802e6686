// A pool at work: skewed jobs end soon, single calls get past batches, killed workers cost their job nothing, poison is held.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { BlockSource } from '#dist/sources/index.js';
import { runJob, WorkerPool, type PoolOptions } from '#dist/workers/index.js';
import { eventually } from '../support/eventually.js';
import { failure } from '../support/failure.js';
import { isAlive } from '../support/engines.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Does what it is told: waits, says that it runs, or ends its process by a signal, always or once. */
const JOB = `
  import { existsSync, writeFileSync } from 'node:fs';
  export default async function ({ wait = 0, until, mark, die, once }, context) {
    if (mark !== undefined) writeFileSync(mark, String(process.pid));
    if (die !== undefined && !(once !== undefined && existsSync(once))) {
      if (once !== undefined) writeFileSync(once, '');
      process.kill(process.pid, die);
      await new Promise(() => undefined);
    }
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    while (until !== undefined && !existsSync(until)) await new Promise((resolve) => setTimeout(resolve, 5));
    return process.pid;
  }
`;

interface Told {
  readonly wait?: number;
  readonly until?: string;
  readonly mark?: string;
  readonly die?: string;
  readonly once?: string;
}

function pool(options: PoolOptions = {}, eager?: number) {
  const folder = temporaryFolder();
  const path = join(folder, 'told-job.mjs');
  writeFileSync(path, JOB);
  const module = pathToFileURL(path).href;
  const all = new WorkerPool({ workers: 2, ...options }, [{ native: module }], eager);
  onTestFinished(() => all.close());
  const named = (name: string): BlockSource => ({ size: 1, name, read: () => new Uint8Array(1) });
  return {
    all,
    folder,
    run: async (name: string, params: Told, lane?: string): Promise<number> => {
      const blocks = named(name);
      const source = { spec: { kind: 'blocks', name, size: 1 } as const, blocks };
      const call = { module, params, options: { timeout: 20_000 }, what: `Running ${name}`, again: true, lane };
      return (await runJob<number>(all, source, call)).result;
    },
  };
}

test('idle workers take what waits for busy ones', async () => {
  const { all, run, folder } = pool();
  await all.warm(2);
  const go = join(folder, 'go');
  const first = run('slow', { until: go });
  const ends = Array.from({ length: 8 }, async (_, i) => run(i % 2 === 0 ? 'slow' : `quick ${String(i)}`, {}));
  const pids = await Promise.all(ends);
  // The first one still runs: all others were done by the other worker.
  expect(new Set(pids).size).toBe(1);
  writeFileSync(go, '');
  expect(pids).not.toContain(await first);
  expect(all.stats).toMatchObject({ jobs: 9, waiting: 0, workers: 2 });
  expect(all.stats.steals).toBeGreaterThan(0);
  expect(all.stats.utilisation).toBeGreaterThan(0);
  expect(all.telemetry.prometheus()).toContain(`framerail_job_steals_total ${String(all.stats.steals)}`);
});

test('a single call waits for one job of a batch, not for all', async () => {
  const { all, run, folder } = pool({ workers: 1 });
  await all.warm(1);
  const go = join(folder, 'go');
  const order: string[] = [];
  const after = async (name: string, told: Told, lane?: string): Promise<void> => {
    await run(name, told, lane);
    order.push(name);
  };
  const batch = Array.from({ length: 5 }, (_, i) => after(`b${String(i)}`, { until: go }, 'batch'));
  await eventually(() => {
    expect(all.stats.waiting).toBe(4);
  });
  const single = after('single', {});
  await eventually(() => {
    expect(all.stats.waiting).toBe(5);
  });
  writeFileSync(go, '');
  await Promise.all([...batch, single]);
  expect(order.indexOf('single')).toBe(1);
});

test('jobs of a worker that is killed run again within 500 ms, also those that waited for it', async () => {
  const { all, run, folder } = pool({ quarantineAfter: 2 });
  await all.warm(2);
  const [go, marks] = [join(folder, 'go'), [join(folder, 'one'), join(folder, 'two')]];
  const running = marks.map((mark, i) => run(`video ${String(i)}`, { mark, until: go }));
  await eventually(() => {
    expect(marks.every(existsSync)).toBe(true);
  });
  const waiting = [2, 3, 4, 5].map((i) => run(`video ${String(i)}`, {}));
  const [victim = 0] = all.pids;
  const before = performance.now();
  process.kill(victim, 'SIGKILL');
  await eventually(() => {
    expect(all.telemetry.prometheus()).toContain('framerail_job_reruns_total 1');
    expect(all.pids).not.toContain(victim);
    expect(all.pids).toHaveLength(2);
  });
  writeFileSync(go, '');
  const pids = await Promise.all([...running, ...waiting]);
  expect(performance.now() - before).toBeLessThan(2000);
  expect(pids).not.toContain(victim);
});

test('an input that ends two workers is refused from then on, and others go on', async () => {
  const { all, run } = pool({ quarantineAfter: 2 });
  const others = [1, 2, 3].map((i) => run(`fine ${String(i)}`, { wait: 20 }));
  const error = await failure(() => run('hostile', { die: 'SIGSEGV' }));
  expect(error).toMatchObject({
    code: 'FR_INPUT_POISON',
    details: { ends: ['SIGSEGV', 'SIGSEGV'], signal: 'SIGSEGV' },
  });
  const starts = /framerail_worker_starts_total (\d+)/.exec(all.telemetry.prometheus())?.[1];
  expect((await failure(() => run('hostile', {}))).code).toBe('FR_INPUT_POISON');
  expect(/framerail_worker_starts_total (\d+)/.exec(all.telemetry.prometheus())?.[1]).toBe(starts);
  await Promise.all(others);
  expect(await all.quarantined()).toMatchObject([{ name: 'hostile', ends: ['SIGSEGV', 'SIGSEGV'] }]);
});

test('a worker that died once costs its job nothing', async () => {
  const { all, run, folder } = pool({ quarantineAfter: 2 });
  expect(await run('unlucky', { die: 'SIGABRT', once: join(folder, 'once') })).toBeGreaterThan(0);
  expect(await all.quarantined()).toEqual([]);
});

test('without a quarantine a death is told and nothing runs again', async () => {
  const { run } = pool();
  const error = await failure(() => run('hostile', { die: 'SIGKILL' }));
  expect(error).toMatchObject({ code: 'FR_WORKER_DIED', details: { signal: 'SIGKILL' } });
});

test('where no process can be started calls fail with one sentence, and then wait for the machine', async () => {
  const { all, run } = pool({ quarantineAfter: 2, queueTimeout: 300 });
  const node = process.execPath;
  process.execPath = join(temporaryFolder(), 'no-node');
  try {
    const first = await failure(() => run('a', {}));
    expect(first.code).toBe('FR_WORKER_START');
    expect(first.message).toContain('ENOENT');
    // Two more starts open the breaker: the job waits as long as jobs may wait.
    const second = await failure(() => run('b', {}));
    expect(second.code).toBe('FR_TIMEOUT');
    expect(all.telemetry.snapshot().alerts.map(({ name }) => name)).toContain('crash-loop');
  } finally {
    process.execPath = node;
  }
  await eventually(async () => {
    expect(await run('c', {})).toBeGreaterThan(0);
  });
});

test('workers that have nothing to do are stopped, but for those that were warmed', async () => {
  const { all, run, folder } = pool({ workers: 3, idleTimeout: 100 });
  const go = join(folder, 'go');
  const marks = [1, 2, 3].map((i) => join(folder, `m${String(i)}`));
  const jobs = marks.map((mark, i) => run(`v${String(i)}`, { mark, until: go }));
  await eventually(() => {
    expect(marks.every(existsSync)).toBe(true);
  });
  const pids = all.pids;
  writeFileSync(go, '');
  await Promise.all(jobs);
  await eventually(() => {
    expect(pids.filter(isAlive)).toHaveLength(1);
  });
  expect(all.telemetry.prometheus()).toContain('framerail_worker_recycles_total{reason="idle"} 2');
  expect(all.telemetry.prometheus()).not.toContain('framerail_worker_deaths_total');
});
