// What a cover job is told: plain data.
import type { DecoderWish } from '../av/index.js';
import type { InputLimits } from '../sources/index.js';
import type { DeviceOffer } from './device/offers.js';
import type { ImageWish } from './images/index.js';
import type { CoverShape } from './shape/index.js';

/** A time in the video. */
export type TimedPlace =
  { readonly kind: 'seconds'; readonly seconds: number } | { readonly kind: 'fraction'; readonly fraction: number };

/** Where in the video a cover is taken. The first `best` is the best frame, the next one the second best, and so on. */
export type CoverPlace = TimedPlace | { readonly kind: 'best' };

/** Where the best frame is looked for. */
export interface BestParams {
  /** How many frames are compared. */
  readonly candidates: number;
  /** Seconds; null for the part of the video that is worth a search. */
  readonly from: number | null;
  readonly to: number | null;
}

/** What is taken for the picture at a place: the last keyframe at or before it, or the picture on display there. */
export type CoverPrecision = 'keyframe' | 'exact';

/** What one cover may take of a video. */
export interface CoverLimits extends InputLimits {
  /** Frames decoded for one picture. */
  readonly maxDecodedFrames: number;
}

/** Everything that a cover job is told. */
export interface CoverParams {
  /** One picture is taken for each. */
  readonly places: readonly CoverPlace[];
  readonly precision: CoverPrecision;
  readonly best: BestParams;
  /** One image is made of each picture for each. */
  readonly shapes: readonly CoverShape[];
  readonly image: ImageWish;
  /** The number of the video stream; null for the one that ffmpeg picks. */
  readonly stream: number | null;
  readonly limits: CoverLimits;
  /** Where keyframes are decoded. */
  readonly decoder: DecoderWish;
  /** What devices there are for it. */
  readonly offer: DeviceOffer;
}

/** What a cover job is told beside that, which changes nothing about the covers. */
export interface CoverJobParams extends CoverParams {
  /** Whether to tell what the first image looks like. @defaultValue false */
  readonly embed?: boolean;
}
