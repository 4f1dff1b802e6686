// framerail: a media engine for Node.js on FFmpeg.
export { ERRORS, FramerailError, isFramerailError } from './base/index.js';
export type { CallOptions, ErrorCode, ErrorDetails, ErrorMeaning } from './base/index.js';
export { createCovers, Covers } from './covers/index.js';
export type { Cover, CoverFit, CoverOptions, CoverTimings } from './covers/index.js';
export { Engine, FrameBatch, FrameStream, FrameTensor, open, probe, Video, VideoFrame } from './frames/index.js';
export type {
  FrameFormat,
  FramePlane,
  FramesAtOptions,
  FramesOptions,
  FramesResult,
  MediaInfo,
  OpenVideoOptions,
  PacketScan,
  PictureOptions,
  Precision,
  ProbeOptions,
  TensorFrame,
} from './frames/index.js';
export type { OtherStreamInfo, StreamInfo, VideoStreamInfo } from './av/index.js';
export type { Orientation, Rect, Size } from './pixels/index.js';
export type { BlockSource, MediaInput, SourceOptions } from './sources/index.js';
export type { Backend, PoolOptions, Transport } from './workers/index.js';
