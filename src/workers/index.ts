// Media workers: where jobs run, and what happens when a worker dies, hangs or is no longer wanted.
export {
  BatchController,
  type BatchControllerOptions,
  type BatchDecision,
  type BatchObservation,
  type BatchReason,
} from './batch-controller.js';
export { BatchPacer, type BatchPlan } from './batch-pacer.js';
export { BatchMeter, type BatchMeterOptions, type BatchStats, type ObservedBatch } from './batch-stats.js';
export { runDirect } from './direct.js';
export type { JobModule } from './fallback.js';
export type { Backend, ExitFacts, Transport } from './host.js';
export { jobModule, type JobContext, type JobFunction, type Mail, type WritableSlot } from './job.js';
export type { JobRun, LeasedBatch, LeasedItem } from './job-run.js';
export type { JobOptions } from './media-worker.js';
export { exitOf, holdChild, startNode, type NodeChildOptions } from './node-child.js';
export type { UsageLimits } from './usage-watch.js';
export { WorkerPool } from './pool.js';
export { MOST_WORKERS, POOL_NAMES, type LockedPoolOptions, type PoolOptions } from './pool-options.js';
export type { QuarantinedInput } from './quarantine.js';
export type { PoolStats } from './reports.js';
export type { PooledRun } from './ticket.js';
export { runJob, type JobCall } from './run-job.js';
export type { BatchMode } from '../config/index.js';
export type { SandboxLevel, SandboxOptions, SandboxReport } from './sandbox.js';
export { BATCH_TRIGGERS, type BatchRule, type BatchTrigger, type JobRequest } from './protocol.js';
