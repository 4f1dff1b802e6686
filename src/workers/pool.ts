// A pool of workers: started on demand, kept warm, replaced when they die; jobs wait for them in deques.
import { deadlineError, FramerailError, isFramerailError } from '../base/index.js';
import type { Settings } from '../config/index.js';
import type { EngineMemory, MemoryStats } from '../memory/index.js';
import { freeKept } from '../sources/index.js';
import { Telemetry } from '../telemetry/index.js';
import { fallBack, isBeyondNative, moduleFor, type JobModule } from './fallback.js';
import { Growth } from './growth.js';
import type { Backend } from './host.js';
import { IdleWorkers } from './idle-workers.js';
import { Incidents } from './incidents.js';
import type { JobOptions, MediaWorker } from './media-worker.js';
import { resolvePool, type LockedPoolOptions, type ResolvedPool } from './pool-options.js';
import { suspectOf, type QuarantinedInput } from './quarantine.js';
import { WorkerReports, type PoolStats } from './reports.js';
import { lowest, type SandboxReport } from './sandbox.js';
import { Scheduler } from './scheduler.js';
import type { startWorker } from './start-worker.js';
import { closedError, Ticket, type PooledRun } from './ticket.js';

type StartWorker = typeof startWorker;

const START_TIMEOUT = 15_000;
/** Starts that may fail for one job while there is no other worker. */
const MOST_STARTS = 3;

/** Workers and the jobs that wait for them. */
export class WorkerPool {
  readonly #options: ResolvedPool;
  readonly #jobs: readonly JobModule[];
  readonly #moduleOf = (native: string): string => moduleFor(this.#jobs, this.#backend, native);
  #backend: Backend;
  #falling: Promise<void> | undefined;
  /** What it knows about itself. */
  readonly telemetry = new Telemetry();
  /** Comes with the first worker. */
  #memory: EngineMemory | undefined;
  readonly #reports: WorkerReports;
  readonly #incidents: Incidents;
  readonly #scheduler: Scheduler<MediaWorker, Ticket>;
  /** Workers by what they do. */
  readonly #workers = new Set<MediaWorker>();
  readonly #ready = new Set<MediaWorker>();
  readonly #idle: IdleWorkers<MediaWorker>;
  /** Jobs that wait until workers may be started again. */
  readonly #parked = new Set<Ticket>();
  #orders = 0;
  /** Workers that are started as soon as a job finds all others busy. */
  readonly #eager: number;
  /** Workers that stay, however long they are idle. */
  #kept = 1;
  readonly #growth: Growth;
  #pause: NodeJS.Timeout | undefined;
  #starter: Promise<StartWorker> | undefined;
  #start: StartWorker | undefined;
  #closed = false;

