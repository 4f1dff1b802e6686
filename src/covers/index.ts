// Cover images of videos.
export type { Cover, CoverFile, CoverImage, CoverSet, CoverShot, CoverTimings, CoverWork, SetImage } from './cover.js';
export { createCovers, Covers, type CoversOptions } from './covers.js';
export type {
  Bars,
  CoverChoice,
  CoverFeatures,
  PictureFeatures,
  RejectedCandidate,
  RejectReason,
  RunnerUp,
  ScoreTerm,
} from './choice/index.js';
export type { CoverFormOptions, CoverLimitOptions, CoverOptions, CoverSetOptions, CoverTime } from './cover-options.js';
export type { CoverPrecision } from './cover-params.js';
export type { CoverImageOptions, ImageFormat } from './images/index.js';
export type {
  CoverBorder,
  CoverFit,
  CoverShapeOptions,
  CoverSize,
  CropScore,
  SafeZoneMargins,
  SafeZoneName,
  ShapedSize,
} from './shape/index.js';
export type { Preview, PreviewFormat, PreviewMoment, PreviewOptions, PreviewSegment } from './preview/index.js';
export type {
  SheetFormat,
  Storyboard,
  StoryboardOptions,
  StoryboardSheet,
  StoryboardTile,
} from './storyboard/index.js';
