// What is wrong with a manifest or with one of its rows, as errors.
import { FramerailError, systemCode } from '../../../base/index.js';

/** The rest of a manifest cannot be read. */
export function manifestError(name: string, why: string, cause?: unknown): FramerailError {
  return new FramerailError('FR_MANIFEST_INVALID', `${name} cannot be read as a manifest: ${why}.`, {
    details: { manifest: name },
    ...(cause !== undefined && { cause }),
  });
}

/** One row cannot be used; the others can. */
export function rowError(why: string): FramerailError {
  return new FramerailError('FR_MANIFEST_ROW', why);
}

/** What reading a manifest failed with, in one sentence. */
export function readTrouble(name: string, error: unknown): FramerailError {
  if (error instanceof FramerailError) return error;
  const system = systemCode(error);
  const why = { ENOENT: 'it does not exist', EACCES: 'this user may not read it', EISDIR: 'it is a folder' }[system];
  return manifestError(name, why ?? system, error);
}
