// What an image file is, beside its bytes.
import type { ImageFormat } from './image-wish.js';

/** An image as it was written. */
export interface CoverFile {
  /** The bytes of the file; they belong to the caller. */
  readonly data: Uint8Array;
  /** What kind of file it is. */
  readonly format: ImageFormat;
  /** Columns of the image, in pixels. */
  readonly width: number;
  /** Rows of the image, in pixels. */
  readonly height: number;
  /** The quality that it was written at, 1 to 100; null for PNG, which loses nothing. */
  readonly quality: number | null;
  /** How like it is to the picture before it was encoded, as SSIM of luma; null where `minSsim` did not ask for it. */
  readonly ssim: number | null;
  /** How often the picture was encoded until it was as wanted. */
  readonly attempts: number;
}
