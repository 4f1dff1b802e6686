// What tells one version of an input from another, as far as that is known without reading it.
import { createHash } from 'node:crypto';
import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { realRootsNow, isInside, literalPath, type MediaInput, type SourceOptions } from './source.js';

/** Bytes in memory beyond this are not told apart: hashing more takes longer than making a cover. */
const MOST_HASHED = 16 * 1024 * 1024;
/** Milliseconds that a file must have been left alone, by whether its file system tells parts of a second. */
const [FINE_TICK, COARSE_TICK] = [50, 2500];

/** What tells versions apart: plain data; undefined where nothing does. */
export type SourceIdentity = Readonly<Record<string, string | bigint | number>>;

/**
 * The version of an input as it is now; undefined where that cannot be told, or where the input is none: whoever opens
 * it will say why. Some system calls and nothing else, so that it may be asked before every call.
 */
export function identify(input: MediaInput, options: SourceOptions): SourceIdentity | undefined {
  if (typeof input === 'string' || input instanceof URL) return identifyFile(input, options);
  if (input instanceof Uint8Array) {
    if (input.byteLength === 0 || input.byteLength > MOST_HASHED) return undefined;
    return { kind: 'bytes', size: input.byteLength, sha256: createHash('sha256').update(input).digest('hex') };
  }
  if (typeof input !== 'object' || input === null) return undefined;
  const { identity, size } = input;
  return typeof identity === 'string' && identity !== '' ? { kind: 'blocks', size, identity } : undefined;
}

function identifyFile(input: string | URL, { roots }: SourceOptions): SourceIdentity | undefined {
  try {
    const named = literalPath(input);
    // Where it leads is looked at only where that matters: the file itself is known by its number.
    const path = roots === undefined ? named : realpathSync.native(named);
    if (roots !== undefined && !isInside(path, realRootsNow(roots))) return undefined;
    const facts = statSync(path, { bigint: true });
    if (!facts.isFile() || facts.size === 0n) return undefined;
    accessSync(path, constants.R_OK);
    const { size, mtimeNs, ino, dev } = facts;
    // A file that changed in the tick of its clock may change again in it, and would then have the same time.
    const tick = mtimeNs % 1_000_000_000n === 0n ? COARSE_TICK : FINE_TICK;
    if (Math.abs(Date.now() - Number(mtimeNs / 1_000_000n)) < tick) return undefined;
    return { kind: 'file', path, size, mtime: mtimeNs, inode: ino, device: dev };
  } catch {
    return undefined;
  }
}
