// Starts further workers where jobs wait although the processors do not: those that run wait for servers, or for consumers.
import { Machine } from '../telemetry/index.js';

/** Milliseconds that a job waits before another worker is started for it. */
const AFTER = 50;
/** Above this share of the processors more workers would only take turns. */
const BUSY = 0.85;

/** What is asked of the pool, and done to it. */
export interface Growing {
  /** Whether there may be another worker. */
  mayGrow(): boolean;
  /** When the job that waits longest came, by the clock of `performance`; undefined where none waits. */
  oldest(): number | undefined;
  /** Starts a worker; must not throw. */
  grow(): void;
}

/** Looks after the growth of one pool while jobs wait. */
export class Growth {
  readonly #pool: Growing;
  readonly #machine: Machine;
  #timer: NodeJS.Timeout | undefined;

  constructor(pool: Growing, machine = new Machine()) {
    this.#pool = pool;
    this.#machine = machine;
  }

  /** A job waits: looks again and again until none does. */
  watch(): void {
    if (this.#timer !== undefined || !this.#pool.mayGrow()) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const oldest = this.#pool.oldest();
      if (oldest === undefined) return;
      const waits = performance.now() - oldest >= AFTER;
      if (waits && this.#pool.mayGrow() && this.#machine.load().cpuLoad < BUSY) this.#pool.grow();
      this.watch();
    }, AFTER).unref();
  }

  /** Looks no more. */
  close(): void {
    clearTimeout(this.#timer);
  }
}
