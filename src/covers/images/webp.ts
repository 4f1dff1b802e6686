// Writes WebP files, still and animated, from packed rgb24 pixels.
import { FramerailError } from '../../base/index.js';
import { loadSharp } from './sharp.js';

/** Pictures of one size, one below the other. */
export interface PixelStack {
  /** Red, green and blue of each pixel, rows without padding. */
  readonly data: Uint8Array;
  readonly width: number;
  /** Rows of one picture. */
  readonly height: number;
}

/** What is wanted of a WebP file. */
export interface WebpWish {
  /** 1 to 100, libwebp's own scale. */
  readonly quality: number;
  /** Milliseconds that each picture is shown; the animation loops for ever. Undefined for a single picture. */
  readonly delays?: readonly number[];
}

/** Of libwebp's seven efforts: on previews of 320 columns the files are 6 % larger than with 4, in half of its time. */
const EFFORT = 2;

/** Writes the file; its bytes belong to the caller. */
export async function encodeWebp(
  { data, width, height }: PixelStack,
  { quality, delays }: WebpWish,
): Promise<Uint8Array> {
  const sharp = await loadSharp();
  const pages = delays?.length ?? 1;
  const raw = { width, height: height * pages, channels: 3 as const, ...(pages > 1 ? { pageHeight: height } : {}) };
  const animation = pages > 1 ? { loop: 0, delay: [...(delays ?? [])] } : {};
  try {
    return await sharp(data, { raw, limitInputPixels: false })
      .webp({ quality, effort: EFFORT, ...animation })
      .toBuffer();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FramerailError('FR_ENCODE_FAILED', `A WebP file could not be written: ${reason}`, { cause });
  }
}
