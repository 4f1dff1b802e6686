// A pool of workers: started on demand, kept warm, replaced when they die.
import {
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  deadlineError,
  FramerailError,
  untilAborted,
} from '../base/index.js';
import { fallBack, isBeyondNative, type JobModule } from './fallback.js';
import { settingsOf, type PresetName, type Settings } from '../config/index.js';
import type { EngineMemory, MemoryStats } from '../memory/index.js';
import { freeKept } from '../sources/index.js';
import { Telemetry } from '../telemetry/index.js';
import type { Backend, Transport } from './host.js';
import type { JobRun } from './job-run.js';
import type { JobOptions, MediaWorker } from './media-worker.js';
import { WorkerReports } from './reports.js';
import { checkSandbox, lowest, type SandboxOptions, type SandboxReport, type SandboxWish } from './sandbox.js';
import type { startWorker } from './start-worker.js';

type StartWorker = typeof startWorker;

/** How a pool of workers is set up. */
export interface PoolOptions {
  /**
   * Where jobs run: `process` isolates hostile input, `thread` is for trusted input, `inline` is the caller's thread.
   * `spawn` runs the `ffmpeg` and `ffprobe` of the PATH and loads no native code; it cannot tell which frames are
   * damaged, names the decoder by its codec in reports on a file, keeps the settings of a running encode, and uses the
   * FFmpeg of the machine, however old.
   * @defaultValue 'process', and 'spawn' with a warning (FRAMERAIL_FALLBACK) where native code cannot be loaded
   */
  readonly backend?: Backend | undefined;
  /** How bytes of worker processes arrive. @defaultValue 'auto': memfd, else POSIX shared memory, else a copying pipe */
  readonly transport?: Transport | undefined;
  /** Workers at most. @defaultValue 8; always 1 inline */
  readonly workers?: number | undefined;
  /** Bytes of address space for the frames of one worker; memory is used as it is touched. @defaultValue 512 MiB in a process, 256 MiB elsewhere */
  readonly regionBytes?: number | undefined;
  /**
   * Bytes that the frames of all workers may take together; who needs more waits until others give back.
   * @defaultValue half of the memory of the machine or of the container
   */
  readonly memoryBudget?: number | undefined;
  /**
   * Where memory and batches start from: `realtime` prepares 100 MiB in regions of 200 and sends batches of 5 after 8 ms,
   * `batch` prepares up to a whole region of 500 and sends batches of 30 after 50 ms. Memory adapts from there; values of
   * one's own (`regionBytes`, `batchSize`, `batchDelay`, `slots`) go first. @defaultValue nothing is prepared
   */
  readonly preset?: PresetName | undefined;
  /** Milliseconds of silence after which a worker counts as hung and is killed. @defaultValue 10,000 */
  readonly stallTimeout?: number | undefined;
  /** Milliseconds that a job may wait for a free worker, and then for memory. @defaultValue 30,000 */
  readonly queueTimeout?: number | undefined;
  /**
   * Bytes of memory of its own, without frames that are shared, beyond which a worker process is replaced between two jobs;
   * known on Linux alone. @defaultValue never, and 512 MiB for covers
   */
  readonly workerBytes?: number | undefined;
}

/** How the workers of a pool are set up, sandbox included. */
export type LockedPoolOptions = PoolOptions & SandboxOptions;

const MIB = 1024 * 1024;
const START_TIMEOUT = 15_000;
/** Room for four frames of 8K as rgba; only what is touched becomes memory. */
const PROCESS_REGION_BYTES = 512 * MIB;
/** What fits into every process that has other work to do: one-shot commands hold a handful of slots. */
const INLINE_REGION_BYTES = 256 * MIB;

/** Options that are kept elsewhere than with the others. */
type Apart = 'backend' | 'preset' | 'memoryBudget' | 'workerBytes';
/** The options with every default in place. */
type Resolved = { readonly [Name in Exclude<keyof PoolOptions, Apart>]-?: NonNullable<PoolOptions[Name]> };

/** Workers and the jobs that wait for them. */
export class WorkerPool {
  readonly #options: Resolved;
  readonly #jobs: readonly JobModule[];
  #backend: Backend;
  /** Whether the caller left the backend to us. */
  readonly #mayFallBack: boolean;
  #falling: Promise<void> | undefined;
  /** What it knows about itself. */
  readonly telemetry = new Telemetry();
  /** What the preset says; undefined without one. */
  readonly settings: Settings | undefined;
  readonly #memoryBudget: number | undefined;
  readonly #workerBytes: number | undefined;
  readonly #sandbox: SandboxWish | undefined;
  /** Comes with the first worker. */
  #memory: EngineMemory | undefined;
  readonly #reports: WorkerReports;
  readonly #workers = new Set<MediaWorker>();
  /** Workers that a job is about to start on. */
  readonly #claimed = new Set<MediaWorker>();
  readonly #waiting: (() => void)[] = [];
  #starter: Promise<StartWorker> | undefined;
  #closed = false;

