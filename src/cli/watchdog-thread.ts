// The watchdog's own thread: it waits, and ends the process when its time comes.
import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { exitNow } from '../os/index.js';
import type { WatchdogSetup } from './watchdog.js';

const { milliseconds, message, done } = workerData as WatchdogSetup;
if (Atomics.wait(done, 0, 0, milliseconds) === 'timed-out') {
  writeSync(2, `framerail: ${message}\n`);
  exitNow(1);
}
