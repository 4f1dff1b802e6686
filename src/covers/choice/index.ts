// Which pictures of a video covers are made of.
export { BestFrames } from './best/index.js';
export { KeyframeFinder } from './keyframe-finder.js';
export type {
  Bars,
  CoverChoice,
  CoverFeatures,
  PictureFeatures,
  RejectedCandidate,
  RejectReason,
  RunnerUp,
  ScoreTerm,
} from './best/index.js';
export { takeShots, type OpenedVideo, type Shot, type ShotOptions } from './shots.js';
