// Cover images of videos.
export type {
  BatchHandlers,
  BatchProgress,
  BatchSummary,
  CoverBatchEnd,
  CoverBatchFailed,
  CoverBatchItem,
  CoverBatchMade,
  CoverBatchOptions,
  CoverBatchResult,
  CoverFileRecord,
  CoverOrigin,
  FailedCover,
  FolderBatch,
  FolderBatchOptions,
  KeptCover,
  MadeCover,
} from './batch/index.js';

export type {
  Cover,
  CoverCacheReport,
  CoverDecoding,
  CoverImage,
  CoverMaking,
  CoverSet,
  CoverShot,
  CoverWork,
  SetImage,
} from './cover.js';
export { createCovers, Covers, type CoversOptions } from './covers.js';
export type { CoverCacheOptions, PreheatOptions } from './cached/cache-options.js';
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
export type {
  CoverFormOptions,
  CoverLimitOptions,
  CoverOptions,
  CoverSetOptions,
  CoverTime,
  CoverUse,
} from './cover-options.js';
export { parseColor, parseCoverSize, parsePlace, parseSafeZone } from './cover-text.js';
export type { CoverPrecision } from './cover-params.js';
export type { CoverFile, CoverImageOptions, ImageFormat } from './images/index.js';
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

export { loadFolderBatch } from './load-folder-batch.js';
export type { CoverTimings } from './stage-clock.js';
