// Frames out of videos.
export { Engine, open, probe, processVideo, startProcess, type OpenVideoOptions, type ProbeOptions } from './engine.js';
export { FrameStream } from './frame-stream.js';
export type { MediaInfo } from './media-info.js';
export type { FrameFormat, FramesAtOptions, FramesOptions, PictureOptions } from './options.js';
export type { PacketScan } from './probe-job.js';
export type { FramesResult } from './selection.js';
export { Video } from './video.js';
export { FrameBatch, FrameTensor, VideoFrame, type FramePlane, type TensorFrame } from './video-frame.js';
export {
  ProcessFrame,
  ProcessSession,
  type BesidePolicy,
  type EncodeOptions,
  type MediaDestination,
  type ProcessOptions,
  type ProcessProgress,
  type ProcessResult,
  type ProcessUpdate,
  type StreamReport,
  type Transform,
} from './process/index.js';
export { hardwareDesk, surveyHardware, testSoftware, type EncoderFinding } from './hardware/index.js';
