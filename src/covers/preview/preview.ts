// A finished preview, as its caller sees it.
import type { EncoderReport } from '../../av/index.js';
import type { CoverChoice } from '../choice/index.js';
import type { CoverShot, CoverWork } from '../cover.js';
import type { PreviewFormat } from './preview-params.js';

/** A frame that a segment was chosen for. */
export interface PreviewMoment {
  /** Its time in seconds from the start of the video. */
  readonly pts: number;
  /** Why it was chosen. */
  readonly choice: CoverChoice;
}

/** Seconds of the video that a preview shows. */
export interface PreviewSegment {
  /** Seconds from the start of the video. */
  readonly start: number;
  /** Seconds from the start of the video; what is shown ends there. */
  readonly end: number;
  /** The frame that it was chosen for, where the best seconds were wanted. */
  readonly best?: PreviewMoment | undefined;
}

/** A finished preview. */
export interface Preview extends CoverWork {
  /** The bytes of the file; they belong to the caller. */
  readonly data: Uint8Array;
  /** What kind of file it is. */
  readonly format: PreviewFormat;
  /** Columns, in pixels. */
  readonly width: number;
  /** Rows, in pixels. */
  readonly height: number;
  /** Frames that it shows; equal ones that follow each other may be stored as one. */
  readonly frames: number;
  /** Frames per second; fewer than wanted where the file would have been too large. */
  readonly frameRate: number;
  /** Seconds that it lasts. */
  readonly duration: number;
  /** What it shows of the video, in order. */
  readonly segments: readonly PreviewSegment[];
  /** The quality that it has; undefined for a video. */
  readonly quality: number | undefined;
  /** Bits per second that a video was encoded for; undefined for the other formats. */
  readonly bitrate: number | undefined;
  /** The encoder of a video, and why it is that one; undefined for the other formats. */
  readonly encoder: EncoderReport | undefined;
  /** The transfer of HDR whose light was brought into the range of SDR; null where the video was SDR. */
  readonly toneMapped: CoverShot['toneMapped'];
  /** How often it was encoded until it was small enough. */
  readonly tries: number;
}
