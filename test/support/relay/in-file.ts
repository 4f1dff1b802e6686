// Bytes as a file that ffmpeg reads.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../temporary-folder.js';

/** Writes bytes to a file that goes away with the running test; gives its path. */
export function inFile(bytes: Buffer): string {
  const path = join(temporaryFolder(), 'bytes');
  writeFileSync(path, bytes);
  return path;
}
