// Keeps a consumer busy but not late: larger batches when it needs most of the time it has, smaller ones when it idles.

/** The sizes of adaptive batches; each is a quarter above the last at most. */
export const LADDER: readonly number[] = [5, 6, 7, 8, 10, 12, 15, 18, 22, 27, 33, 40, 50];

/** The place of the largest size on the ladder that is at most this; 0 for smaller ones. */
export function rungAtMost(size: number): number {
  return Math.max(
    0,
    LADDER.findLastIndex((one) => one <= size),
  );
}

/**
 * The consumer's time as a share of the time in which a batch arrives. Nothing changes inside the band. It is wider than
 * any step: one rung changes the share by a quarter at most, two by half, three by 0.88, so no step leads out of the
 * other side.
 */
const BAND = { low: 0.55, high: 0.85 } as const;
/** How far outside of the band how many rungs are taken at once. */
const UP = [
  { above: 1.2, rungs: 3 },
  { above: 1, rungs: 2 },
  { above: BAND.high, rungs: 1 },
];
const DOWN = [
  { below: 0.3, rungs: 3 },
  { below: 0.4, rungs: 2 },
  { below: BAND.low, rungs: 1 },
];
/** A step that more steps the same way have not made needless changes little: later ones go further. */
const GAIN = [0, 0, 1, 2];
const MOST_RUNGS = 3;
/** So many batches in a row must say so before a size that has settled changes, or changes back. */
const PROOF = 3;
/** The weight of the last batch in the smoothed share. */
const WEIGHT = 0.4;
/** Smaller batches are more messages: a processor beyond this load is no place for them, until it is below the other. */
const CPU_BUSY = { from: 0.85, until: 0.7 } as const;

/** Watches how long the consumer takes. */
export class ConsumerBand {
  /** Smoothed since the last step; a step begins a new measurement. */
  #share: number | undefined;
  /** Which way the last step went, while it may go on at once; 0 when the size has settled. */
  #moving = 0;
  /** Steps the same way without a batch inside the band. */
  #steps = 0;
  #idle = false;
  /** Batches in a row on the same side of the band, as a signed count. */
  #streak = 0;
  #cpu: number | undefined;
  #cpuBusy = false;

  /** Whether the consumer was below its band, and has not been above it since. */
  get idle(): boolean {
    return this.#idle;
  }

  /** How many rungs to go up, or down when negative, after a batch with this share. */
  next(share: number, cpuLoad: number): number {
    this.#cpu = this.#cpu === undefined ? cpuLoad : this.#cpu + (cpuLoad - this.#cpu) * WEIGHT;
    this.#cpuBusy = this.#cpuBusy ? this.#cpu >= CPU_BUSY.until : this.#cpu > CPU_BUSY.from;
    this.#share = this.#share === undefined ? share : this.#share + (share - this.#share) * WEIGHT;
    if (sideOf(this.#share) !== 0) this.#idle = this.#share < BAND.low;
    const side = sideOf(share);
    this.#streak = side === 0 ? 0 : Math.sign(this.#streak) === side ? this.#streak + side : side;
    if (side === 0) {
      this.#moving = 0;
      this.#steps = 0;
      return 0;
    }
    const goesOn = side === this.#moving;
    const proven = Math.abs(this.#streak) >= PROOF && sideOf(this.#share) === side;
    if (!goesOn && !proven) return 0;
    if (side < 0 && this.#cpuBusy) return 0;
    // On its way it goes by what it saw last; a settled size by the mean, of which noise is a smaller part.
    const by = goesOn ? share : nearer(share, this.#share);
    const rungs = side > 0 ? UP.find((step) => by > step.above)?.rungs : DOWN.find((step) => by < step.below)?.rungs;
    if (rungs === undefined) return 0;
    if (!goesOn) this.#steps = 0;
    const gain = GAIN[Math.min(this.#steps, GAIN.length - 1)] ?? 0;
    this.#steps += 1;
    this.#share = undefined;
    this.#streak = 0;
    this.#moving = side;
    return side * Math.min(MOST_RUNGS, rungs + gain);
  }
}

function sideOf(share: number): -1 | 0 | 1 {
  return share > BAND.high ? 1 : share < BAND.low ? -1 : 0;
}

/** The one of two shares on the same side of the band that is nearer to it. */
function nearer(a: number, b: number): number {
  return a > BAND.high ? Math.min(a, b) : Math.max(a, b);
}
