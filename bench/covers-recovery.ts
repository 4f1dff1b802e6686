// Workers that are killed in mid-job: how long until their job runs again.
import { createCovers } from '#dist/index.js';
import type { Part } from './part.js';
import { findShow } from './sample-clip.js';
import { median, quantile } from './statistics.js';
import { figure, judge } from './target.js';

const KILLS = 10;
/** Milliseconds that a job has run when its worker is killed. */
const INTO = 60;
const DEADLINE = 60_000;
const METHOD = [
  `${String(KILLS)} kills in each round, by SIGKILL, ${String(INTO)} ms into a job of a third of a second. The time is that from the signal until the job's`,
  'result, without what the second run itself took. With one worker a process has to start; with two the idle one takes over.',
].join('\n');

/** Measures it. */
export async function recovery(runs: number): Promise<Part> {
  const { path, text } = await findShow();
  const waits: Record<1 | 2, number[]> = { 1: [], 2: [] };
  for (let run = 0; run < runs; run++)
    for (const workers of [1, 2] as const)
      for (let kill = 0; kill < KILLS; kill++) waits[workers].push(await killed(path, workers));
  const row = (workers: 1 | 2): string[] => [
    workers === 1 ? 'one worker: a process starts' : 'two workers: the other one takes over',
    figure(median(waits[workers]), 0),
    figure(quantile(waits[workers], 0.95), 0),
  ];
  return {
    name: 'recovery',
    title: `jobs whose worker is killed: ${text}`,
    head: ['', 'ms until it runs again', 'p95'],
    rows: [row(1), row(2)],
    targets: [
      judge({
        name: 'until a job runs again, p95, against 500 ms',
        ours: quantile(waits[1], 0.95),
        against: 500,
        wanted: { atMost: 1 },
      }),
    ],
    method: METHOD,
    raw: waits,
  };
}

/** An engine of its own for each kill: an input that ends two workers is refused, whoever killed them. */
async function killed(path: string, workers: number): Promise<number> {
  await using covers = createCovers({ workers });
  await covers.warm(workers);
  const [first] = covers.pids;
  const job = covers.make(path, { at: 'best', size: [320, 180], timeout: DEADLINE });
  await new Promise((resolve) => setTimeout(resolve, INTO));
  const before = performance.now();
  // The first of idle workers gets the job.
  if (first !== undefined) process.kill(first, 'SIGKILL');
  const { timings } = await job;
  return performance.now() - before - timings.total;
}
