// What a cover job is told: plain data.
import type { Size } from '../pixels/index.js';
import type { ImageWish } from './images/index.js';

/** Where in the video a cover is taken; the keyframe at or before that place is used. */
export type CoverPlace =
  { readonly kind: 'seconds'; readonly seconds: number } | { readonly kind: 'fraction'; readonly fraction: number };

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
  /** One image is made of each picture for each. */
  readonly shapes: readonly CoverShape[];
  readonly image: ImageWish;
  /** The number of the video stream; null for the one that ffmpeg picks. */
  readonly stream: number | null;
}
