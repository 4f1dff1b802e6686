// When something that was lost is tried again: at once, then rarer, and not after several refusals in a row.
import { Backoff, monotonicNow, type FramerailError } from '../base/index.js';

/** At once, then up to a quarter of a minute. Milliseconds. */
const RETRY = { first: 0, second: 500, longest: 15_000 };
/** Who holds a name lets go of it in its own time: 4 to 60 seconds have been seen. Milliseconds. */
const RETRY_BUSY = { first: 1000, second: 2000, longest: 15_000 };
/** Milliseconds of a healthy connection after which the next loss is the first one again. */
const HEALTHY = 30_000;
/** Refusals in a row after which it is given up; one may be a server that is just starting. */
const MOST_REFUSALS = 3;

/** Counts the attempts at one destination, or at one recording. */
export class Attempts {
  readonly #backoff = new Backoff(RETRY);
  readonly #busy = new Backoff(RETRY_BUSY);
  #refusals = 0;
  #acceptedAt: number | undefined;

  /** It works. */
  accepted(): void {
    this.#acceptedAt ??= monotonicNow();
    this.#refusals = 0;
  }

  /**
   * It does not, or no more.
   * @param listens - whether it waits to be called: who was called waits for the next call at once
   * @returns milliseconds until the next attempt; undefined when there is none
   */
  failed(error: FramerailError, listens = false): number | undefined {
    const acceptedAt = this.#acceptedAt;
    this.#acceptedAt = undefined;
    if (acceptedAt !== undefined && monotonicNow() - acceptedAt > HEALTHY) {
      this.#backoff.reset();
      this.#busy.reset();
    }
    if (!error.retryable) this.#refusals += 1;
    if (error.code === 'FR_RELAY_AUTH' || this.#refusals >= MOST_REFUSALS) return undefined;
    if (listens && acceptedAt !== undefined) return 0;
    return (error.code === 'FR_RELAY_BUSY' ? this.#busy : this.#backoff).next();
  }
}
