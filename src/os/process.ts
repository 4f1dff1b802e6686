// What a process asks of the system about itself.
import { constants } from 'node:os';
import { libc } from './libc.js';

/**
 * Has the kernel kill this process when its parent ends, where the kernel can (Linux).
 * @returns whether it will; elsewhere the closed channel is the only sign of a dead parent
 */
export function dieWithParent(parentPid: number): boolean {
  if (process.platform !== 'linux') return false;
  if (libc().setParentDeathSignal(constants.signals.SIGKILL) !== 0) return false;
  // The parent may have died before the call: then this process was already given to another. Threads may be at work.
  if (process.ppid !== parentPid) exitNow(1);
  return true;
}

/** Ends the whole process at once, from any thread and in any state; nothing else runs. */
export function exitNow(code: number): void {
  libc()._exit(code);
}
