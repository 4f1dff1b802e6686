// The door to FFmpeg, and the only importer of node-av. Loading it loads the native library: workers do, parents do not.
export { AVCODEC_FLOOR, checkBuild, compareVersions, ffmpegBuild, type FfmpegBuild } from './build.js';
export type { ReadBlock } from './block-io.js';
export type { ByteTarget } from './byte-output.js';
export { colorOf, DRAWN, setColor, type ColorTags } from './color.js';
export { VideoDecoder, type DecoderOptions } from './decoder.js';
export { EncodeLane, type LaneInput } from './encode-lane.js';
export type { EncoderReport, EncoderWish } from './encoder-choice.js';
export type { EncoderChange, EncoderControls } from './encoder.js';
export { FilterChain, type ChainInput } from './filter-chain.js';
export { encodeImage, imageFormat, jpegQuantiser, type ImageKind } from './image-encoder.js';
export {
  MediaInputHandle,
  type BesideListener,
  type OpenOptions,
  type PacketFacts,
  type VideoTiming,
} from './input.js';
export { rescale } from './libav-encoder.js';
export { lastKeyframe, seekKeyframe, type Breathe } from './keyframes.js';
export { DECODERS, DEFAULT_LIMITS, DEMUXERS, MUXERS, type InputLimits } from './limits.js';
export { takeLog, withLog, type LogLine } from './log.js';
export { MediaOutput, toTicks, type OutputOptions, type VideoFacts } from './media-output.js';
export { blankPicture, copyPicture, Picture, pictureOver } from './picture.js';
export { Scaler, type ScaleFilter, type TargetColor } from './scaler.js';
export { orientationOf, type OtherStreamInfo, type StreamInfo, type VideoStreamInfo } from './stream-info.js';
export { needsTurn, Turner, turnFilters, type Turn } from './upright.js';
export { VideoWriter, type VideoWriterOptions } from './video-writer.js';
