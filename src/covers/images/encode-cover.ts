// Writes composed pictures as image files.
import {
  blankPicture,
  borrowScaler,
  copyPicture,
  decodeJpeg,
  encodeImage,
  PLAIN_RGB,
  pictureOver,
  setColor,
  type Picture,
} from '../../av/index.js';
import { planLayout } from '../../pixels/index.js';
import type { CoverFile } from './cover-file.js';
import { JPEG_QUALITIES } from './jpeg-qualities.js';
import type { ImageFormat, ImageWish } from './image-wish.js';
import { reachGoal, type ImageWriter } from './reach-goal.js';
import { sharpWriter, type RgbPixels } from './sharp-writer.js';
import { ssim, type Plane } from './ssim.js';

/** The pixel format that a cover is composed in for a kind of file: chroma is halved where the file halves it. */
export function composedFormat(format: ImageFormat): 'yuv420p' | 'yuv444p' {
  return format === 'jpeg' ? 'yuv420p' : 'yuv444p';
}

/** Encodes a picture in the format that was composed for it; it stays the caller's. */
export async function encodeCover(
  picture: Picture,
  { format, goal }: ImageWish,
  breathe: () => undefined | Promise<void>,
): Promise<CoverFile> {
  const { width, height } = picture;
  if (format === 'png') return { data: pngOf(picture), format, width, height, quality: null, ssim: null, attempts: 1 };
  const writer = format === 'jpeg' ? jpegWriter(picture) : await sharpWriter(pixelsOf(picture), format);
  return { ...(await reachGoal(writer, goal, breathe)), format, width, height };
}

function pngOf(picture: Picture): Uint8Array {
  const rgb = blankPicture('rgb24', picture);
  try {
    toRgb(picture, rgb);
    return encodeImage(rgb, { type: 'png' });
  } finally {
    rgb.close();
  }
}

function pixelsOf(picture: Picture): RgbPixels {
  const { width, height } = picture;
  const layout = planLayout('rgb24', width, height, true);
  const data = Buffer.alloc(layout.byteLength);
  const rgb = pictureOver(data, layout);
  try {
    toRgb(picture, rgb);
    return { data, width, height };
  } finally {
    rgb.close();
  }
}

/** The one conversion out of YUV. */
function toRgb(picture: Picture, rgb: Picture): void {
  const scaler = borrowScaler({ filter: 'bicubic+accurate_rnd' }, picture, rgb);
  try {
    scaler.value.convert(picture, rgb);
  } finally {
    scaler.release();
  }
  setColor(rgb, PLAIN_RGB);
}

function jpegWriter(picture: Picture): ImageWriter {
  let original: Plane | undefined;
  return {
    qualities: JPEG_QUALITIES,
    encode: (quality) => Promise.resolve(encodeImage(picture, { type: 'jpeg', quality })),
    likeness: (file) => {
      const decoded = decodeJpeg(file);
      try {
        return Promise.resolve(ssim((original ??= lumaOf(picture)), lumaOf(decoded)));
      } finally {
        decoded.close();
      }
    },
  };
}

/** The luma of a planar picture, copied out of libav's memory. */
function lumaOf(picture: Picture): Plane {
  const { width, height } = picture;
  const layout = planLayout(picture.format, width, height, false);
  const data = Buffer.alloc(layout.byteLength);
  const copy = pictureOver(data, layout);
  try {
    copyPicture(picture, copy);
    return { data, stride: layout.planes[0]?.stride ?? width, width, height };
  } finally {
    copy.close();
  }
}
