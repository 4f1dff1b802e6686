// What a cover job is told: plain data.
import type { Size } from '../pixels/index.js';

/** Where in the video the cover is taken; the keyframe at or before that place is used. */
export type CoverPlace =
  { readonly kind: 'seconds'; readonly seconds: number } | { readonly kind: 'fraction'; readonly fraction: number };

/** Columns or rows of a cover at most. */
export const MAX_SIDE = 4096;

/** How a picture is brought into a size of another shape: by cutting what sticks out, or by borders. */
export type CoverFit = 'cover' | 'contain';

/** Everything that a cover job is told. */
export interface CoverParams {
  readonly at: CoverPlace;
  /** Null for the size of the video as a person sees it. */
  readonly size: Size | null;
  readonly fit: CoverFit;
  /** 1 to 100. */
  readonly quality: number;
  /** Red, green and blue of the borders, 0 to 255. */
  readonly background: readonly [number, number, number];
  /** The number of the video stream; null for the one that ffmpeg picks. */
  readonly stream: number | null;
}
