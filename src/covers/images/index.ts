// Covers as files: formats and how good they are.
export type { CoverFile } from './cover-file.js';
export { composedFormat, encodeCover } from './encode-cover.js';
export type { CoverImageOptions } from './image-options.js';
export { animateWebp, type Animation } from './sharp-writer.js';
export type { ImageFormat, ImageGoal, ImageWish } from './image-wish.js';
