// The door to the operating system, and the only importer of koffi.
export { dieWithParent, exitNow } from './process.js';
export { processUsage, type ProcessUsage } from './usage.js';
export { attachSharedRegion, createSharedRegion, type SharedRegion, type SharedRegionKind } from './shared-region.js';
