// Waits between attempts: at once first, then longer and longer, and never in step with others.

/** How attempts follow each other. Milliseconds. */
export interface BackoffOptions {
  /** Ahead of the first new attempt. */
  readonly first: number;
  /** Ahead of the second one; it doubles from there. */
  readonly second: number;
  readonly longest: number;
}

/** Counts attempts that failed. */
export class Backoff {
  /** Attempts that failed since the last success. */
  failures = 0;
  readonly #options: BackoffOptions;
  readonly #random: () => number;

  /** @param random - gives numbers from 0 to 1 */
  constructor(options: BackoffOptions, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
  }

  /** An attempt failed: how long to wait until the next one, in whole milliseconds. */
  next(): number {
    const { first, second, longest } = this.#options;
    this.failures += 1;
    if (this.failures === 1) return first;
    const wait = Math.min(longest, second * 2 ** (this.failures - 2));
    // From three quarters to five: many that failed together do not come back together.
    return Math.round(wait * (0.75 + 0.5 * this.#random()));
  }

  /** All is well again. */
  reset(): void {
    this.failures = 0;
  }
}
