// Writes a composed picture as an image file.
import { encodeImage, imageFormat, type Picture } from '../../av/index.js';
import type { CoverImage } from '../cover.js';
import type { ImageWish } from './image-wish.js';

/** The pixel format that a cover is composed in for a kind of file. */
export function composedFormat({ format, quality }: ImageWish): ReturnType<typeof imageFormat> {
  return imageFormat({ type: format, quality });
}

/** Encodes a picture, which stays the caller's. */
export function encodeCover(picture: Picture, { format, quality }: ImageWish): CoverImage {
  const { width, height } = picture;
  return { data: encodeImage(picture, { type: format, quality }), format, width, height };
}
