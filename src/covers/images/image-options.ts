// What callers say about the files of covers, checked and brought into the form that jobs take.
import { argumentError, checkInteger, checkOneOf } from '../../base/index.js';
import type { ImageFormat, ImageGoal, ImageWish } from './image-wish.js';

/** Kind of file and how good it is; of `quality`, `maxBytes` and `minSsim` one at most. */
export interface CoverImageOptions {
  /** Kind of file; WebP and AVIF are written by the package sharp. @defaultValue 'jpeg' */
  readonly format?: ImageFormat | undefined;
  /**
   * Quality, 1 to 100: of JPEG on libjpeg's scale in 27 steps, of WebP and AVIF on their own. A PNG has none.
   * @defaultValue 75, for AVIF 55, which look alike
   */
  readonly quality?: number | undefined;
  /** Largest file in bytes: it gets the best quality that fits. Rejects with FR_IMAGE_GOAL where none does. @defaultValue no limit */
  readonly maxBytes?: number | undefined;
  /**
   * Least likeness to the picture before it is encoded, as SSIM of luma, 0 to 1: the smallest file that reaches it.
   * Rejects with FR_IMAGE_GOAL where none does. @defaultValue not measured
   */
  readonly minSsim?: number | undefined;
}

/** The names of these options. */
export const IMAGE_NAMES = {
  format: true,
  quality: true,
  maxBytes: true,
  minSsim: true,
} as const satisfies Record<keyof CoverImageOptions, true>;

/**
 * Qualities that look alike. At 75 a JPEG takes the quantiser scale 4: on 1080p clips scaled to 320x180 its SSIM
 * against the exact lanczos of `ffmpeg` was 0.983 to 0.998, in 0.86 to 0.90 of the bytes of `ffmpeg -q:v 3`; a WebP of
 * 75 had the same SSIM within 0.004 in 0.35 to 0.68 of the bytes of that JPEG, and an AVIF of 55 in 0.38 to 0.53.
 */
const USUAL_QUALITY = { jpeg: 75, webp: 75, avif: 55, png: 100 } as const satisfies Record<ImageFormat, number>;

/** The params of image options. */
export function imageParams(options: CoverImageOptions): ImageWish {
  const format = checkOneOf('format', options.format ?? 'jpeg', ['jpeg', 'webp', 'avif', 'png'] as const);
  const { quality, maxBytes, minSsim } = options;
  const [first, second] = Object.entries({ quality, maxBytes, minSsim }).filter(([, value]) => value !== undefined);
  if (first !== undefined && format === 'png')
    throw argumentError(first[0], 'no value, as a PNG loses nothing,', first[1]);
  if (first !== undefined && second !== undefined)
    throw argumentError(second[0], `no value beside \`${first[0]}\``, second[1]);
  return { format, goal: goalOf(options, format) };
}

function goalOf({ quality, maxBytes, minSsim }: CoverImageOptions, format: ImageFormat): ImageGoal {
  if (maxBytes !== undefined)
    return { kind: 'maxBytes', bytes: checkInteger('maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER) };
  if (minSsim === undefined)
    return { kind: 'quality', quality: checkInteger('quality', quality ?? USUAL_QUALITY[format], 1, 100) };
  if (typeof minSsim !== 'number' || !(minSsim > 0 && minSsim <= 1))
    throw argumentError('minSsim', 'a number above 0, 1 at most', minSsim);
  return { kind: 'minSsim', ssim: minSsim };
}
