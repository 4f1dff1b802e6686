// Which hardware there may be for video, and how many of its sessions: no native code, so parents know it too.
export {
  allBackends,
  backendOf,
  FAKE_HARDWARE,
  wishedBackends,
  type Backend,
  type BackendName,
  type DecoderBackend,
} from './backends.js';
export { absence, deviceNodes, type Machine } from './devices.js';
export type { EncoderAttempt, HardwareAnswer, HardwareAsk, HardwareDoor } from './offers.js';
export { SessionBudget, type BudgetState, type Permit } from './session-budget.js';
