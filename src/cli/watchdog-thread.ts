// The watchdog's own thread: it waits, and ends the process when its time comes.
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import type { WatchdogSetup } from './watchdog.js';

const { milliseconds, message, done } = workerData as WatchdogSetup;
if (Atomics.wait(done, 0, 0, milliseconds) === 'timed-out') {
  writeSync(2, `framerail: ${message}\n`);
  // Loaded only now: the thread starts beside the command and must not slow it down.
  const { exitNow } = await import('../os/index.js');
  exitNow(1);
}
