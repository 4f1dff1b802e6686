// Which pictures of a video covers are made of.
export {
  BestFrames,
  type Bars,
  type CoverChoice,
  type CoverFeatures,
  type PictureFeatures,
  type RejectedCandidate,
  type RejectReason,
  type RunnerUp,
  type ScoreTerm,
} from './best/index.js';
export { KeyframeFinder, type FoundPicture } from './keyframe-finder.js';
export { targetTime } from './target-time.js';
