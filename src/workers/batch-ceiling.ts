// Bounds the size of batches while memory is short, and tries larger ones again with more and more patience.

/** Memory is short above the one mark until it is below the other. */
const SHORT = { from: 0.85, until: 0.75 } as const;
/** Rungs of the ladder that the ceiling falls in one batch. */
const FALL = 3;
/** Batches between a fall that brought relief and the first try of larger ones. */
const PATIENCE = 2;
const MOST_PATIENCE = 512;
/** Memory that runs short again within so many batches after a try was short because of it. */
const RELAPSE = 24;
const WEIGHT = 0.5;
/** So many batches in a row must be above the mark before the ceiling falls; while it falls, each one counts. */
const PROOF = 2;

/** The highest place on the ladder that memory allows. */
export class MemoryCeiling {
  #pressure: number | undefined;
  #short = false;
  /** Batches above the mark in a row. */
  #above = 0;
  #ceiling = Infinity;
  #patience = PATIENCE;
  #waited = 0;
  /** Batches since the last try. */
  #sinceTry = Infinity;

  /** The ceiling after a batch under this pressure; `wanted` is where the size would be without it. */
  next(pressure: number, wanted: number): number {
    this.#pressure = this.#pressure === undefined ? pressure : this.#pressure + (pressure - this.#pressure) * WEIGHT;
    this.#sinceTry += 1;
    this.#above = this.#pressure > SHORT.from ? this.#above + 1 : 0;
    const wasShort = this.#short;
    this.#short = wasShort ? this.#pressure >= SHORT.until : this.#above >= PROOF;
    if (this.#short) {
      if (!wasShort)
        this.#patience = this.#sinceTry <= RELAPSE ? Math.min(MOST_PATIENCE, this.#patience * 8) : PATIENCE;
      this.#waited = 0;
      // Between the marks nothing is known to help: it waits there.
      if (this.#above >= PROOF) this.#ceiling = Math.max(0, Math.min(this.#ceiling, wanted) - FALL);
    } else if (this.#ceiling < wanted) {
      this.#waited += 1;
      if (this.#waited >= this.#patience) this.#try(wanted);
    } else {
      this.#ceiling = Infinity;
    }
    return this.#ceiling;
  }

  /** After a relapse one rung at a time, as patiently as the last time; before one, quickly. */
  #try(wanted: number): void {
    const careful = this.#patience > PATIENCE;
    this.#ceiling = Math.min(wanted, this.#ceiling + (careful ? 1 : FALL));
    this.#sinceTry = 0;
    this.#waited = careful ? 0 : this.#patience;
  }
}
