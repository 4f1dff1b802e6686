// The door to FFmpeg, and the only importer of node-av. Loading it loads the native library: workers do, parents do not.
export { AVCODEC_FLOOR, checkBuild, compareVersions, ffmpegBuild, type FfmpegBuild } from './build.js';
export type { ReadBlock } from './block-io.js';
export { VideoDecoder, type DecoderOptions } from './decoder.js';
export { encodeImage, imageFormat, jpegQuantiser, type ImageKind } from './image-encoder.js';
export { MediaInputHandle, type OpenOptions, type PacketFacts } from './input.js';
export type { KeptPacket } from './kept-packet.js';
export { lastKeyframe, seekKeyframe, type Breathe } from './keyframes.js';
export { DECODERS, DEFAULT_LIMITS, DEMUXERS, type InputLimits } from './limits.js';
export { takeLog, withLog, type LogLine } from './log.js';
export { blankPicture, copyPicture, Picture, pictureOver } from './picture.js';
export { Scaler, type ScaleFilter, type TargetColor } from './scaler.js';
export { orientationOf, type OtherStreamInfo, type StreamInfo, type VideoStreamInfo } from './stream-info.js';
export { needsTurn, Turner, turnFilters, type Turn } from './upright.js';
export { VideoWriter, type VideoWriterOptions } from './video-writer.js';
