// Videos both ways: out of a file, through JavaScript, into a file.
export type { MediaDestination } from './destination.js';
export { ProcessFrame } from './process-frame.js';
export { checkProcess, type EncodeOptions, type ProcessOptions, type Transform } from './process-options.js';
export type { BesidePolicy, StreamReport } from './process-params.js';
export {
  PROCESS_JOB,
  ProcessSession,
  type ProcessProgress,
  type ProcessResult,
  type ProcessUpdate,
} from './session.js';
