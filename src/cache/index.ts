// What was made once is kept: in memory, on a device, on a disk; by keys that are content, and brought up before it is asked for.
export { Cache, type CacheSizes, type Found, type TierState } from './cache.js';
export { CudaStore } from './device/cuda-store.js';
export { Flights, type Shared } from './flights.js';
export { isKey, keyOf } from './keys.js';
export {
  preheat,
  type PreheatBudget,
  type PreheatedItem,
  type PreheatOutcome,
  type PreheatReport,
} from './recall/preheat.js';
export { RecallKeeper } from './recall/recall-keeper.js';
export { Recall } from './recall/recall.js';
export type { UseContext } from './recall/use-counts.js';
export type { CacheEntry, TierName } from './tier.js';
