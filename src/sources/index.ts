// What a job may read, checked before anything native sees it.
export { DECODERS, DEFAULT_LIMITS, DEMUXERS, type InputLimits } from './limits.js';
export { pickVideo } from './pick-video.js';
export {
  readBlocks,
  resolveSource,
  type BlockSource,
  type MediaInput,
  type ResolvedSource,
  type SourceOptions,
  type SourceSpec,
} from './source.js';
