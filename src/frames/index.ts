// Frames out of videos.
export { Engine, open, probe, type OpenVideoOptions, type ProbeOptions } from './engine.js';
export { FrameStream } from './frame-stream.js';
export type { MediaInfo } from './media-info.js';
export type { FrameFormat, FramesAtOptions, FramesOptions, PictureOptions, Precision } from './options.js';
export type { PacketScan } from './probe-job.js';
export type { FramesResult } from './selection.js';
export { Video } from './video.js';
export { FrameBatch, FrameTensor, VideoFrame, type FramePlane, type TensorFrame } from './video-frame.js';
