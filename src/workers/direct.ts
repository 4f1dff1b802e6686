// Runs one job in the calling thread, without a worker: for one-shot commands, whose process is the isolation.
import { deadlineError, FramerailError, startDeadline, untilAborted } from '../base/index.js';
import { readBlocks, type ResolvedSource } from '../sources/index.js';
import { loadJob, type JobContext } from './job.js';
import type { JobCall } from './run-job.js';

/** Lets timers and signals in every so many milliseconds; native calls in between cannot be stopped from here. */
const BREATH_INTERVAL = 40;

/** Runs a job that fills no slots to its end under the caller's deadline. */
export async function runDirect<Result>(source: ResolvedSource, call: JobCall): Promise<Result> {
  const deadline = startDeadline(call.options, call.what);
  try {
    const job = await loadJob(call.module);
    if (deadline.signal.aborted) throw deadlineError(deadline.signal);
    return (await job(call.params, directContext(source, deadline.signal))) as Result;
  } finally {
    deadline.done();
  }
}

function directContext({ spec, blocks }: ResolvedSource, signal: AbortSignal): JobContext {
  let lastBreath = performance.now();
  const throwIfStopped = (): void => {
    if (signal.aborted) throw deadlineError(signal);
  };
  return {
    source: spec,
    readBlock: async (offset, length) => {
      if (blocks === undefined) throw new FramerailError('FR_INTERNAL', 'This job has no blocks to ask for.');
      // libav waits for the answer on a thread of its own: one that never comes would keep the process alive.
      return untilAborted(readBlocks(blocks, offset, length), signal);
    },
    breathe: (interval = BREATH_INTERVAL) => {
      throwIfStopped();
      if (performance.now() - lastBreath < interval) return undefined;
      return new Promise((resolve) =>
        setImmediate(() => {
          lastBreath = performance.now();
          resolve();
        }),
      );
    },
    reserve: () => Promise.reject(noSlots()),
    slot: () => {
      throw noSlots();
    },
    emit: () => {
      throw noSlots();
    },
    event: () => {
      throw noSlots();
    },
    notify: () => {
      throw noSlots();
    },
    freeSlots: 0,
    recycle: () => {
      throw noSlots();
    },
    takeMail: () => undefined,
    pause: () => Promise.reject(noSlots()),
    write: () => {
      throw noSlots();
    },
    unwritten: 0,
    room: () => Promise.reject(noSlots()),
    cancelled: signal,
    processes: undefined,
  };
}

function noSlots(): FramerailError {
  return new FramerailError('FR_INTERNAL', 'A job without a worker has no slots.');
}
