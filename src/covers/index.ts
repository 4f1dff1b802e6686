// Cover images of videos.
export type { Cover, CoverImage, CoverSet, CoverShot, CoverTimings, CoverWork, SetImage } from './cover.js';
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
export { createCovers, Covers } from './covers.js';
export type { CoverFormOptions, CoverOptions, CoverSetOptions, CoverSize, CoverTime } from './cover-options.js';
export type { CoverFit } from './cover-params.js';
export type { ImageFormat } from './images/index.js';
