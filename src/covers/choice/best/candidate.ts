// A picture of the video that may become its cover, and everything that is known of it.
import type { Picture } from '../../../av/index.js';
import type { Analysis } from './features/index.js';

/** A candidate before it is judged. */
export interface Candidate {
  /** Seconds from the start of the video. */
  readonly pts: number;
  /** Whether it stands alone, so that it is found again by its time. */
  readonly keyframe: boolean;
  /** Whether the decoder had to conceal errors in it. */
  readonly damaged: boolean;
  /**
   * Bytes of a packet after it, on average, divided by its own: how much changes right after it. Undefined where packets
   * do not tell.
   */
  readonly activity: number | undefined;
  readonly analysis: Analysis;
}

/** A candidate with its picture, which is the taker's to close. */
export interface SeenCandidate extends Candidate {
  readonly picture: Picture;
}
