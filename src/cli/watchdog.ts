// A watchdog for commands that decode in their own thread: native code that hangs cannot be stopped from there.
import { Worker } from 'node:worker_threads';
import { packedModule } from '../base/index.js';

/** What the watchdog does when nobody calls it off. */
export interface WatchdogSetup {
  readonly milliseconds: number;
  /** Printed before the process ends with exit code 1. */
  readonly message: string;
  /** Changes from 0 to 1 when the command is done. */
  readonly done: Int32Array;
}

/**
 * Ends the whole process after a deadline unless it is called off.
 * @returns calls it off
 */
export function startWatchdog(milliseconds: number, message: string): () => void {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const setup: WatchdogSetup = { milliseconds, message, done };
  const worker = new Worker(new URL(packedModule(new URL('./watchdog-thread.js', import.meta.url).href)), {
    workerData: setup,
    // Flags of the caller's own start, such as --input-type, are not for this thread.
    execArgv: [],
  });
  worker.unref();
  return () => {
    Atomics.store(done, 0, 1);
    Atomics.notify(done, 0);
  };
}
