// One worker under supervision: started with a deadline, watched for death and for hanging, stopped by a ladder.
import { errorFromData, FramerailError } from '../base/index.js';
import { CANCEL_WORD } from '../memory/index.js';
import type { SandboxReport } from '../os/index.js';
import type { BlockSource } from '../sources/index.js';
import type { Backend, ExitFacts, WorkerHost } from './host.js';
import { JobRun } from './job-run.js';
import { PROTOCOL_VERSION, type FromWorker, type JobRequest } from './protocol.js';
import { UsageWatch, type UsageLimits } from './usage-watch.js';

/** How a worker is watched; all in milliseconds. */
export interface WatchOptions {
  /** Silence after which a worker that has a job counts as hung and is killed. */
  readonly stallTimeout: number;
  /** How long a worker may take to be ready. */
  readonly startTimeout: number;
  /** Bytes of memory of its own beyond which a worker process ends between two jobs; undefined for never. */
  readonly keepBytes?: number | undefined;
}

/** How long a cancelled job may take to stop by itself before its worker is killed, in milliseconds. */
const CANCEL_GRACE = 150;
/** How often a worker must be found silent in a row, spread over `stallTimeout`, to count as hung. */
const LOOKS = 8;
/** The steps of the stop ladder: goodbye, SIGTERM, SIGKILL; each waits this long, in milliseconds. */
const LADDER_STEP = 500;

/** A job and how it touches its caller. */
export interface JobOptions {
  readonly request: JobRequest;
  readonly blocks?: BlockSource | undefined;
  readonly onEvent?: ((payload: unknown) => void) | undefined;
  /** Places bytes of the job's output; must not reject: it cancels the run by itself. */
  readonly onChunk?: ((bytes: Uint8Array) => Promise<void>) | undefined;
  /** What it may use of a worker process; beyond it the run fails with FR_INPUT_LIMIT. @defaultValue no limits */
  readonly usage?: UsageLimits | undefined;
  /** Milliseconds that it may wait for memory of the engine's budget. @defaultValue 30,000 */
  readonly memoryTimeout?: number | undefined;
  /** Who it is for: jobs of one lane keep their order, and lanes take turns. @defaultValue the lane of single calls */
  readonly lane?: string | undefined;
  /** Its `reason` must be a FramerailError; the run rejects with it at once. */
  readonly signal?: AbortSignal | undefined;
}

/** A worker; it runs one job at a time. */
export class MediaWorker {
  /** Resolves when the worker can take jobs; rejects with FR_WORKER_START. */
  readonly ready: Promise<void>;
  readonly host: WorkerHost;
  readonly #backend: Backend;
  readonly #watch: WatchOptions;
  /** Of a process; what else there is shares the caller's own. */
  readonly #usage: UsageWatch | undefined;
  #run: JobRun | undefined;
  #runId = 0;
  #jobs = 0;
  #gone: ExitFacts | undefined;
  /** It was, or is about to be, killed. */
  #condemned = false;
  #retired = false;
  #sandbox: SandboxReport | undefined;
  #onReady: ((error?: FramerailError) => void) | undefined;
  #heard = false;
  /** Runs while a cancelled job may still stop by itself. */
  #grace: NodeJS.Timeout | undefined;
  #onIdle: (() => void) | undefined;

