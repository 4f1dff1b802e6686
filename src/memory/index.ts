// Shared memory by slots: regions, the ranges taken from them, and the leases that say who may read.
export { Arena, type ArenaOptions } from './arena.js';
export { MemoryBudget, type IdleMemory, type WaitOptions } from './budget.js';
export { BufferPool, type BufferPoolOptions } from './buffer-pool.js';
export { EngineMemory, type EngineMemoryOptions, type MemoryStats, type TunedPool } from './engine-memory.js';
export { Lease, POISON } from './lease.js';
export { PAGE, RangeAllocator, wholePages, type Range, type TakenRange } from './ranges.js';
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
export { regionBytesFor, tierOf, TIERS, type Tier } from './tiers.js';
export { fragmentation, hitRate, planTuning, type PoolMinute, type TuningPlan } from './tuning.js';