  /**
   * @param jobs - the jobs that every worker loads before it is ready
   */
  constructor(options: LockedPoolOptions = {}, jobs: readonly JobModule[] = []) {
    checkOptions(options);
    const native = ['process', 'thread', 'inline'] as const;
    const spawns = jobs.every(({ spawned }) => spawned !== undefined);
    this.#backend = checkOneOf('backend', options.backend ?? 'process', spawns ? [...native, 'spawn'] : native);
    this.#sandbox = checkSandbox(options, this.#backend);
    this.#mayFallBack =
      spawns && options.backend === undefined && options.transport === undefined && !this.#sandbox?.required;
    this.#jobs = jobs;
    this.settings = options.preset === undefined ? undefined : settingsOf(options.preset);
    const regionBytes =
      this.settings?.regionBytes ?? (this.#backend === 'process' ? PROCESS_REGION_BYTES : INLINE_REGION_BYTES);
    this.#memoryBudget = options.memoryBudget;
    if (this.#memoryBudget !== undefined)
      checkInteger('memoryBudget', this.#memoryBudget, MIB, Number.MAX_SAFE_INTEGER);
    this.#workerBytes = options.workerBytes;
    if (this.#workerBytes !== undefined) checkInteger('workerBytes', this.#workerBytes, MIB, Number.MAX_SAFE_INTEGER);
    this.#reports = new WorkerReports(
      this.telemetry,
      () => this.pids.length,
      () => this.sandbox?.level,
    );
    this.#options = {
      transport: checkOneOf('transport', options.transport ?? 'auto', ['auto', 'memfd', 'shm', 'copy'] as const),
      workers: this.#backend === 'inline' ? 1 : checkInteger('workers', options.workers ?? 8, 1, 256),
      regionBytes: checkInteger('regionBytes', options.regionBytes ?? regionBytes, MIB, 4096 * MIB),
      stallTimeout: checkNumber('stallTimeout', options.stallTimeout ?? 10_000, 20, 'milliseconds'),
      queueTimeout: checkNumber('queueTimeout', options.queueTimeout ?? 30_000, 0, 'milliseconds'),
    };
  }

  /** Where jobs run now. */
  get backend(): Backend {
    return this.#backend;
  }

  /** The processes of the workers that are alive now; with `spawn` the commands that run now. */
  get pids(): number[] {
    const alive = [...this.#workers].filter((worker) => !worker.dead);
    return alive.flatMap(({ host }) => host.pids ?? [host.pid]);
  }

  /** The sandbox of the worker that is locked down least, of those that are ready; undefined where none is, or has one. */
  get sandbox(): SandboxReport | undefined {
    return lowest([...this.#workers].filter((worker) => !worker.dead).map(({ sandbox }) => sandbox));
  }

  /** What the workers' memory holds now; undefined before the first worker. */
  get memory(): MemoryStats | undefined {
    return this.#memory?.stats();
  }

  /** Starts workers ahead of the first job. */
  async warm(count = 1): Promise<void> {
    const wanted = Math.min(count, this.#options.workers);
    const began = this.#backend;
    const start = await this.#loadStarter();
    try {
      while (this.#workers.size < wanted) this.#start(start);
      await Promise.all([...this.#workers].map((worker) => worker.ready));
    } catch (error) {
      if (!(await this.#fellBack(began, error))) throw error;
      await this.warm(count);
    }
  }

  /** Runs a job on an idle worker, a new one, or the next one that becomes free. */
  async run(options: JobOptions): Promise<PooledRun> {
    const began = this.#backend;
    const start = await this.#loadStarter();
    try {
      return await this.#runOn(start, options);
    } catch (error) {
      // The turn of a call that gives up, while its worker starts or just as it was woken, goes to the next one.
      if (this.#idle() !== undefined) this.#wakeNext();
      if (!(await this.#fellBack(began, error))) throw error;
      return this.run(options);
    }
  }

  /** Whether a job that could not start may start anew, on commands: decided once, with one warning. */
  async #fellBack(began: Backend, error: unknown): Promise<boolean> {
    if (!this.#mayFallBack || this.#closed || began === 'spawn' || !isBeyondNative(error)) return false;
    // Calls that began together fail together, some of them after the switch.
    if (this.#backend !== 'spawn') {
      this.#falling ??= fallBack(error)
        .then(() => {
          this.#backend = 'spawn';
        })
        .finally(() => (this.#falling = undefined));
      await this.#falling;
    }
    return true;
  }

  async #runOn(start: StartWorker, options: JobOptions): Promise<PooledRun> {
    for (;;) {
      if (this.#closed) throw new FramerailError('FR_CLOSED', 'The engine was closed.');
      if (options.signal?.aborted === true) throw deadlineError(options.signal);
      const worker = this.#pick(start);
      if (worker === undefined) {
        await this.#waitForWorker(options.signal);
        continue;
      }
      this.#claimed.add(worker);
      try {
        await untilAborted(worker.ready, options.signal);
        // It may have died, or the pool may have closed, in the meantime.
        if (!worker.idle || this.#closed) continue;
        const run = worker.run({ memoryTimeout: this.#options.queueTimeout, ...this.#forBackend(options) });
        run.result.catch((error: unknown) => {
          this.#reports.failed(error);
        });
        return {
          run,
          cancel: (error) => {
            worker.cancel(run, error);
          },
        };
      } finally {
        this.#claimed.delete(worker);
      }
    }
  }

  /** The job as the current backend runs it. */
  #forBackend(options: JobOptions): JobOptions {
    const module = this.#moduleFor(options.request.module);
    return module === options.request.module ? options : { ...options, request: { ...options.request, module } };
  }

  #moduleFor(native: string): string {
    return this.#backend === 'spawn' ? (this.#jobs.find((job) => job.native === native)?.spawned ?? native) : native;
  }

  #loadStarter(): Promise<StartWorker> {
    this.#starter ??= import('./start-worker.js').then((module) => {
      this.#memory = new module.EngineMemory({ limit: this.#memoryBudget, telemetry: this.telemetry });
      return module.startWorker;
    });
    return this.#starter;
  }

  #pick(start: StartWorker): MediaWorker | undefined {
    return this.#idle() ?? (this.#workers.size < this.#options.workers ? this.#start(start) : undefined);
  }

  #idle(): MediaWorker | undefined {
    return [...this.#workers].find((worker) => worker.idle && !this.#claimed.has(worker));
  }

  #wakeNext(): void {
    this.#waiting.shift()?.();
  }

  #start(start: StartWorker): MediaWorker {
    const { transport, regionBytes, stallTimeout } = this.#options;
    const host = {
      transport,
      regionBytes,
      arena: { memory: this.#memory, pools: this.settings?.pools },
      preload: this.#jobs.map(({ native }) => this.#moduleFor(native)),
      sandbox: this.#sandbox,
    };
    let worker: MediaWorker;
    try {
      worker = start(this.#backend, host, { stallTimeout, startTimeout: START_TIMEOUT, keepBytes: this.#workerBytes });
    } catch (error) {
      this.#reports.failed(error);
      throw error;
    }
    this.#workers.add(worker);
    this.#reports.started(worker, () => this.#closed);
    const forget = (): void => {
      if (!worker.dead) return;
      this.#workers.delete(worker);
    };
    worker.onIdle(() => {
      forget();
      this.#wakeNext();
    });
    void worker.host.exited.then(forget);
    return worker;
  }

  /** A deadline that passed in the queue says nothing about the input: say where the time went. */
  #stillWaiting(error: FramerailError): FramerailError {
    if (error.code !== 'FR_TIMEOUT') return error;
    const where = `It was still waiting for one of ${String(this.#options.workers)} workers, all of them busy.`;
    return new FramerailError('FR_TIMEOUT', `${error.message} ${where}`, { details: error.details });
  }

  #waitForWorker(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (error?: FramerailError): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        const place = this.#waiting.indexOf(wake);
        if (place >= 0) this.#waiting.splice(place, 1);
        if (error === undefined) resolve();
        else reject(error);
      };
      const wake = (): void => {
        finish();
      };
      const abort = (): void => {
        if (signal !== undefined) finish(this.#stillWaiting(deadlineError(signal)));
      };
      const timer = setTimeout(() => {
        const { workers, queueTimeout } = this.#options;
        finish(
          new FramerailError(
            'FR_TIMEOUT',
            `All ${String(workers)} workers stayed busy for ${String(queueTimeout)} ms; every loop over frames holds one until it ends: raise \`workers\`, or leave loops that are no longer read.`,
          ),
        );
      }, this.#options.queueTimeout);
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.push(wake);
    });
  }

  /** Stops every worker and fails what still runs; resolves when all are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const wake of [...this.#waiting]) wake();
    await Promise.all([...this.#workers].map((worker) => worker.close()));
    this.#memory?.close();
    this.telemetry.close();
    freeKept();
  }
}

/** A run and the way to stop it. */
export interface PooledRun {
  readonly run: JobRun;
  /** Ends the run with an error for its caller and has the worker stop. */
  readonly cancel: (error: FramerailError) => void;
}
