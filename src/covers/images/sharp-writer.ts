// WebP and AVIF, by the package sharp; the only file that loads it, and only when such an image is wanted.
import type sharpModule from 'sharp';
import { firstLine, FramerailError, messageOf } from '../../base/index.js';
import type { ImageWriter } from './reach-goal.js';
import { ssim, type Plane } from './ssim.js';

/** Tightly packed 8-bit red, green and blue. */
export interface RgbPixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** What sharp writes. */
export type SharpFormat = 'webp' | 'avif';

type Sharp = typeof sharpModule;

const QUALITIES = Array.from({ length: 100 }, (_, i) => i + 1);
/**
 * How long is searched for small files. An AVIF of effort 2 takes an eighth of the time of effort 4 (40 against 350 ms
 * for 320x180) and a twentieth more bytes. Its chroma is halved, so that decoders in hardware take it.
 */
const WEBP = { effort: 4 } as const;
const AVIF = { effort: 2, chromaSubsampling: '4:2:0' } as const;

let loading: Promise<Sharp> | undefined;

/** Writes RGB pixels in one of sharp's formats. Throws FR_ENCODE_FAILED where sharp cannot be loaded. */
export async function sharpWriter(pixels: RgbPixels, format: SharpFormat): Promise<ImageWriter> {
  const sharp = await (loading ??= loadSharp(format));
  const { width, height } = pixels;
  let original: Plane | undefined;
  return {
    qualities: QUALITIES,
    encode: (quality) =>
      naming(async () => {
        const image = sharp(pixels.data, { raw: { width, height, channels: 3 } });
        const written = format === 'webp' ? image.webp({ quality, ...WEBP }) : image.avif({ quality, ...AVIF });
        return Uint8Array.from(await written.toBuffer());
      }, `A cover could not be written as ${format}`),
    likeness: (file) =>
      naming(async () => {
        const { data } = await sharp(file).removeAlpha().raw().toBuffer({ resolveWithObject: true });
        return ssim((original ??= lumaOf(pixels)), lumaOf({ data, width, height }));
      }, `A written ${format} could not be read back`),
  };
}

/** Pictures of one size that follow each other. */
export interface Animation extends RgbPixels {
  /** Milliseconds that each is shown; they lie below each other, and `height` is that of one. */
  readonly delays: readonly number[];
}

/** An animated WebP is many pictures: 5 to 6 % more bytes than with effort 4 take half of the time. */
const ANIMATED = { effort: 2, loop: 0 } as const;

/** Writes an animated WebP that loops for ever. Throws FR_ENCODE_FAILED where sharp cannot be loaded. */
export async function animateWebp({ data, width, height, delays }: Animation, quality: number): Promise<Uint8Array> {
  const sharp = await (loading ??= loadSharp('webp'));
  const pages = delays.length;
  // What is known to be one picture below the other has a budget of its own.
  const raw = { width, height: height * pages, channels: 3 as const, ...(pages > 1 ? { pageHeight: height } : {}) };
  const image = sharp(data, { raw, limitInputPixels: false });
  const written = image.webp({ quality, ...ANIMATED, delay: [...delays] });
  return naming(async () => Uint8Array.from(await written.toBuffer()), 'A preview could not be written as webp');
}

async function loadSharp(format: SharpFormat): Promise<Sharp> {
  try {
    const { default: sharp } = await import('sharp');
    // Nothing comes twice, and workers are as many as may work at once.
    sharp.cache(false);
    sharp.concurrency(1);
    return sharp;
  } catch (cause) {
    loading = undefined;
    throw failed(`The package sharp, which writes ${format}, could not be loaded`, cause);
  }
}

async function naming<Result>(work: () => Promise<Result>, what: string): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw failed(what, cause);
  }
}

function failed(what: string, cause: unknown): FramerailError {
  const reason = firstLine(messageOf(cause));
  return new FramerailError('FR_ENCODE_FAILED', `${what}: ${reason}`, { cause });
}

/** Luma as JPEG has it (ITU-T T.871). */
function lumaOf({ data, width, height }: RgbPixels): Plane {
  const luma = new Uint8Array(width * height);
  for (let at = 0; at < luma.length; at++)
    luma[at] = Math.round(
      0.299 * (data[3 * at] ?? 0) + 0.587 * (data[3 * at + 1] ?? 0) + 0.114 * (data[3 * at + 2] ?? 0),
    );
  return { data: luma, stride: width, width, height };
}
