// Cover images of videos.
export type { Cover, CoverImage, CoverSet, CoverShot, CoverTimings, CoverWork, SetImage } from './cover.js';
export { createCovers, Covers } from './covers.js';
export type { CoverFormOptions, CoverOptions, CoverSetOptions, CoverSize, CoverTime } from './cover-options.js';
export type { CoverFit } from './cover-params.js';
export type { ImageFormat } from './images/index.js';
export type { Preview, PreviewFormat, PreviewOptions, PreviewSegment } from './preview/index.js';
export type {
  SheetFormat,
  Storyboard,
  StoryboardOptions,
  StoryboardSheet,
  StoryboardTile,
} from './storyboard/index.js';
