// What a preview job is told: plain data.
import type { EncoderWish } from '../../av/index.js';
import type { CoverLimits } from '../cover-params.js';

/** The kind of file that a preview is. */
export type PreviewFormat = 'webp' | 'gif' | 'mp4';

/** Which seconds of the video are shown. */
export type PreviewPlace =
  /** From this time on. */
  | { readonly kind: 'seconds'; readonly seconds: number }
  /** From this part of the duration on. */
  | { readonly kind: 'fraction'; readonly fraction: number }
  /** Several short ones, in the middles of as many equal parts of the video; one is the middle of it. */
  | { readonly kind: 'spread'; readonly segments: number }
  /** Around the best frames, as many as there are segments. */
  | BestPlace;

/** Around the best frames of the video. */
export interface BestPlace {
  readonly kind: 'best';
  readonly segments: number;
}

/** What is planned without a look at the pictures. */
export type PlannedPlace = Exclude<PreviewPlace, BestPlace>;

/** Everything that a preview job is told. */
export interface PreviewParams {
  readonly place: PreviewPlace;
  /** Seconds that it lasts, all segments together. */
  readonly seconds: number;
  /** Columns; rows follow from the shape of the video. */
  readonly width: number;
  /** Frames per second; null for what is usual for the format. */
  readonly frameRate: number | null;
  readonly format: PreviewFormat;
  /** 1 to 100; of no meaning for a video, which has a bit rate. */
  readonly quality: number;
  /** How a video is encoded; null for the other formats. */
  readonly video: EncoderWish | null;
  /** Bytes of the file at most; null for no bound beyond that of a video's bit rate. */
  readonly maxBytes: number | null;
  readonly limits: CoverLimits;
  /** The number of the video stream; null for the one that ffmpeg picks. */
  readonly stream: number | null;
}
