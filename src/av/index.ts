// The door to FFmpeg, and the only importer of node-av. Loading it loads the native library: workers do, parents do not.
export { AVCODEC_FLOOR, checkBuild, compareVersions, ffmpegBuild, type FfmpegBuild } from './build.js';
export type { ReadBlock } from './block-io.js';
export type { ByteTarget } from './byte-output.js';
export { colorOf, DRAWN, setColor, type ColorTags } from './color.js';
export { VideoDecoder, type DecoderOptions } from './decoder.js';
export { EncodeLane, type LaneInput } from './encode-lane.js';
export { FilterChain, type ChainInput } from './filter-chain.js';
export { checkFilterNames } from './filter-names.js';
export { encodeImage, imageFormat, type ImageKind } from './image-encoder.js';
export { MediaInputHandle, type BesideListener, type PacketFacts, type VideoTiming } from './input.js';
export type { OpenOptions } from './open-input.js';
export { lastKeyframe, seekKeyframe, type Breathe } from './keyframes.js';
export { takeLog, withLog, type LogLine } from './log.js';
export { MediaOutput, type OutputOptions, type VideoFacts } from './media-output.js';
export { blankPicture, copyPicture, Picture, pictureOver } from './picture.js';
export { Scaler, type ScaleFilter, type TargetColor } from './scaler.js';
export { orientationOf, type OtherStreamInfo, type StreamInfo, type VideoStreamInfo } from './stream-info.js';
export { Turner } from './upright.js';
export { VideoWriter, type VideoWriterOptions } from './video-writer.js';
export {
  filtersOf,
  jpegQuantiser,
  rescale,
  toTicks,
  type EncoderChange,
  type EncoderControls,
  type EncoderReport,
  type EncoderWish,
  type FilterTrust,
} from '../spelling/index.js';
