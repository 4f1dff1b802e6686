// What a pool of workers reports: starts, deaths that nobody asked for, regions that the system refused, and how jobs got their workers.
import { isFramerailError } from '../base/index.js';
import { RecentSketch, type Percentiles, type Telemetry } from '../telemetry/index.js';
import type { MediaWorker } from './media-worker.js';
import type { SchedulerStats } from './scheduler.js';

/** How busy a pool is, and how its jobs were handed out. */
export interface PoolStats extends SchedulerStats {
  /** Workers that are alive now. */
  readonly workers: number;
  /** Jobs that wait for one. */
  readonly waiting: number;
  /** Jobs that began so far. */
  readonly jobs: number;
  /** Share of the time that workers were alive in which they had a job, 0 to 1; 0 before the first one. */
  readonly utilisation: number;
  /** Milliseconds that jobs waited for a worker, within 1 %, of the last half to one minute. */
  readonly queue: Percentiles;
}

/** What is asked of the pool whenever somebody reads. */
export interface PoolNow {
  readonly alive: () => number;
  readonly waiting: () => number;
  readonly handedOut: () => SchedulerStats;
  /** The lowest level of the sandboxes of workers; undefined where none has one. */
  readonly sandbox: () => number | undefined;
}

const WINDOW = 30_000;

/** Counts what happens to workers and jobs, and alerts. */
export class WorkerReports {
  readonly #telemetry: Telemetry;
  readonly #pool: PoolNow;
  readonly #queue = new RecentSketch(WINDOW, () => performance.now());
  #jobs = 0;
  /** When each worker was started, and when the job that it runs began. */
  readonly #workers = new Map<MediaWorker, { readonly since: number; busySince: number | undefined }>();
  /** Milliseconds of workers that are gone, and of jobs that are over. */
  #alive = 0;
  #busy = 0;
  #told: SchedulerStats = { steals: 0, stolen: 0, kept: 0 };
  #toldTimes = { alive: 0, busy: 0 };

  constructor(telemetry: Telemetry, pool: PoolNow) {
    this.#telemetry = telemetry;
    this.#pool = pool;
    telemetry.metrics.collect(() => {
      this.#collect();
    });
  }

  /** How busy the pool is, and how its jobs were handed out. */
  stats(): PoolStats {
    const { alive, busy } = this.#times();
    return {
      workers: this.#pool.alive(),
      waiting: this.#pool.waiting(),
      jobs: this.#jobs,
      ...this.#pool.handedOut(),
      utilisation: alive === 0 ? 0 : busy / alive,
      queue: this.#queue.percentiles,
    };
  }

  /**
   * Counts a worker that was started, and its death unless it was wanted.
   * @param wanted - whether the worker was to end, asked when it has
   */
  started(worker: MediaWorker, wanted: () => boolean): void {
    this.#telemetry.metrics.counter('framerail_worker_starts_total', {}).add();
    this.#workers.set(worker, { since: performance.now(), busySince: undefined });
    void worker.host.exited.then(({ signal, code }) => {
      this.#gone(worker);
      if (wanted() || worker.retired) return;
      const how = signal ?? 'exit';
      this.#telemetry.metrics.counter('framerail_worker_deaths_total', { how }).add();
      const end = signal === null ? `exited with code ${String(code)}` : `was ended by ${signal}`;
      this.#telemetry.alerts.occurred('worker-death', `A media worker (process ${String(worker.host.pid)}) ${end}.`);
    });
  }

  /**
   * A worker began a job.
   * @param waited - milliseconds that the job waited
   */
  began(worker: MediaWorker, waited: number): void {
    this.#jobs += 1;
    this.#queue.observe(waited);
    this.#telemetry.metrics.histogram('framerail_job_queue_seconds', {}).observe(waited / 1000);
    const times = this.#workers.get(worker);
    if (times !== undefined) times.busySince = performance.now();
  }

  /** A worker is through with its job. */
  ended(worker: MediaWorker): void {
    const times = this.#workers.get(worker);
    if (times?.busySince === undefined) return;
    this.#busy += performance.now() - times.busySince;
    times.busySince = undefined;
  }

  /** An idle worker was stopped on purpose. */
  recycled(reason: 'idle' | 'memory'): void {
    this.#telemetry.metrics.counter('framerail_worker_recycles_total', { reason }).add();
  }

  /** A job runs again, as its worker died. */
  ranAgain(): void {
    this.#telemetry.metrics.counter('framerail_job_reruns_total', {}).add();
  }

  /** Counts a failure when it is one of memory that the system refused. */
  failed(error: unknown): void {
    if (!isFramerailError(error) || error.code !== 'FR_MEMORY_REGION') return;
    this.#telemetry.metrics.counter('framerail_region_failures_total', {}).add();
    this.#telemetry.alerts.occurred('region-failure', error.message);
  }

  #gone(worker: MediaWorker): void {
    this.ended(worker);
    const times = this.#workers.get(worker);
    if (times === undefined) return;
    this.#alive += performance.now() - times.since;
    this.#workers.delete(worker);
  }

  #times(): { alive: number; busy: number } {
    const now = performance.now();
    let [alive, busy] = [this.#alive, this.#busy];
    for (const { since, busySince } of this.#workers.values()) {
      alive += now - since;
      busy += busySince === undefined ? 0 : now - busySince;
    }
    return { alive, busy };
  }

  #collect(): void {
    const { metrics } = this.#telemetry;
    metrics.gauge('framerail_workers', {}).set(this.#pool.alive());
    const level = this.#pool.sandbox();
    if (level !== undefined) metrics.gauge('framerail_worker_sandbox_level', {}).set(level);
    metrics.gauge('framerail_jobs_waiting', {}).set(this.#pool.waiting());
    const handed = this.#pool.handedOut();
    metrics.counter('framerail_job_steals_total', {}).add(handed.steals - this.#told.steals);
    metrics.counter('framerail_jobs_stolen_total', {}).add(handed.stolen - this.#told.stolen);
    metrics.counter('framerail_jobs_kept_total', {}).add(handed.kept - this.#told.kept);
    this.#told = handed;
    const times = this.#times();
    metrics.counter('framerail_worker_alive_seconds_total', {}).add((times.alive - this.#toldTimes.alive) / 1000);
    metrics.counter('framerail_worker_busy_seconds_total', {}).add((times.busy - this.#toldTimes.busy) / 1000);
    this.#toldTimes = times;
  }
}
