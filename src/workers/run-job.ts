// Runs one job to its end under a caller's deadline, and keeps the slots it filled.
import { startDeadline, type CallOptions } from '../base/index.js';
import type { ResolvedSource } from '../sources/index.js';
import type { LeasedItem } from './job-run.js';
import type { WorkerPool } from './pool.js';

/** A job and its caller's wishes. */
export interface JobCall {
  readonly module: string;
  readonly params: unknown;
  /** Slots it may hold; none for jobs that only return a result. @defaultValue 1 */
  readonly slots?: number;
  readonly options: CallOptions;
  /** Also ends the job; its reason must be a FramerailError. */
  readonly closed?: AbortSignal;
  /** What the job does, for the sentence of a timeout. */
  readonly what: string;
  readonly onEvent?: (payload: unknown) => void;
}

/** Runs the job; the leases of `items` pass to the caller. */
export async function runJob<Result>(
  pool: WorkerPool,
  source: ResolvedSource,
  call: JobCall,
): Promise<{ result: Result; items: LeasedItem[] }> {
  const deadline = startDeadline(call.options, call.what);
  const signal = call.closed === undefined ? deadline.signal : AbortSignal.any([deadline.signal, call.closed]);
  const items: LeasedItem[] = [];
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
      onEvent: call.onEvent,
      signal,
    });
    for (let batch = await run.next(); batch !== undefined; batch = await run.next()) items.push(...batch.items);
    return { result: (await run.result) as Result, items };
  } catch (error) {
    for (const item of items) item.lease.release();
    throw error;
  } finally {
    deadline.done();
  }
}
