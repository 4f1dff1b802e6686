// What comes out of a cover job: images, the pictures that they were made of, and how it went.
import type { LogLine } from '../av/index.js';
import type { CoverChoice } from './choice/index.js';
import type { ImageFormat } from './images/index.js';

/** How long each stage took, in milliseconds. */
export interface CoverTimings {
  /** Opening the container and reading its headers. */
  readonly open: number;
  /** Finding the keyframes and reading their packets. */
  readonly seek: number;
  /** Opening the decoder and decoding. */
  readonly decode: number;
  /** Computing features of candidates and judging them, where the best frame is wanted. */
  readonly analyse: number;
  /** Cropping, scaling and turning. */
  readonly scale: number;
  /** Writing the images. */
  readonly encode: number;
  /** All of it. */
  readonly total: number;
}

/** One finished image. */
export interface CoverImage {
  /** The bytes of the file; they belong to the caller. */
  readonly data: Uint8Array;
  /** What kind of file it is. */
  readonly format: ImageFormat;
  /** Columns of the image, in pixels. */
  readonly width: number;
  /** Rows of the image, in pixels. */
  readonly height: number;
}

/** The picture of the video that images were made of. */
export interface CoverShot {
  /** Its time in seconds from the start of the video. */
  readonly pts: number;
  /** Whether the decoder had to conceal errors in it. */
  readonly damaged: boolean;
  /** Why it was chosen, where the best frame was wanted. */
  readonly choice?: CoverChoice | undefined;
}

/** How a call went. */
export interface CoverWork {
  /** The decoder that ran. */
  readonly decoder: string;
  /** Milliseconds that each stage took. */
  readonly timings: CoverTimings;
  /** What FFmpeg said meanwhile. */
  readonly log: readonly LogLine[];
}

/** A finished cover. */
export interface Cover extends CoverImage, CoverShot, CoverWork {}

/** An image of a set, and where it belongs in it. */
export interface SetImage extends CoverImage {
  /** Which of the pictures in `shots` it was made of. */
  readonly shot: number;
}

/** Several covers of one video. */
export interface CoverSet extends CoverWork {
  /** All sizes of the first picture, then all of the second one. */
  readonly images: readonly SetImage[];
  /** The pictures, in the order of the wanted places. */
  readonly shots: readonly CoverShot[];
}
