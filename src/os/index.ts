// The door to the operating system, and the only importer of koffi.
export { openCudaMemory, type CudaMemory } from './cuda.js';
export { dieWithParent, exitNow } from './process.js';
export { processUsage, type ProcessUsage } from './usage.js';
export { attachSharedRegion, createSharedRegion, type SharedRegion, type SharedRegionKind } from './shared-region.js';
export { lockDown, tooLittle, type SandboxLevel, type SandboxReport, type SandboxSetup } from './lock-down.js';
export type { SandboxRefusals } from './sandbox-probes.js';
export { makeWorkerRules, type WorkerNeeds, type WorkerRules } from './worker-rules.js';
