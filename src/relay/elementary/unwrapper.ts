// Times that wrap, made endless.

/**
 * Counts on where a clock of so many bits begins anew. One for all tracks of a connection: each time is taken for the one
 * nearest to the last of any, so that a wrap never parts them.
 */
export class Unwrapper {
  readonly #wrap: number;
  #last: number | undefined;

  /** @param bits - at most 40, so that a double holds centuries of it exactly */
  constructor(bits: number) {
    this.#wrap = 2 ** bits;
  }

  /** The time that was meant; it may be below zero just behind the beginning. */
  unwrap(ticks: number): number {
    const last = this.#last ?? ticks;
    const time = ticks + Math.round((last - ticks) / this.#wrap) * this.#wrap;
    this.#last = time;
    return time;
  }
}
