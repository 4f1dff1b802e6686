// Keeps the delay of a live input bounded: pictures that come too late are passed over, so that what is seen is now.

/** Judges pictures by the clock; the one that came soonest after its time sets the measure. */
export class Lateness {
  /** Pictures that were passed over. */
  skipped = 0;
  readonly #maxDelay: number;
  readonly #now: () => number;
  #soonest = Number.POSITIVE_INFINITY;

  /**
   * @param maxDelay - seconds that a picture may be later than the soonest one
   * @param now - the clock, in seconds
   */
  constructor(maxDelay: number, now: () => number = () => performance.now() / 1000) {
    this.#maxDelay = maxDelay;
    this.#now = now;
  }

  /** Whether a picture of this time, in seconds, comes too late. */
  isLate(time: number): boolean {
    const delay = this.#now() - time;
    this.#soonest = Math.min(this.#soonest, delay);
    const late = delay - this.#soonest > this.#maxDelay;
    if (late) this.skipped += 1;
    return late;
  }
}
