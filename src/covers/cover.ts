// What comes out of a cover job: images, the pictures that they were made of, and how it went.
import type { DecoderReport, LogLine } from '../av/index.js';
import type { TierName } from '../cache/index.js';
import type { RemoteReceipt } from '../net/index.js';
import type { Rect } from '../pixels/index.js';
import type { CoverChoice } from './choice/index.js';
import type { CoverFile } from './images/index.js';
import type { CropScore } from './shape/index.js';
import type { CoverTimings } from './stage-clock.js';

/** One finished image. */
export interface CoverImage extends CoverFile {
  /** What of the video it shows, in pixels of the video as a person sees it: upright and square. */
  readonly crop: Rect;
  /** Why `fit: 'smart'` chose that part; null for other fits, and without a size. */
  readonly attention: CropScore | null;
}

/** The picture of the video that images were made of. */
export interface CoverShot {
  /** Its time in seconds from the start of the video. */
  readonly pts: number;
  /** Whether the decoder had to conceal errors in it. */
  readonly damaged: boolean;
  /** The transfer of HDR whose light was brought into the range of SDR; null where the picture was SDR. */
  readonly toneMapped: 'pq' | 'hlg' | null;
  /** Why it was chosen, where the best frame was wanted. */
  readonly choice?: CoverChoice | undefined;
}

/** Where pictures were decoded, and why there. */
export interface CoverDecoding extends Pick<DecoderReport, 'backend' | 'attempts'> {
  /** Why, in one sentence. */
  readonly reason: string;
}

/** Where covers came from, where an engine has a cache. */
export interface CoverCacheReport {
  /** Which tier had them; null where they were made. */
  readonly tier: TierName | null;
  /** Their key: what they were made of and how, 64 hexadecimal digits. */
  readonly key: string;
  /** Milliseconds that looking for them took. */
  readonly lookup: number;
}

/** How a call went. */
export interface CoverWork {
  /** The decoder that ran. */
  readonly decoder: string;
  /** Milliseconds that each stage took; of covers that were kept, `total` alone is more than 0. */
  readonly timings: CoverTimings;
  /** What FFmpeg said meanwhile. */
  readonly log: readonly LogLine[];
  /** What reading the video cost, where it was read over HTTP. */
  readonly receipt?: RemoteReceipt;
  /** Where they came from; undefined where the engine has no cache, or none for this input. */
  readonly cache?: CoverCacheReport | undefined;
}

/** How making covers went. */
export interface CoverMaking extends CoverWork {
  /** Where pictures were decoded, and why there. */
  readonly decoding: CoverDecoding;
}

/** A finished cover. */
export interface Cover extends CoverImage, CoverShot, CoverMaking {}

/** An image of a set, and where it belongs in it. */
export interface SetImage extends CoverImage {
  /** Which of the pictures in `shots` it was made of. */
  readonly shot: number;
}

/** Several covers of one video. */
export interface CoverSet extends CoverMaking {
  /** All sizes of the first picture, then all of the second one. */
  readonly images: readonly SetImage[];
  /** The pictures, in the order of the wanted places. */
  readonly shots: readonly CoverShot[];
}

/** What a cover job gives. */
export interface MadeCovers extends CoverSet {
  /** What the first image looks like, where that was asked for and can be told. */
  readonly embedding?: Float32Array | undefined;
}
