// What a cover job is told: plain data.
import type { Size } from '../pixels/index.js';
import type { ImageWish } from './images/index.js';

/** A time in the video; the keyframe at or before it is used. */
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

/** Columns or rows of a cover at most. */
export const MAX_SIDE = 4096;

/** How a picture is brought into a size of another shape: by cutting what sticks out, or by borders. */
export type CoverFit = 'cover' | 'contain';

/** What a picture is brought into. */
export interface CoverShape {
  /** Null for the size of the video as a person sees it. */
  readonly size: Size | null;
  readonly fit: CoverFit;
  /** Red, green and blue of the borders, 0 to 255. */
  readonly background: readonly [number, number, number];
}

/** Everything that a cover job is told. */
export interface CoverParams {
  /** One picture is taken for each. */
  readonly places: readonly CoverPlace[];
  readonly best: BestParams;
  /** One image is made of each picture for each. */
  readonly shapes: readonly CoverShape[];
  readonly image: ImageWish;
  /** The number of the video stream; null for the one that ffmpeg picks. */
  readonly stream: number | null;
}
