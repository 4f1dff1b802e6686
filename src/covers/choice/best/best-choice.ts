// What the choice of a best frame says for itself.
import type { PictureFeatures } from './features/index.js';

/** What was measured of a candidate, without the black bars of a picture of another shape. */
export interface CoverFeatures extends PictureFeatures {
  /**
   * How little changes around it, 0 to 1: for keyframes 1 less the bytes of a following packet beside its own, else how
   * alike the nearest other candidate is.
   */
  readonly stillness: number;
}

/**
 * Why a candidate was rejected. `damaged`: errors were concealed; `black`, `white`, `uniform`: nothing is to be seen;
 * `text`: little but text, such as credits; `fade`, `cross-fade`: in a transition; `flash`: washed out by light; `dark`,
 * `blurred`: far darker or less sharp than the others.
 */
export type RejectReason =
  'damaged' | 'black' | 'white' | 'uniform' | 'text' | 'fade' | 'cross-fade' | 'flash' | 'dark' | 'blurred';

/** A candidate that was rejected. */
export interface RejectedCandidate {
  /** Its time in seconds from the start of the video. */
  readonly pts: number;
  /** The first rule that rejected it. */
  readonly reason: RejectReason;
  /** What the rule measured. */
  readonly figure: number;
  /** What the figure should not have passed. */
  readonly limit: number;
}

/** A part of a score. */
export interface ScoreTerm {
  /** What is judged, such as `sharpness`. */
  readonly name: string;
  /** How well the candidate does, 0 to 1. */
  readonly value: number;
  /** How much of the score it may give; for `typicality` and `text`, which are last, how much they may take. */
  readonly weight: number;
  /** What it gave, or took with a value below 1: the contributions of all terms add up to the score. */
  readonly contribution: number;
}

/** A candidate that nearly won. */
export interface RunnerUp {
  /** Its time in seconds from the start of the video. */
  readonly pts: number;
  /** Its score, 0 to 1. */
  readonly score: number;
  /** Its perceptual hash. */
  readonly hash: string;
  /** What was measured of it. */
  readonly features: CoverFeatures;
}

/** How a frame was chosen. The same video and options give the same choice, bit for bit. */
export interface CoverChoice {
  /** 1 for the best frame, 2 for the second best and so on, where several were asked for. */
  readonly rank: number;
  /** How good the frame is for a cover, 0 to 1. */
  readonly score: number;
  /** What the score is made of. */
  readonly terms: readonly ScoreTerm[];
  /** What was measured of the frame. */
  readonly features: CoverFeatures;
  /** The choice in sentences. */
  readonly reasons: readonly string[];
  /** Whether every candidate was rejected, so that the least bad one was taken. */
  readonly fallback: boolean;
  /** The candidates that were rejected, in order of time. */
  readonly rejected: readonly RejectedCandidate[];
  /** The next best ones that look different from the best and from each other, three at most. */
  readonly runnersUp: readonly RunnerUp[];
  /** How many candidates there were. */
  readonly candidates: number;
}
