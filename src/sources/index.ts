// What a job may read, checked before anything native sees it.
export { blockReader, type ReadBlock } from './block-cache.js';
export { identify, type SourceIdentity } from './identity.js';
export { freeKept, freeWhenClosed } from './kept-inputs.js';
export {
  DECODERS,
  DEFAULT_LIMITS,
  DEMUXERS,
  LIVE_ANALYSIS,
  LIVE_DEMUXERS,
  liveProtocols,
  MUXERS,
  SOUND_DECODERS,
  type InputLimits,
} from './limits.js';
export {
  BoxReader,
  boxesIn,
  boxHead,
  findBox,
  MalformedBoxes,
  shownType,
  boxWithin,
  type Box,
  type BoxHead,
} from './mp4/boxes.js';
export { FragmentReader, readDefaults, type FragmentTrack, type Sample, type SampleDefaults } from './mp4/fragment.js';
export { checkFrameSize, pickVideo } from './pick-video.js';
export {
  closeBlocks,
  isHttpAddress,
  isLive,
  readBlocks,
  resolveSource,
  type BlockSource,
  type LiveInput,
  type MediaInput,
  type ResolvedSource,
  type SourceOptions,
  type SourceSpec,
  type StreamInput,
} from './source.js';
export { nameOf, resolveAny, withoutSecrets, type AnyInput, type StreamOptions } from './stream-source.js';
