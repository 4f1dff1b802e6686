// The door to FFmpeg, and the only importer of node-av. Loading it loads the native library: workers do, parents do not.
export { AVCODEC_FLOOR, checkBuild, compareVersions, ffmpegBuild, type FfmpegBuild } from './build.js';
export type { ByteTarget } from './byte-output.js';
export { colorAfter, colorOf, DRAWN, drawnColor, JFIF, PLAIN_RGB, setColor, type ColorTags } from './color.js';
export { hasCombs } from './combs.js';
export { VideoDecoder, type DecoderOptions, type PictureDecoder } from './decoder.js';
export { HardwareDecoder, type DecoderReport, type DecoderWish } from './hardware-decoder.js';
export { openDeviceFor } from './hardware-device.js';
export { testDecode } from './test-decode.js';
export { EncodeLane, testEncode, type LaneInput, type LaneSetup } from './encoders/index.js';
export { FilterChain, type ChainInput } from './filter-chain.js';
export { checkFilterNames } from './filter-names.js';
export { decodeJpeg } from './image-decoder.js';
export { filterPicture } from './filter-picture.js';
export { encodeImage, imageFormat, type ImageKind } from './image-encoder.js';
export { MediaInputHandle, type BesideListener, type VideoTiming } from './input.js';
export type { ContextCounts, ContextLease } from './context-pool.js';
export { clearContexts, contextCounts } from './contexts.js';
export { NetworkInput, NetworkOutput, type NetworkPlace } from './network-bytes.js';
export type { OpenOptions } from './open-input.js';
export type { KeptPacket, PacketFacts } from './kept-packet.js';
export { lastKeyframe, seekKeyframe, type Breathe } from './keyframes.js';
export { lightOf, type Light } from './light.js';
export { takeLog, withLog, withoutLog, type LogLine } from './log.js';
export { MediaOutput, type OutputOptions, type VideoFacts } from './media-output.js';
export { blankPicture, copyPicture, Picture, pictureOver } from './picture.js';
export { Remux, type RemuxOptions } from './remux.js';
export { borrowScaler, Scaler, type ScaleFilter, type ScalerWish, type TargetColor } from './scaler.js';
export { scalable, settleColor } from './settle-color.js';
export {
  orientationOf,
  pixelAspectOf,
  visiblePart,
  type OtherStreamInfo,
  type StreamInfo,
  type VideoStreamInfo,
} from './stream-info.js';
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
