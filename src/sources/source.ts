// Byte sources: what a job may read. The caller chooses the kind; a string is a path and never a protocol.
import { constants } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argumentError, checkInteger, FramerailError, systemCode } from '../base/index.js';

/** Bytes at any place of something that has a known size, for instance an object in a store. */
export interface BlockSource {
  /** How many bytes there are. */
  readonly size: number;
  /** A name for messages, such as a key. */
  readonly name?: string;
  /**
   * Gives `length` bytes from `offset`; fewer only at the end. Each call must settle.
   * The returned memory is copied before the next call.
   */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
}

/** A path, a file: URL, the whole file in memory, or a source that is asked for blocks. */
export type MediaInput = string | URL | Uint8Array | BlockSource;

/** Where paths may lead. */
export interface SourceOptions {
  /** Folders that paths must stay in after links are followed; without it every path of this user is allowed. */
  readonly roots?: readonly string[] | undefined;
}

/** A checked input as it goes to a worker: plain data, the blocks stay behind. */
export type SourceSpec =
  | { readonly kind: 'file'; readonly name: string; readonly path: string; readonly size: number }
  | { readonly kind: 'blocks'; readonly name: string; readonly size: number };

/** A checked input: what the worker is told, and who answers when it asks for blocks. */
export interface ResolvedSource {
  readonly spec: SourceSpec;
  readonly blocks: BlockSource | undefined;
}

/** Checks an input without decoding anything; throws FR_INPUT_* or FR_ARG_INVALID. */
export async function resolveSource(input: MediaInput, options: SourceOptions = {}): Promise<ResolvedSource> {
  if (typeof input === 'string' || input instanceof URL)
    return { spec: await resolveFile(input, options), blocks: undefined };
  const blocks = input instanceof Uint8Array ? memoryBlocks(input) : input;
  if (typeof blocks !== 'object' || blocks === null || typeof blocks.read !== 'function')
    throw argumentError('input', 'a path, a file: URL, a Uint8Array or a block source', input);
  checkInteger('input.size', blocks.size, 0, Number.MAX_SAFE_INTEGER);
  const name = blocks.name ?? 'the given bytes';
  if (blocks.size === 0) throw new FramerailError('FR_INPUT_EMPTY', `${capital(name)} hold nothing.`);
  return { spec: { kind: 'blocks', name, size: blocks.size }, blocks };
}

function memoryBlocks(bytes: Uint8Array): BlockSource {
  return { size: bytes.byteLength, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

async function resolveFile(input: string | URL, options: SourceOptions): Promise<SourceSpec> {
  const name = String(input);
  if (name === '') throw argumentError('input', 'a path', input);
  const literal = literalPath(input);
  try {
    const path = await realpath(literal);
    checkRoots(name, path, await Promise.all((options.roots ?? []).map((root) => realpath(root))), options.roots);
    const facts = await stat(path);
    if (!facts.isFile()) {
      const what = facts.isDirectory() ? 'a directory' : 'not a regular file';
      throw new FramerailError('FR_INPUT_NOT_A_FILE', `${name} is ${what}; give the path of a media file.`);
    }
    if (facts.size === 0) throw new FramerailError('FR_INPUT_EMPTY', `${name} is empty (0 bytes).`);
    await access(path, constants.R_OK);
    return { kind: 'file', name, path, size: facts.size };
  } catch (error) {
    throw inputError(name, error);
  }
}

function literalPath(input: string | URL): string {
  if (typeof input === 'string' && !/^file:\/\//i.test(input)) return resolve(input);
  const url = new URL(input);
  if (url.protocol !== 'file:') throw protocolError(url.href);
  try {
    return fileURLToPath(url);
  } catch {
    throw argumentError('input', 'a local file: URL', url.href);
  }
}

function checkRoots(name: string, path: string, real: string[], roots: readonly string[] | undefined): void {
  if (
    roots === undefined ||
    real.some((root) => path === root || path.startsWith(root.endsWith(sep) ? root : root + sep))
  )
    return;
  throw new FramerailError('FR_INPUT_OUTSIDE_ROOT', `${name} leads outside the allowed roots (${roots.join(', ')}).`);
}

// Two letters at least, so that a drive letter of Windows stays a path.
const PROTOCOL = /^[a-z][a-z0-9+.-]+:/i;

function inputError(name: string, error: unknown): unknown {
  if (error instanceof FramerailError) return error;
  const system = systemCode(error);
  const options = { details: { system }, cause: error };
  if (system === 'ENOENT' || system === 'ENOTDIR') {
    if (PROTOCOL.test(name)) return protocolError(name);
    return new FramerailError('FR_INPUT_NOT_FOUND', `${name} does not exist.`, options);
  }
  if (system === 'EACCES' || system === 'EPERM')
    return new FramerailError('FR_INPUT_UNREADABLE', `${name} may not be read by this user.`, options);
  return new FramerailError('FR_INPUT_READ', `${name} could not be read: ${system}.`, options);
}

function protocolError(name: string): FramerailError {
  const protocol = PROTOCOL.exec(name)?.[0] ?? name;
  return new FramerailError(
    'FR_INPUT_PROTOCOL',
    `${name} is not a file: "${protocol}" inputs are not allowed here; give the path of a file.`,
    {
      details: { protocol },
    },
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
