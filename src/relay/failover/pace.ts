// The pace at which tags come: how long one may keep quiet, and whether what comes now was held up somewhere.

/** How many times its longest pause a stream may keep quiet: one that is sparse by nature is not stuck. */
const PAUSES = 3;
/** Over how many milliseconds the longest pause is remembered: once to twice as long. */
const STRETCH = 15_000;
/** Nobody sends more than so many milliseconds ahead; a clock that jumps does not make silence harmless. */
const MOST_AHEAD = 30_000;
/** A pause is as long as those before it up to this factor. */
const ALIKE = 1.5;

/** A moment: when a tag came by the monotonic clock, and what it says itself. Milliseconds. */
interface Mark {
  readonly at: number;
  readonly timestamp: number;
}

/** How far media ran ahead of the clock within the last moments. */
export class Lead {
  readonly #window: number;
  #older: Mark | undefined;
  #newer: Mark | undefined;
  #last: Mark | undefined;

  /** @param window - milliseconds that are looked back: once to twice as many */
  constructor(window: number) {
    this.#window = window;
  }

  /** A tag has come. */
  tag(timestamp: number, at: number): void {
    this.#last = { at, timestamp };
    if (this.#newer !== undefined && at - this.#newer.at < this.#window) return;
    this.#older = this.#newer ?? this.#last;
    this.#newer = this.#last;
  }

  /** Milliseconds of media beyond the time that passed until the last tag. */
  get ahead(): number {
    if (this.#older === undefined || this.#last === undefined) return 0;
    return between(this.#older.timestamp, this.#last.timestamp) - (this.#last.at - this.#older.at);
  }
}

/** The pace of one track, or of all together. Times are of the monotonic clock, in milliseconds. */
export class Pace {
  tags = 0;
  lastAt: number;
  #timestamp = 0;
  /** The longest pause of this stretch of time, and of the one before it. */
  #longest = 0;
  #longestBefore = 0;
  #stretchFrom: number;
  /** The first tag: what came together at the beginning was there ahead of its time. */
  #first: Mark | undefined;

  /** @param now - from when on silence counts */
  constructor(now: number) {
    this.lastAt = this.#stretchFrom = now;
  }

  /** A tag has come. */
  tag(timestamp: number, now: number): void {
    if (now - this.#stretchFrom > STRETCH) {
      this.#longestBefore = this.#longest;
      this.#longest = 0;
      this.#stretchFrom = now;
    }
    if (this.tags > 0) this.#longest = Math.max(this.#longest, this.#natural(timestamp, now));
    this.#first ??= { at: now, timestamp };
    this.#timestamp = timestamp;
    this.tags += 1;
    this.lastAt = now;
  }

  /** Milliseconds of media beyond the time that passed, while the connection is young: later its pauses are known. */
  get #ahead(): number {
    const first = this.#first;
    if (first === undefined || this.lastAt - first.at > STRETCH) return 0;
    const ahead = between(first.timestamp, this.#timestamp) - (this.lastAt - first.at);
    return Math.min(Math.max(0, ahead), MOST_AHEAD);
  }

  /**
   * How long it may keep quiet: the patience that is asked for, with what came ahead of its time, as segments do.
   * @param patience - milliseconds
   */
  allowed(patience: number): number {
    return Math.max(patience + this.#ahead, PAUSES * this.#pause);
  }

  get #pause(): number {
    return Math.max(this.#longest, this.#longestBefore);
  }

  /**
   * The pause ahead of a tag, as far as it belongs to the stream: no media lies in it, or media was there before it, or
   * it came as expected. What a link held up is none.
   */
  #natural(timestamp: number, now: number): number {
    const passed = now - this.lastAt;
    const media = between(this.#timestamp, timestamp);
    if (media >= passed / 2) return Math.min(passed, media);
    return this.#ahead >= passed / 2 || passed <= ALIKE * this.#pause ? passed : 0;
  }
}

/** From one timestamp to another: a difference of 32 bits, as timestamps wrap there. */
function between(from: number, to: number): number {
  return (to - from) | 0;
}
