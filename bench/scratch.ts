// A folder for what a suite writes; it is gone when the process ends, also after Ctrl-C.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes the folder. @param within - where; in the folder for temporary files when left out */
export function scratchFolder(within = tmpdir()): string {
  const folder = mkdtempSync(join(within, 'framerail-bench-'));
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/** Has Ctrl-C and SIGTERM end the process through its exit handlers, which clean up. */
export function exitOnSignals(): void {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
}
