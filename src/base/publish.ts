// Outputs appear whole or not at all: written beside their place, then renamed.
import { mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { FramerailError, messageOf } from './errors.js';
import { removeAtExit, temporaryName } from './temporary.js';

/** Writes a whole file and publishes it by rename; on any failure nothing is left behind. Links are followed. */
export async function publishFile(path: string, data: Uint8Array): Promise<void> {
  await publishFiles([{ path, data }]);
}

/**
 * Writes whole files and publishes them by rename once all are written; what fails before that leaves nothing behind,
 * and no file is ever half there. Links are followed.
 */
export async function publishFiles(
  files: readonly { readonly path: string; readonly data: Uint8Array }[],
): Promise<void> {
  const written: {
    readonly path: string;
    readonly temporary: string;
    readonly target: string;
    readonly settled: () => void;
  }[] = [];
  try {
    for (const { path, data } of files)
      await naming(path, async () => {
        const target = await publishable(path);
        const temporary = temporaryName(target);
        const file = await open(temporary, 'wx');
        written.push({ path, temporary, target, settled: removeAtExit(temporary) });
        try {
          await file.writeFile(data);
        } finally {
          await file.close();
        }
      });
    for (const { path, temporary, target } of written) await naming(path, () => rename(temporary, target));
  } catch (cause) {
    for (const { temporary } of written) await rm(temporary, { force: true }).catch(() => undefined);
    throw cause;
  } finally {
    for (const { settled } of written) settled();
  }
}

async function naming(path: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw outputError(path, cause);
  }
}

/** Where a file may appear: nowhere yet, or in place of a regular file. Links are followed. */
export async function publishable(path: string): Promise<string> {
  try {
    const target = await realpath(path);
    const facts = await stat(target);
    if (facts.isFile()) return target;
    const what = facts.isDirectory() ? 'a directory' : 'a device, a pipe or a socket';
    throw new FramerailError('FR_OUTPUT_FAILED', `Cannot write ${path}: it is ${what}.`, { details: { path } });
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return path;
    throw error;
  }
}

/** Makes a folder for outputs, with its parents; rejects with FR_OUTPUT_FAILED. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(resolve(path));
  } catch (cause) {
    throw outputError(path, cause);
  }
}

/**
 * Makes a folder and the parents that it lacks; gives the topmost one that was made, if any. `mkdir` with `recursive` tries for
 * ever where a file system takes no new folders and says that they do not exist, as /proc does.
 * @param path - absolute
 */
export async function makeFolders(path: string): Promise<string | undefined> {
  if (await makeOne(path, 'ENOENT')) return path;
  if (await isFolder(path)) return undefined;
  const top = await makeFolders(dirname(path));
  return (await makeOne(path)) ? (top ?? path) : top;
}

/** Whether a folder was made; false for one that is there, and for an error that may be. */
async function makeOne(path: string, mayBe?: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (systemCode(error) === mayBe || (await isFolder(path))) return false;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
}

/** What a failure of the system means for an output, in one sentence. */
export function outputError(path: string, cause: unknown): FramerailError {
  if (cause instanceof FramerailError) return cause;
  const code = systemCode(cause);
  const why = {
    ENOENT: 'its folder does not exist',
    EACCES: 'this user may not write there',
    EPERM: 'this user may not write there',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    ENOTDIR: 'a part of the path is not a directory',
    EEXIST: 'a file of that name is in the way',
    ENAMETOOLONG: 'its name is too long',
    ELOOP: 'its links lead in a circle',
    EFBIG: 'it would grow beyond the largest file that is allowed',
    EDQUOT: 'the quota of this user is used up',
  }[code];
  return new FramerailError('FR_OUTPUT_FAILED', `Cannot write ${path}: ${why ?? code}.`, {
    details: { path, system: code },
    cause,
  });
}

/** The operating system's name of a failure, such as ENOENT, or the message where there is none. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : messageOf(error);
}
