// What a pool of workers reports: starts, deaths that nobody asked for, and regions that the system refused.
import { isFramerailError } from '../base/index.js';
import type { Telemetry } from '../telemetry/index.js';
import type { MediaWorker } from './media-worker.js';

/** Counts what happens to workers, and alerts. */
export class WorkerReports {
  readonly #telemetry: Telemetry;

  /**
   * @param alive - how many workers are alive now
   * @param sandbox - the lowest level of their sandboxes; undefined where none has one
   */
  constructor(telemetry: Telemetry, alive: () => number, sandbox: () => number | undefined = () => undefined) {
    this.#telemetry = telemetry;
    telemetry.metrics.collect(() => {
      telemetry.metrics.gauge('framerail_workers', {}).set(alive());
      const level = sandbox();
      if (level !== undefined) telemetry.metrics.gauge('framerail_worker_sandbox_level', {}).set(level);
    });
  }

  /**
   * Counts a worker that was started, and its death unless it was wanted.
   * @param wanted - whether the worker was to end, asked when it has
   */
  started(worker: MediaWorker, wanted: () => boolean): void {
    this.#telemetry.metrics.counter('framerail_worker_starts_total', {}).add();
    void worker.host.exited.then(({ signal, code }) => {
      if (wanted() || worker.retired) return;
      const how = signal ?? 'exit';
      this.#telemetry.metrics.counter('framerail_worker_deaths_total', { how }).add();
      const end = signal === null ? `exited with code ${String(code)}` : `was ended by ${signal}`;
      this.#telemetry.alerts.occurred('worker-death', `A media worker (process ${String(worker.host.pid)}) ${end}.`);
    });
  }

  /** Counts a failure when it is one of memory that the system refused. */
  failed(error: unknown): void {
    if (!isFramerailError(error) || error.code !== 'FR_MEMORY_REGION') return;
    this.#telemetry.metrics.counter('framerail_region_failures_total', {}).add();
    this.#telemetry.alerts.occurred('region-failure', error.message);
  }
}
