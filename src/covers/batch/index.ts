// Many covers: of a sequence that a program gives, or of folders and manifests that an operator names.
export {
  makeBatch,
  type CoverBatchEnd,
  type CoverBatchFailed,
  type CoverBatchItem,
  type CoverBatchMade,
  type CoverBatchOptions,
  type CoverBatchResult,
} from './batch.js';
export { checkNameTemplate } from './names/cover-names.js';
export { batchRoots } from './rows/sources.js';
export type {
  BatchHandlers,
  BatchProgress,
  BatchSummary,
  CoverOrigin,
  FailedCover,
  KeptCover,
  MadeCover,
} from './run/events.js';
export { FolderBatch, type BatchMaker, type FolderBatchOptions } from './run/folder-batch.js';
export type {
  BatchState,
  Claimed,
  CoverClaim,
  CoverFileRecord,
  CoverRecord,
  SourceVersion,
} from './state/batch-state.js';
export { WORK_FOLDER } from './state/work-folder.js';
