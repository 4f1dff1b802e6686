// Frames out of videos.
export {
  createVideo,
  Engine,
  open,
  probe,
  processVideo,
  readFrames,
  startProcess,
  type OpenVideoOptions,
  type ProbeOptions,
  type ReadFramesOptions,
} from './engine.js';
export { FrameStream } from './frame-stream.js';
export type { MediaInfo } from './media-info.js';
export type { FrameFormat, FramesAtOptions, FramesOptions, PictureOptions, Precision } from './options.js';
export type { PacketScan } from './probe-job.js';
export type { FramesResult } from './selection.js';
export { Video } from './video.js';
export { FrameBatch, FrameTensor, VideoFrame, type FramePlane, type TensorFrame } from './video-frame.js';
export {
  DrawnFrame,
  ProcessFrame,
  ProcessSession,
  VideoSink,
  type BesidePolicy,
  type EncodeOptions,
  type FrameTimes,
  type MediaDestination,
  type ProcessOptions,
  type ProcessProgress,
  type ProcessResult,
  type ProcessUpdate,
  type RunningProcess,
  type SoundForm,
  type StreamReport,
  type Transform,
  type VideoSinkOptions,
  type VideoSinkResult,
} from './process/index.js';
export { checkEncode, hardwareDoor, type ProcessCommand, type ProcessEvent } from './process/index.js';
export { hardwareDesk, surveyHardware, testSoftware, type EncoderFinding } from './hardware/index.js';
export { decoderOf, readHeaders, type Headers, type StreamSamples } from './spawned/headers.js';
export { PictureNotes, SHOW_PICTURES, type PictureNote } from './spawned/picture-notes.js';
export type { OpenedVideo } from './input-ways.js';
export { loadExactPictures } from './load-exact-pictures.js';
export { loadSteppedPictures, type SteppedPictures } from './load-stepped-pictures.js';
