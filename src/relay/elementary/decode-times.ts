// The order of decoding where a carrier tells only when pictures are shown, as RTP does.

/** Milliseconds by which times may leap without being another stretch of time. */
const LEAP = 3000;
/** A frame of 25 a second, where nothing better is known. Milliseconds. */
const USUAL_STEP = 40;
/** The largest depth that H.264 and HEVC allow. */
const DEEPEST = 16;

/**
 * Works out decoding times: with a reordering of so many pictures, a picture is decoded when the one is shown that is so
 * many places ahead of it in the order of showing (the same as libavformat does in `compute_pkt_fields`). Nothing waits.
 */
export class DecodeTimes {
  /** How many pictures may come ahead of one that is shown earlier; it grows when a stream turns out to need more. */
  #depth = 0;
  #step = USUAL_STEP;
  /** Times of showing that were not yet given as times of decoding, in their order. */
  #open: number[] = [];
  #given: number | undefined;
  /** When the last pictures are shown, in the order of decoding. */
  #recent: number[] = [];

  /**
   * Takes what the parameters of the stream say.
   * @param reorder - pictures; undefined where nothing is said: then it is learnt from the pictures
   * @param frameRate - frames a second, where it is known
   */
  describe(reorder: number | undefined, frameRate: number | undefined): void {
    if (reorder !== undefined) this.#depth = Math.min(DEEPEST, reorder);
    if (frameRate !== undefined && frameRate >= 1 && frameRate <= 1000) this.#step = 1000 / frameRate;
  }

  /**
   * The time at which a picture is decoded.
   * @param pts - when it is shown, in milliseconds; pictures come in the order of decoding
   * @returns milliseconds, never less than the last one within a stretch of time
   */
  next(pts: number): number {
    const last = this.#recent.at(-1);
    if (last !== undefined && Math.abs(pts - last) > LEAP) this.#leap();
    // Streams that say nothing of their depth show it, and some say less than they need.
    const ahead = this.#recent.filter((shown) => shown > pts).length;
    this.#depth = Math.max(this.#depth, Math.min(DEEPEST, ahead));
    this.#recent.push(pts);
    if (this.#recent.length > DEEPEST) this.#recent.shift();
    const open = this.#open;
    let at = open.length;
    while (at > 0 && (open[at - 1] ?? 0) > pts) at -= 1;
    open.splice(at, 0, pts);
    const earliest = open[0] ?? pts;
    // The first ones are decoded ahead of everything that is shown, a step apart.
    let dts = earliest;
    if (open.length <= this.#depth) dts = earliest - (this.#depth + 1 - open.length) * this.#step;
    else while (open.length > this.#depth) dts = open.shift() ?? dts;
    this.#given = this.#given === undefined ? dts : Math.max(this.#given, dts);
    return this.#given;
  }

  #leap(): void {
    this.#open = [];
    this.#recent = [];
    this.#given = undefined;
  }
}
