// Runs one job to its end under a caller's deadline, and keeps the slots it filled.
import { isFramerailError, startDeadline, type CallOptions } from '../base/index.js';
import type { ResolvedSource } from '../sources/index.js';
import type { JobRun, LeasedItem } from './job-run.js';
import type { WorkerPool } from './pool.js';
import type { UsageLimits } from './usage-watch.js';

/** How often a job runs again at most: an input is refused before, unless all workers die whatever they read. */
const MOST_RERUNS = 3;

/** A job and its caller's wishes. */
export interface JobCall {
  readonly module: string;
  readonly params: unknown;
  /** Slots it may hold; none for jobs that only return a result. @defaultValue 1 */
  readonly slots?: number;
  readonly options: CallOptions;
  /** What it may use of a worker process. @defaultValue no limits */
  readonly usage?: UsageLimits | undefined;
  /** Also ends the job; its reason must be a FramerailError. */
  readonly closed?: AbortSignal;
  /** What the job does, for the sentence of a timeout. */
  readonly what: string;
  /** Hears what the job says meanwhile. @param answer - sends a command to the job */
  readonly onEvent?: (payload: unknown, answer: (command: unknown) => void) => void;
  /** Who it is for. @defaultValue the lane of single calls */
  readonly lane?: string | undefined;
  /** Whether it may run once more where its worker died: it must leave nothing behind. @defaultValue false */
  readonly again?: boolean;
  /** Fail only once the worker has said its last word, so that what it wrote can be removed. @defaultValue false */
  readonly untilSettled?: boolean;
}

/** Runs the job; the leases of `items` pass to the caller. */
export async function runJob<Result>(
  pool: WorkerPool,
  source: ResolvedSource,
  call: JobCall,
): Promise<{ result: Result; items: LeasedItem[] }> {
  const deadline = startDeadline(call.options, call.what);
  const signal = call.closed === undefined ? deadline.signal : AbortSignal.any([deadline.signal, call.closed]);
  try {
    for (let reruns = 0; ; reruns++)
      try {
        return await runOnce(pool, source, call, signal);
      } catch (error) {
        // Whether it was the input is known when it ends a second worker: the pool refuses it then.
        const died = isFramerailError(error) && error.code === 'FR_WORKER_DIED';
        const again = died && call.again === true && reruns < MOST_RERUNS && !signal.aborted;
        if (!again || !pool.runAgain()) throw error;
      }
  } finally {
    deadline.done();
  }
}

async function runOnce<Result>(
  pool: WorkerPool,
  source: ResolvedSource,
  call: JobCall,
  signal: AbortSignal,
): Promise<{ result: Result; items: LeasedItem[] }> {
  const items: LeasedItem[] = [];
  let started: JobRun | undefined;
  const early: unknown[] = [];
  const answer = (command: unknown): void => {
    if (started === undefined) early.push(command);
    else started.command(command);
  };
  try {
    const { run } = await pool.run({
      request: {
        module: call.module,
        params: call.params,
        source: source.spec,
        batch: { size: 1, delay: 0 },
        slots: call.slots ?? 1,
      },
      blocks: source.blocks,
      onEvent: (payload) => call.onEvent?.(payload, answer),
      usage: call.usage,
      lane: call.lane,
      signal,
    });
    started = run;
    for (const command of early) run.command(command);
    for (let batch = await run.next(); batch !== undefined; batch = await run.next()) items.push(...batch.items);
    return { result: (await run.result) as Result, items };
  } catch (error) {
    for (const item of items) item.lease.release();
    if (call.untilSettled === true) await started?.settled;
    throw error;
  }
}
