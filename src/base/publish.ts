// Outputs appear whole or not at all: written beside their place, then renamed.
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FramerailError } from './errors.js';

let names = 0;

/** A temporary name beside `path`, so that the rename stays within one file system; no two processes share it. */
export function temporaryName(path: string): string {
  names += 1;
  const unique = [process.pid, Date.now(), names].map((part) => part.toString(36)).join('-');
  return join(dirname(path), `.${basename(path)}.${unique}.part`);
}

/** Writes a whole file and publishes it by rename; on any failure nothing is left behind. */
export async function publishFile(path: string, data: Uint8Array): Promise<void> {
  const temporary = temporaryName(path);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(data);
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw outputError(path, cause);
  }
}

/** Makes a folder for outputs, with its parents. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (cause) {
    throw outputError(path, cause);
  }
}

function outputError(path: string, cause: unknown): FramerailError {
  const code = systemCode(cause);
  const why = {
    ENOENT: 'its folder does not exist',
    EACCES: 'this user may not write there',
    EPERM: 'this user may not write there',
    EROFS: 'the file system is read-only',
    ENOSPC: 'the disk is full',
    EISDIR: 'it is a directory',
    ENOTDIR: 'a part of the path is not a directory',
    EEXIST: 'a file of that name is in the way',
  }[code];
  return new FramerailError('FR_OUTPUT_FAILED', `Cannot write ${path}: ${why ?? code}.`, {
    details: { path, system: code },
    cause,
  });
}

/** The operating system's name of a failure, such as ENOENT, or the message where there is none. */
export function systemCode(error: unknown): string {
  if (error instanceof Error) return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  return String(error);
}
