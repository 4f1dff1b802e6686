// Stops starting workers where they die one after the other, whatever they read: then the machine is at fault.
import { Backoff } from '../base/index.js';

/** Failures in a row, of different inputs or of starts, after which no worker is started for a while. */
const IN_A_ROW = 5;
/** Failures further apart than this are no row, in milliseconds. */
const WITHIN = 60_000;
/** Milliseconds without a start; longer each time. */
const WAITS = { first: 1000, second: 2000, longest: 30_000 };

/** A circuit breaker for the starts of workers. */
export class StartBreaker {
  readonly #now: () => number;
  readonly #backoff: Backoff;
  /** When each failed, by what it read; starts have names of their own. */
  readonly #failed = new Map<string, number>();
  #starts = 0;
  #openUntil = Number.NEGATIVE_INFINITY;

  /** @param now - milliseconds of a clock that never goes back */
  constructor(now: () => number = () => performance.now(), random: () => number = Math.random) {
    this.#now = now;
    this.#backoff = new Backoff(WAITS, random);
  }

  /** Milliseconds until a worker may be started; 0 for now. */
  get wait(): number {
    return Math.max(0, this.#openUntil - this.#now());
  }

  /** Whether the failures of late are the machine's, and no input's. */
  get tripped(): boolean {
    return this.#failed.size >= IN_A_ROW;
  }

  /** A worker could not be started, or died before it was ready or while it had nothing to do. */
  startFailed(): boolean {
    this.#starts += 1;
    return this.#note(`start ${String(this.#starts)}`);
  }

  /** A worker died of a job; the same input counts once. Whether that opened the breaker. */
  diedOf(source: string): boolean {
    return this.#note(`source ${source}`);
  }

  /** A job was done: whatever died before, died of something else. */
  succeeded(): void {
    if (this.#failed.size === 0) return;
    this.#failed.clear();
    this.#backoff.reset();
    this.#openUntil = Number.NEGATIVE_INFINITY;
  }

  #note(what: string): boolean {
    const now = this.#now();
    for (const [name, at] of this.#failed) if (now - at > WITHIN) this.#failed.delete(name);
    this.#failed.delete(what);
    this.#failed.set(what, now);
    if (!this.tripped) return false;
    this.#openUntil = now + this.#backoff.next();
    return true;
  }
}