  constructor(backend: Backend, host: WorkerHost, watch: WatchOptions) {
    this.#backend = backend;
    this.#watch = watch;
    this.host = host;
    this.#usage = backend === 'process' ? new UsageWatch(host.pid, watch.keepBytes) : undefined;
    this.ready = new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#onReady?.(startError(`was not ready within ${String(watch.startTimeout)} ms`));
        this.host.kill('SIGKILL');
      }, watch.startTimeout);
      this.#onReady = (error) => {
        clearTimeout(timer);
        this.#onReady = undefined;
        if (error === undefined) resolve();
        else reject(error);
      };
    });
    this.ready.catch(() => undefined);
    this.host.channel.listen((message) => {
      this.#hear(message);
    });
    void this.host.exited.then((facts) => {
      this.#died(facts);
    });
  }

  /** Whether its jobs run in the caller's own thread, where there is nobody to kill. */
  get #runsHere(): boolean {
    return this.#backend === 'inline' || this.#backend === 'spawn';
  }

  /** Whether it can take a job now. */
  get idle(): boolean {
    return this.#run === undefined && this.#gone === undefined && !this.#condemned;
  }

  /** Whether it ended, or will, because it kept too much memory or had nothing to do. */
  get retired(): boolean {
    return this.#retired;
  }

  /** What it has proved of its sandbox; undefined before it is ready, and where it has none. */
  get sandbox(): SandboxReport | undefined {
    return this.#sandbox;
  }

  /** Whether it has ended, or is about to. */
  get dead(): boolean {
    return this.#gone !== undefined || this.#condemned;
  }

  /** Calls back each time a job is over, or the worker is gone. */
  onIdle(listener: () => void): void {
    this.#onIdle = listener;
  }

  /** Runs a job; the worker must be idle and ready. */
  run(options: JobOptions): JobRun {
    const id = ++this.#jobs;
    const run = new JobRun({
      id,
      arena: this.host.arena,
      slots: options.request.slots,
      memoryTimeout: options.memoryTimeout,
      blocks: options.blocks,
      send: (message) => {
        this.host.channel.send(message);
      },
      onEvent: options.onEvent ?? (() => undefined),
      onChunk: options.onChunk,
    });
    this.#run = run;
    this.#runId = id;
    this.host.hold(true);
    this.#watchForCancel(run, options.signal);
    this.#watchForSilence(run);
    this.#watchForExcess(run, options.usage);
    const beat = Math.max(20, Math.min(1000, this.#watch.stallTimeout / LOOKS));
    this.host.channel.send({ type: 'job', id, request: options.request, beat });
    return run;
  }

  #hear(message: FromWorker): void {
    this.#heard = true;
    if (message.type === 'ready') {
      const same = message.version === PROTOCOL_VERSION;
      this.#sandbox = message.sandbox;
      this.#onReady?.(
        same
          ? undefined
          : new FramerailError(
              'FR_WORKER_PROTOCOL',
              `A worker speaks protocol ${String(message.version)} instead of ${String(PROTOCOL_VERSION)}; reinstall framerail.`,
            ),
      );
      // From now on only jobs keep the parent's event loop alive.
      if (this.#run === undefined) this.host.hold(false);
      return;
    }
    if (message.type === 'unable') {
      this.#onReady?.(errorFromData(message.error));
      this.#condemned = true;
      this.host.kill('SIGKILL');
      return;
    }
    if (message.id !== this.#runId || this.#run === undefined) return;
    this.#run.hear(message);
    if (!this.#run.busy) this.#release();
  }

  #release(): void {
    this.#forgetRun();
    this.host.hold(false);
    if (this.#usage?.keepsTooMuch() === true) this.retire();
    this.#onIdle?.();
  }

  #forgetRun(): void {
    this.#run = undefined;
    clearTimeout(this.#grace);
    this.#grace = undefined;
  }

  #watchForCancel(run: JobRun, signal: AbortSignal | undefined): void {
    if (signal === undefined) return;
    const cancel = (): void => {
      this.cancel(run, signal.reason as FramerailError);
    };
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel, { once: true });
    const forget = (): void => {
      signal.removeEventListener('abort', cancel);
    };
    run.result.then(forget, forget);
  }

  /** Ends a run for its caller now and has the worker stop; one that does not stop soon is killed. */
  cancel(run: JobRun, error: FramerailError): void {
    run.fail(error);
    if (run !== this.#run || !run.busy) return;
    const id = this.#runId;
    Atomics.store(this.host.arena.control, CANCEL_WORD, id);
    this.host.channel.send({ type: 'cancel', id });
    if (this.#runsHere) return;
    this.#grace ??= setTimeout(() => {
      afterMessages(() => {
        if (run !== this.#run) return;
        this.#condemned = true;
        this.host.kill('SIGKILL');
      });
    }, CANCEL_GRACE);
  }

  #watchForSilence(run: JobRun): void {
    // The caller's own thread cannot watch itself; commands are watched where they are started.
    if (this.#runsHere) return;
    const { stallTimeout } = this.#watch;
    let silentLooks = 0;
    this.#heard = true;
    // Looks are counted and not milliseconds: between two of them the loop reads what has arrived, so a caller that
    // keeps its thread busy for long does not take its own silence for the worker's.
    const timer = setInterval(() => {
      silentLooks = this.#heard ? 0 : silentLooks + 1;
      this.#heard = false;
      if (run === this.#run && silentLooks >= LOOKS) this.#giveUp(run);
    }, stallTimeout / LOOKS);
    const stop = (): void => {
      clearInterval(timer);
    };
    run.result.then(stop, stop);
  }

  #giveUp(run: JobRun): void {
    const { stallTimeout } = this.#watch;
    const message = `The media worker made no progress for ${String(stallTimeout)} ms and was killed.`;
    this.#end(run, new FramerailError('FR_WORKER_HUNG', message, { details: { pid: this.host.pid, stallTimeout } }));
  }

  #watchForExcess(run: JobRun, limits: UsageLimits | undefined): void {
    if (limits === undefined || this.#usage === undefined) return;
    const stop = this.#usage.watch(limits, (error) => {
      if (run === this.#run) this.#end(run, error);
    });
    run.settled.then(stop, stop);
  }

  /** Kills the worker for what its run did. */
  #end(run: JobRun, error: FramerailError): void {
    this.#condemned = true;
    run.fail(error);
    this.host.kill('SIGKILL');
  }

  /** Ends an idle worker: the next job gets a fresh one. */
  retire(): void {
    this.#condemned = true;
    this.#retired = true;
    void this.close();
  }

  #died(facts: ExitFacts): void {
    this.#gone = facts;
    const how = facts.signal === null ? `exited with code ${String(facts.code)}` : `was ended by ${facts.signal}`;
    const details = { pid: this.host.pid, signal: facts.signal, exitCode: facts.code, stderr: facts.stderr };
    this.#onReady?.(startError(`${how} before it was ready${facts.stderr === '' ? '' : `: ${facts.stderr}`}`));
    const run = this.#run;
    this.#forgetRun();
    run?.fail(
      new FramerailError('FR_WORKER_DIED', `The media worker ${how} during the job; the next job gets a fresh one.`, {
        details,
      }),
    );
    run?.settledOnWorker();
    this.#onIdle?.();
  }

  /** Stops the worker: goodbye, then SIGTERM, then SIGKILL. Resolves when it is gone. */
  async close(): Promise<void> {
    const run = this.#run;
    if (run !== undefined) this.cancel(run, new FramerailError('FR_CLOSED', 'The worker was closed during the job.'));
    this.host.hold(true);
    this.host.channel.send({ type: 'bye' });
    const steps = ['SIGTERM', 'SIGKILL'] as const;
    let step = 0;
    const timer = setInterval(() => {
      this.host.kill(steps[Math.min(step++, 1)] ?? 'SIGKILL');
    }, LADDER_STEP);
    await this.host.exited;
    clearInterval(timer);
  }
}

/**
 * Calls back after the messages that have already arrived were heard. A caller that kept its thread busy would
 * otherwise see its own timer first and take its own silence for the worker's.
 */
function afterMessages(callback: () => void): void {
  setImmediate(() => setImmediate(callback));
}

function startError(what: string): FramerailError {
  return new FramerailError('FR_WORKER_START', `A media worker ${what}.`);
}
