// A job that waits for its worker: it begins, or fails for its caller at once, whichever is first.
import { deadlineError, FramerailError } from '../base/index.js';
import type { JobRun } from './job-run.js';
import type { Waiting } from './lane-deque.js';
import type { JobOptions } from './media-worker.js';

/** A run and the way to stop it. */
export interface PooledRun {
  readonly run: JobRun;
  /** Ends the run with an error for its caller and has the worker stop. */
  readonly cancel: (error: FramerailError) => void;
}

/** What a ticket needs of its pool. */
export interface TicketOwner {
  /** Workers at most, for messages. */
  readonly workers: number;
  /** Milliseconds that it may wait while all workers are busy. */
  readonly queueTimeout: number;
  /** It was given up. */
  forget(ticket: Ticket): void;
}

/** The lane of calls that belong to no batch. */
const CALLS = 'calls';

/** A job that waits. */
export class Ticket implements Waiting {
  readonly lane: string;
  readonly source: string | undefined;
  readonly order: number;
  readonly options: JobOptions;
  /** Resolves when it runs. */
  readonly started: Promise<PooledRun>;
  /** When it came, by the clock of `performance`. */
  readonly came = performance.now();
  /** Workers that were started for it and failed. */
  failedStarts = 0;
  readonly #owner: TicketOwner;
  #resolve!: (run: PooledRun) => void;
  #reject!: (error: FramerailError) => void;
  #over = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #onAbort = (): void => {
    const { signal } = this.options;
    if (signal !== undefined) this.fail(this.#stillWaiting(deadlineError(signal)));
  };

  constructor(options: JobOptions, order: number, owner: TicketOwner) {
    this.options = options;
    this.order = order;
    this.lane = options.lane ?? CALLS;
    const { source } = options.request;
    this.source = source?.kind === 'file' ? source.path : options.blocks?.name;
    this.#owner = owner;
    this.started = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    options.signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Whether it began or was given up. */
  get over(): boolean {
    return this.#over;
  }

  /** It waits while all workers are busy, and may do so for `queueTimeout` from the first time on. */
  waits(): void {
    const { workers, queueTimeout } = this.#owner;
    this.#timer ??= setTimeout(() => {
      this.fail(
        new FramerailError(
          'FR_TIMEOUT',
          `All ${String(workers)} workers stayed busy for ${String(queueTimeout)} ms; every loop over frames holds one until it ends: raise \`workers\`, or leave loops that are no longer read.`,
        ),
      );
    }, queueTimeout);
  }

  /** It runs. */
  begin(run: PooledRun): void {
    if (this.#end()) this.#resolve(run);
  }

  /** It will not run. */
  fail(error: FramerailError): void {
    if (!this.#end()) return;
    this.#reject(error);
    this.#owner.forget(this);
  }

  #end(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    this.options.signal?.removeEventListener('abort', this.#onAbort);
    return true;
  }

  /** A deadline that passed in the queue says nothing about the input: say where the time went. */
  #stillWaiting(error: FramerailError): FramerailError {
    if (error.code !== 'FR_TIMEOUT' || this.#timer === undefined) return error;
    const where = `It was still waiting for one of ${String(this.#owner.workers)} workers, all of them busy.`;
    return new FramerailError('FR_TIMEOUT', `${error.message} ${where}`, { details: error.details });
  }
}

/** What calls of a pool fail with that is closed. */
export function closedError(): FramerailError {
  return new FramerailError('FR_CLOSED', 'The engine was closed.');
}