  /**
   * @param jobs - the jobs that every worker loads before it is ready
   * @param eager - workers that are started as soon as a job finds all others busy; further ones only while jobs wait
   *   and the processors do not
   */
  constructor(options: LockedPoolOptions = {}, jobs: readonly JobModule[] = [], eager = Infinity) {
    this.#options = resolvePool(
      options,
      jobs.every(({ spawned }) => spawned !== undefined),
    );
    this.#backend = this.#options.backend;
    this.#jobs = jobs;
    this.#eager = Math.min(eager, this.#options.workers);
    const { perSource, steal, quarantineAfter, idleTimeout } = this.#options;
    this.#growth = new Growth({
      mayGrow: () => !this.#closed && this.#mayStart(this.#options.workers),
      oldest: () => this.#scheduler.oldest?.came,
      grow: () => {
        this.#grow();
      },
    });
    this.#idle = new IdleWorkers(idleTimeout, (worker) => this.#stopIdle(worker));
    this.#scheduler = new Scheduler({ perSource, steal });
    this.#incidents = new Incidents(this.telemetry, quarantineAfter);
    this.#reports = new WorkerReports(this.telemetry, {
      alive: () => this.pids.length,
      waiting: () => this.#scheduler.waiting + this.#parked.size,
      handedOut: () => this.#scheduler.stats,
      sandbox: () => this.sandbox?.level,
    });
  }

  /** Where jobs run now. */
  get backend(): Backend {
    return this.#backend;
  }

  /** What the preset says; undefined without one. */
  get settings(): Settings | undefined {
    return this.#options.settings;
  }

  /** The processes of the workers that are alive now; with `spawn` the commands that run now. */
  get pids(): number[] {
    return this.#live().flatMap(({ host }) => host.pids ?? [host.pid]);
  }

  /** The sandbox of the worker that is locked down least, of those that are ready; undefined where none is, or has one. */
  get sandbox(): SandboxReport | undefined {
    return lowest(this.#live().map(({ sandbox }) => sandbox));
  }

  /** What the workers' memory holds now; undefined before the first worker. */
  get memory(): MemoryStats | undefined {
    return this.#memory?.stats();
  }

  /** How busy it is, and how jobs were handed out. */
  get stats(): PoolStats {
    return this.#reports.stats();
  }

  /**
   * Asks whether a job whose worker died may run again, and counts it: only then does anybody learn whether it was the
   * input.
   */
  runAgain(): boolean {
    const again = this.#options.quarantineAfter !== undefined && !this.#closed;
    if (again) this.#reports.ranAgain();
    return again;
  }

  /** Inputs that are not tried again. */
  quarantined(): Promise<QuarantinedInput[]> {
    return this.#incidents.quarantine.inputs();
  }

  /** Starts workers ahead of the first job; so many stay, however long they are idle. */
  async warm(count = 1): Promise<void> {
    const wanted = Math.min(count, this.#options.workers);
    const began = this.#backend;
    await this.#loadStarter();
    this.#kept = Math.max(this.#kept, wanted);
    try {
      while (this.#live().length < wanted) this.#startOne();
      await Promise.all(this.#live().map((worker) => worker.ready));
    } catch (error) {
      if (!(await this.#fellBack(began, error))) throw error;
      await this.warm(count);
    }
  }

  /**
   * Runs a job on an idle worker, a new one, or the one whose turn comes first. Rejects with FR_INPUT_POISON where the
   * input has ended too many workers.
   */
  async run(options: JobOptions): Promise<PooledRun> {
    const began = this.#backend;
    await this.#loadStarter();
    const held = await this.#incidents.quarantine.check(suspectOf(options));
    if (held !== undefined) throw held;
    if (this.#closed) throw closedError();
    if (options.signal?.aborted === true) throw deadlineError(options.signal);
    const ticket = new Ticket(options, this.#orders++, {
      workers: this.#options.workers,
      queueTimeout: this.#options.queueTimeout,
      forget: (given) => {
        this.#parked.delete(given);
        this.#scheduler.cancel(given);
      },
    });
    this.#submit(ticket);
    try {
      return await ticket.started;
    } catch (error) {
      if (!(await this.#fellBack(began, error))) throw error;
      return this.run(options);
    }
  }

  /** Whether a job that could not start may start anew, on commands: decided once, with one warning. */
  async #fellBack(began: Backend, error: unknown): Promise<boolean> {
    if (!this.#options.mayFallBack || this.#closed || this.#ready.size > 0) return false;
    if (began === 'spawn' || !isBeyondNative(error)) return false;
    // Calls that began together fail together, some of them after the switch.
    if (this.#backend !== 'spawn') {
      this.#falling ??= fallBack(error)
        .then(() => void (this.#backend = 'spawn'))
        .finally(() => (this.#falling = undefined));
      await this.#falling;
    }
    return true;
  }

  /** Gives a job to a worker that is free, to a new one, or to the deque of a busy one. */
  #submit(ticket: Ticket): void {
    if (ticket.over) return;
    if (this.#closed) {
      ticket.fail(closedError());
      return;
    }
    const live = this.#live();
    const free = live.filter((worker) => this.#scheduler.backlogOf(worker) === 0);
    if (free.length > 0) {
      this.#dispatch(this.#scheduler.place(ticket, free));
    } else if (this.#mayStart(this.#eager) && (live.length === 0 || ticket.failedStarts === 0)) {
      this.#startFor(ticket);
    } else {
      ticket.waits();
      if (live.length > 0) this.#scheduler.place(ticket, live);
      else this.#park(ticket);
      this.#growth.watch();
    }
  }

  /** Those that were killed and are not gone yet count, too. */
  #mayStart(most: number): boolean {
    return this.#workers.size < most && this.#incidents.mayStart;
  }

  #startFor(ticket: Ticket): void {
    try {
      this.#scheduler.place(ticket, [this.#startOne()]);
    } catch (error) {
      this.#notStarted([ticket], error);
    }
  }

  /** What jobs that waited for a worker that did not start do: wait for another one, or fail. */
  #notStarted(tickets: readonly Ticket[], error: unknown): void {
    const failure = isFramerailError(error)
      ? error
      : new FramerailError('FR_WORKER_START', 'A media worker could not be started.', { cause: error });
    // Where one worker could load what another one could not, it is not this machine.
    const passing = failure.code === 'FR_WORKER_START' || (this.#ready.size > 0 && isBeyondNative(failure));
    if (passing) this.#incidents.startFailed();
    for (const ticket of tickets) {
      ticket.failedStarts += 1;
      if (passing && (this.#live().length > 0 || ticket.failedStarts < MOST_STARTS)) this.#submit(ticket);
      else ticket.fail(failure);
    }
  }

  /** Keeps a job until workers may be started again. */
  #park(ticket: Ticket): void {
    this.#parked.add(ticket);
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.#unpark();
    }, this.#incidents.pause).unref();
  }

  #unpark(): void {
    const parked = [...this.#parked];
    this.#parked.clear();
    for (const ticket of parked) this.#submit(ticket);
  }

  /** Another worker for the jobs that wait; those have the ones that they wait for in any case. */
  #grow(): void {
    try {
      this.#startOne();
    } catch {
      this.#incidents.startFailed();
    }
  }

  /** Has an idle worker begin what is next for it. */
  #dispatch(worker: MediaWorker): void {
    while (this.#ready.has(worker) && worker.idle && !this.#closed) {
      const ticket = this.#scheduler.next(worker);
      if (ticket === undefined) {
        this.#idle.rests(worker);
        return;
      }
      // Nobody waits for it any more.
      if (ticket.over) this.#scheduler.ended(worker);
      else this.#begin(worker, ticket);
    }
  }

  #begin(worker: MediaWorker, ticket: Ticket): void {
    this.#idle.works(worker);
    const { options } = ticket;
    const request = { ...options.request, module: this.#moduleOf(options.request.module) };
    const run = worker.run({ memoryTimeout: this.#options.queueTimeout, ...options, request });
    this.#reports.began(worker, performance.now() - ticket.came);
    run.result.then(
      () => {
        this.#incidents.succeeded();
      },
      (error: unknown) => {
        this.#reports.failed(error);
        this.#incidents.failed(suspectOf(options), error);
      },
    );
    ticket.begin({
      run,
      cancel: (error) => {
        worker.cancel(run, error);
      },
    });
  }

  /** A worker is through with a job, or gone. */
  #freed(worker: MediaWorker): void {
    this.#reports.ended(worker);
    if (!this.#ready.has(worker)) return;
    const worked = this.#scheduler.ended(worker);
    if (worker.dead) {
      if (worker.retired) this.#reports.recycled('memory');
      else if (!worked && !this.#closed) this.#incidents.startFailed();
      this.#lost(worker);
    } else this.#dispatch(worker);
    // What may not run beside others of its source may run now, on whoever has nothing else to do.
    if (this.#scheduler.waiting > 0)
      for (const other of this.#live()) if (this.#scheduler.backlogOf(other) === 0) this.#dispatch(other);
  }

  /** The jobs of a worker that takes no more go to others. */
  #lost(worker: MediaWorker): void {
    this.#idle.works(worker);
    this.#ready.delete(worker);
    if (!this.#workers.delete(worker)) return;
    for (const ticket of this.#scheduler.remove(worker)) this.#submit(ticket);
    this.#unpark();
  }

  #stopIdle(worker: MediaWorker): boolean {
    if (this.#live().length <= this.#kept) return false;
    this.#reports.recycled('idle');
    this.#lost(worker);
    worker.retire();
    return true;
  }

  async #loadStarter(): Promise<void> {
    this.#starter ??= import('./start-worker.js').then((module) => {
      this.#memory = new module.EngineMemory({ limit: this.#options.memoryBudget, telemetry: this.telemetry });
      return module.startWorker;
    });
    this.#start = await this.#starter;
  }

  #live(): MediaWorker[] {
    return [...this.#workers].filter((worker) => !worker.dead);
  }

  /** Starts a worker; throws what kept it from it. */
  #startOne(): MediaWorker {
    const { transport, regionBytes, stallTimeout, workerBytes, settings } = this.#options;
    const host = {
      transport,
      regionBytes,
      arena: { memory: this.#memory, pools: settings?.pools },
      preload: this.#jobs.map(({ native }) => this.#moduleOf(native)),
      sandbox: this.#options.sandbox,
    };
    if (this.#start === undefined) throw new FramerailError('FR_INTERNAL', 'There is nothing to start workers with.');
    let worker: MediaWorker;
    try {
      worker = this.#start(this.#backend, host, { stallTimeout, startTimeout: START_TIMEOUT, keepBytes: workerBytes });
    } catch (error) {
      this.#reports.failed(error);
      throw error;
    }
    this.#workers.add(worker);
    this.#scheduler.add(worker);
    this.#reports.started(worker, () => this.#closed);
    worker.onIdle(() => {
      this.#freed(worker);
    });
    worker.ready.then(
      () => {
        this.#ready.add(worker);
        this.#dispatch(worker);
      },
      (error: unknown) => {
        this.#workers.delete(worker);
        this.#notStarted(this.#scheduler.remove(worker), error);
      },
    );
    void worker.host.exited.then(() => {
      // One that never was ready is told of by its promise.
      if (this.#ready.has(worker)) this.#lost(worker);
    });
    return worker;
  }

  /** Stops every worker and fails what still runs; resolves when all are gone. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#pause);
    this.#growth.close();
    this.#idle.close();
    const waiting = [...this.#workers].flatMap((worker) => this.#scheduler.remove(worker));
    for (const ticket of [...waiting, ...this.#parked]) ticket.fail(closedError());
    await Promise.all([...this.#workers].map((worker) => worker.close()));
    this.#memory?.close();
    this.telemetry.close();
    freeKept();
  }
}
