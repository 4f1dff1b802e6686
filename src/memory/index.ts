// Shared memory by slots: regions, the ranges taken from them, and the leases that say who may read.
export { Arena } from './arena.js';
export { Lease, POISON } from './lease.js';
export { PAGE, RangeAllocator, type Range } from './ranges.js';
export {
  attachRegion,
  CANCEL_WORD,
  CONTROL_BYTES,
  controlWords,
  createRegion,
  threadRegion,
  type Region,
  type RegionKind,
} from './region.js';
