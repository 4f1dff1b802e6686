// Times of one stream as a container wants them: strictly rising, and free of the rounding to milliseconds where they can be.

/** Milliseconds by which rounding may move a frame of sound: half of one at its own time, and half at that of the one before. */
const ROUNDING = 1;
const MILLISECONDS = 1000;

/** Times of one packet, in the ticks of its stream. */
export interface PacketTimes {
  readonly dts: number;
  readonly pts: number;
  /** As long as the packet before lasted where nothing says more: only that of the last one is ever read. */
  readonly duration: number;
}

/** Turns milliseconds into ticks, packet after packet. */
export class SteadyTimes {
  /** Seconds that each frame lasts; undefined where they differ. */
  readonly #frame: number | undefined;
  /** Where the current run of frames began, in seconds, and how many it has. */
  #start = 0;
  #count = 0;
  #last: number | undefined;
  #duration = 0;

  /** @param frame - seconds that each frame of sound lasts; undefined for pictures */
  constructor(frame?: number) {
    this.#frame = frame;
  }

  /**
   * @param decode - when it is decoded, in milliseconds
   * @param shown - when it is shown, in milliseconds
   * @param rate - ticks of a second
   */
  next(decode: number, shown: number, rate: number): PacketTimes {
    const exact = this.#frame === undefined ? decode / MILLISECONDS : this.#exact(decode, this.#frame);
    const rounded = Math.round(exact * rate);
    const dts = this.#last === undefined ? rounded : Math.max(rounded, this.#last + 1);
    const composed = Math.round(((shown - decode) / MILLISECONDS) * rate);
    if (this.#frame !== undefined) this.#duration = Math.round(this.#frame * rate);
    else if (this.#last !== undefined) this.#duration = dts - this.#last;
    this.#last = dts;
    // Nothing is shown before it is decoded.
    return { dts, pts: dts + Math.max(0, composed), duration: this.#duration };
  }

  /** Where a frame lies if all of its run follow each other without a gap; one that does not fit begins a new run. */
  #exact(decode: number, frame: number): number {
    const expected = this.#start + this.#count * frame;
    if (this.#count === 0 || Math.abs(expected * MILLISECONDS - decode) > ROUNDING) {
      this.#start = decode / MILLISECONDS;
      this.#count = 1;
      return this.#start;
    }
    this.#count += 1;
    return expected;
  }
}
