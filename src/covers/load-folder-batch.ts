// Batches of folders and manifests come with the first one: they know many kinds of files, and few programs need them.
import type * as Batches from './batch/index.js';

/** Loads what makes covers of folders, patterns and manifests. */
export function loadFolderBatch(): Promise<typeof Batches> {
  return import('./batch/index.js');
}
