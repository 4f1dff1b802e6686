// The folder `.framerail` within a folder of covers: what is remembered, what failed, and files on their way.
import { access, readdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, makeFolders, outputError } from '../../../base/index.js';
import { FolderState } from './folder-state.js';

/** What it is called. */
export const WORK_FOLDER = '.framerail';

const STATE = 'state.db';

/** A folder of covers that one process works on. */
export class WorkFolder {
  /** Where covers appear: a real path. */
  readonly out: string;
  /** Where files are written until they are whole. */
  readonly temporary: string;
  /** Lines of JSON, one for each failure of the last run. */
  readonly failures: string;
  /** What is remembered. */
  readonly state: FolderState;

  private constructor(out: string, work: string, state: FolderState) {
    this.out = out;
    this.temporary = join(work, 'tmp');
    this.failures = join(work, 'failures.jsonl');
    this.state = state;
  }

  /**
   * Opens a folder, which is made where it is missing, and sweeps out what killed processes left behind in it: whoever has
   * the memory is alone there. Rejects with FR_BATCH_BUSY, FR_BATCH_STATE, FR_ENGINE_LOAD or FR_OUTPUT_FAILED.
   */
  static async open(named: string): Promise<WorkFolder> {
    await makeFolder(join(named, WORK_FOLDER));
    const out = await realpath(named);
    const work = join(out, WORK_FOLDER);
    // Asked of the folder itself: file systems of one machine differ.
    const foldCase = await exists(join(out, WORK_FOLDER.toUpperCase()));
    const state = await FolderState.open(join(work, STATE), named, foldCase);
    const folder = new WorkFolder(out, work, state);
    try {
      await folder.#sweep();
      return folder;
    } catch (error) {
      state.close();
      throw outputError(named, error);
    }
  }

  async #sweep(): Promise<void> {
    await makeFolders(this.temporary);
    for (const left of await readdir(this.temporary)) await rm(join(this.temporary, left), { recursive: true });
  }

  /** Lets go of it; nothing temporary stays. */
  async close(): Promise<void> {
    this.state.close();
    await rm(this.temporary, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
