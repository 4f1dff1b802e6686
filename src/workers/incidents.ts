// What went wrong with workers, and who is to blame: an input that ends workers, or a machine on which all of them end.
import { isFramerailError } from '../base/index.js';
import type { Telemetry } from '../telemetry/index.js';
import { StartBreaker } from './breaker.js';
import { Quarantine, type SuspectInput } from './quarantine.js';

/** Milliseconds after which jobs that no worker can take are looked at again. */
const SHORTEST_PAUSE = 50;

/** Keeps the books of one pool. */
export class Incidents {
  readonly quarantine: Quarantine;
  readonly #breaker = new StartBreaker();
  readonly #telemetry: Telemetry;
  readonly #quarantines: boolean;

  /** @param quarantineAfter - workers that an input may end; undefined for any */
  constructor(telemetry: Telemetry, quarantineAfter: number | undefined) {
    this.#telemetry = telemetry;
    this.#quarantines = quarantineAfter !== undefined;
    this.quarantine = new Quarantine(quarantineAfter ?? Infinity);
  }

  /** Whether workers may be started now. */
  get mayStart(): boolean {
    return this.#breaker.wait === 0;
  }

  /** Milliseconds after which jobs that no worker can take should be looked at again. */
  get pause(): number {
    return Math.max(SHORTEST_PAUSE, this.#breaker.wait);
  }

  /** A job was done. */
  succeeded(): void {
    this.#breaker.succeeded();
  }

  /** A worker could not be started, or ended before it was ready or while it had nothing to do. */
  startFailed(): void {
    if (this.#breaker.startFailed()) this.#tripped();
  }

  /** A job failed: whether a worker ended over it is in the error. */
  failed(input: SuspectInput | undefined, error: unknown): void {
    if (!isFramerailError(error) || (error.code !== 'FR_WORKER_DIED' && error.code !== 'FR_WORKER_HUNG')) return;
    if (this.#breaker.diedOf(input?.spec.name ?? 'nothing')) {
      // So many different inputs did not all come to kill.
      this.quarantine.pardon();
      this.#tripped();
      return;
    }
    if (input === undefined || !this.#quarantines) return;
    const { signal, exitCode } = error.details;
    const how =
      error.code === 'FR_WORKER_HUNG' ? 'hung' : typeof signal === 'string' ? signal : `exit ${String(exitCode)}`;
    if (!this.quarantine.blame(input, how)) return;
    this.#telemetry.metrics.counter('framerail_inputs_quarantined_total', {}).add();
    this.#telemetry.alerts.occurred(
      'input-quarantined',
      `${input.spec.name} ended another worker (${how}) and is not tried again until it changes.`,
    );
  }

  #tripped(): void {
    this.#telemetry.metrics.counter('framerail_worker_start_pauses_total', {}).add();
    this.#telemetry.alerts.occurred(
      'crash-loop',
      `Workers end one after the other, whatever they read: the next one is started in ${String(Math.round(this.#breaker.wait / 1000))} s.`,
    );
  }
}
