// A folder of files that appear together: they are written beside their place, and moved there when all are whole.
import { mkdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  FramerailError,
  makeFolders,
  outputError,
  publishable,
  removeAtExit,
  systemCode,
  temporaryName,
} from '../../base/index.js';

/** Files on their way to a folder. */
export class OutputFolder {
  /** Where they are written. */
  readonly path: string;
  readonly #name: string;
  readonly #target: string;
  /** The first of the folders that were made for it; undefined where they were there. */
  readonly #made: string | undefined;
  readonly #settled: () => void;

  private constructor(name: string, target: string, path: string, made: string | undefined) {
    this.#name = name;
    this.#target = target;
    this.path = path;
    this.#made = made;
    this.#settled = removeAtExit(path);
  }

  /** Makes a place to write for a folder that may exist; rejects with FR_OUTPUT_FAILED. */
  static async open(name: string): Promise<OutputFolder> {
    const target = resolve(name);
    const exists = await isFolder(name, target);
    // Inside of what exists, which may be a file system of its own; else beside it, so that one rename makes it appear.
    const path = exists ? join(target, basename(temporaryName(target))) : temporaryName(target);
    try {
      const made = exists ? undefined : await makeFolders(dirname(target));
      await mkdir(path);
      return new OutputFolder(name, target, path, made);
    } catch (cause) {
      throw outputError(name, cause);
    }
  }

  /** Moves everything to its place. @param files - their names, those that point to others last */
  async publish(files: readonly string[]): Promise<void> {
    try {
      if (dirname(this.path) === this.#target || !(await this.#moveAtOnce())) await this.#moveEach(files);
    } catch (cause) {
      throw outputError(this.#name, cause);
    }
    this.#settled();
  }

  async #moveEach(files: readonly string[]): Promise<void> {
    // Whatever is in the way is found before the first file moves.
    for (const file of files) await publishable(join(this.#target, file));
    for (const file of files) await rename(join(this.path, file), join(this.#target, file));
    await rmdir(this.path);
  }

  /** Whether the whole folder took its place; not where somebody has made one there meanwhile. */
  async #moveAtOnce(): Promise<boolean> {
    try {
      await rename(this.path, this.#target);
      return true;
    } catch (error) {
      if (/^(ENOTEMPTY|EEXIST|EPERM)$/.test(systemCode(error))) return false;
      throw error;
    }
  }

  /** Nothing of it stays, nor of the folders that were made for it alone. */
  async discard(): Promise<void> {
    try {
      await rm(this.path, { recursive: true, force: true });
      if (this.#made === undefined) return;
      for (let folder = dirname(this.#target); folder.startsWith(this.#made); folder = dirname(folder))
        await rmdir(folder);
    } catch {
      // Somebody else uses it meanwhile.
    } finally {
      this.#settled();
    }
  }
}

async function isFolder(name: string, path: string): Promise<boolean> {
  try {
    if ((await stat(path)).isDirectory()) return true;
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return false;
    throw outputError(name, cause);
  }
  throw new FramerailError('FR_OUTPUT_FAILED', `Cannot write into ${name}: it is not a folder.`, { details: { path } });
}
