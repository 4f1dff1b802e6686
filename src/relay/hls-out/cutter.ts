// Where one segment ends and the next one begins.
import { KIND, TAG } from '../flv/tag.js';

/** What is done with a tag of media. */
export type Decision = 'go on' | 'cut' | 'cut with a discontinuity' | 'leave out';

/** Milliseconds by which a keyframe may be early: times are rounded, and groups are meant to be as long as segments. */
const EARLY = 100;
/** Milliseconds without any tag that are a gap; more where the stream has always been slower. */
const GAP = 1000;
const GAP_FACTOR = 3;
/** Encoders are known to make a keyframe every 10 seconds when nobody tells them otherwise. Milliseconds. */
const MOST_FIRST = 12_000;
/** Milliseconds to the half second where a duration would be rounded up (RFC 8216, 4.3.3.1). */
const ROUNDED = 499;

/** Cuts one stream. */
export class Cutter {
  /** Milliseconds. */
  readonly #segment: number;
  /** The longest that the first segment may become in wait of a keyframe, in milliseconds. */
  readonly #most: number;
  #start: number | undefined;
  #last = 0;
  /** The last and the longest time between two tags, in milliseconds. */
  #step = 0;
  #longestStep = 0;
  #hasVideo = false;
  /** What comes does not join what came; since when, by the times of tags. */
  #torn: number | undefined;

  constructor(segment: number) {
    this.#segment = segment;
    this.#most = Math.max(4 * segment, MOST_FIRST);
  }

  /** The time of the segment's first tag; undefined before the first segment. */
  get start(): number | undefined {
    return this.#start;
  }

  /** Where the segment ends if nothing comes any more: behind its last tag. */
  get end(): number {
    return this.#last + this.#step;
  }

  /** Streams change, or begin: what comes does not join what came. */
  tear(time: number): void {
    if (this.#start !== undefined) this.#torn ??= time;
  }

  /**
   * Decides about a tag of media, ahead of it.
   * @param kind - bits of `KIND`
   * @param target - seconds that no segment may be longer than; undefined while that is open
   */
  take(type: number, kind: number, time: number, target: number | undefined): Decision {
    const keyframe = type === TAG.video && (kind & KIND.key) !== 0;
    if (type === TAG.video) this.#hasVideo = true;
    if (this.#start === undefined) return this.#begin(time, 'go on');
    if (time - this.#last > Math.max(GAP, GAP_FACTOR * this.#longestStep)) this.#torn ??= time;
    const may = keyframe || !this.#hasVideo;
    const step = Math.max(0, time - this.#last);
    const elapsed = time - this.#start;
    const most = target === undefined ? this.#most : target * 1000 + ROUNDED;
    // Were it to go on, the next tag would be too late to end it.
    const full = elapsed + Math.max(step, this.#longestStep) > most;
    if (this.#torn !== undefined) {
      // Sound waits for the pictures that it begins with, but not for ever; pictures of before are still pictures of before.
      if (may || full || time - this.#torn >= this.#segment) return this.#begin(time, 'cut with a discontinuity');
      if (type === TAG.audio) return 'leave out';
    } else if (full || (may && elapsed >= this.#segment - (keyframe ? EARLY : 0))) return this.#begin(time, 'cut');
    this.#step = step;
    this.#longestStep = Math.max(this.#longestStep, step);
    this.#last = Math.max(this.#last, time);
    return 'go on';
  }

  #begin(time: number, decision: Decision): Decision {
    this.#start = this.#last = time;
    this.#torn = undefined;
    return decision;
  }
}
