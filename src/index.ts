// framerail: a media engine for Node.js on FFmpeg.
export { ERRORS, FramerailError, isFramerailError } from './base/index.js';
export type { CallOptions, ErrorCode, ErrorDetails, ErrorMeaning } from './base/index.js';
export { createCovers, Covers } from './covers/index.js';
export type { Cover, CoverFit, CoverOptions, CoverTimings } from './covers/index.js';
export {
  Engine,
  FrameBatch,
  FrameStream,
  FrameTensor,
  open,
  probe,
  ProcessFrame,
  ProcessSession,
  processVideo,
  startProcess,
  surveyHardware,
  Video,
  VideoFrame,
} from './frames/index.js';
export type {
  BesidePolicy,
  EncodeOptions,
  EncoderFinding,
  FrameFormat,
  FramePlane,
  FramesAtOptions,
  FramesOptions,
  FramesResult,
  MediaDestination,
  MediaInfo,
  OpenVideoOptions,
  PacketScan,
  PictureOptions,
  ProbeOptions,
  ProcessOptions,
  ProcessProgress,
  ProcessResult,
  ProcessUpdate,
  StreamReport,
  TensorFrame,
  Transform,
} from './frames/index.js';
export type {
  ContextCounts,
  DecoderReport,
  DecoderWish,
  EncoderReport,
  OtherStreamInfo,
  StreamInfo,
  VideoStreamInfo,
} from './av/index.js';
export type { BackendName, DecoderBackend, EncoderAttempt } from './hardware/index.js';
export type { Orientation, Rect, Size } from './pixels/index.js';
export type { BlockSource, MediaInput, SourceOptions } from './sources/index.js';
export type { Backend, PoolOptions, Transport } from './workers/index.js';
