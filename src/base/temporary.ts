// Names under which outputs grow, and what is left there when this process ends before they are whole.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const unfinished = new Set<string>();

/** A temporary name beside `path`, so that the rename stays within one file system; short, as names have limits. */
export function temporaryName(path: string): string {
  const unique = [process.pid, Date.now(), Math.floor(Math.random() * 2 ** 40)].map((part) => part.toString(36));
  return join(dirname(path), `.framerail-${unique.join('-')}.part`);
}

/**
 * Has a file or a folder removed when this process ends meanwhile, by `process.exit()` or by an error that nobody caught.
 * @returns what to call when it was published or removed
 */
export function removeAtExit(path: string): () => void {
  // One listener for all of them, and none when there are none.
  if (unfinished.size === 0) process.on('exit', removeUnfinished);
  unfinished.add(path);
  return () => {
    if (unfinished.delete(path) && unfinished.size === 0) process.off('exit', removeUnfinished);
  };
}

function removeUnfinished(): void {
  for (const path of unfinished)
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // The others may still go.
    }
}
