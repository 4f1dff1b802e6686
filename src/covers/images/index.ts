// Covers as files: formats and how good they are.
export { composedFormat, encodeCover } from './encode-cover.js';
export type { ImageFormat, ImageWish } from './image-wish.js';
export { encodeWebp, type PixelStack, type WebpWish } from './webp.js';
