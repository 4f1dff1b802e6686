// The best frame of a video: candidates, features, rules and scores.
export type { Bars } from './features/index.js';
export type {
  CoverChoice,
  CoverFeatures,
  RejectedCandidate,
  RejectReason,
  RunnerUp,
  ScoreTerm,
} from './best-choice.js';
export { BestFrames, type BestFrame } from './best-frames.js';
export type { PictureFeatures } from './features/index.js';
