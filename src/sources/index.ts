// What a job may read, checked before anything native sees it.
export {
  readBlocks,
  resolveSource,
  type BlockSource,
  type MediaInput,
  type ResolvedSource,
  type SourceOptions,
  type SourceSpec,
} from './source.js';
