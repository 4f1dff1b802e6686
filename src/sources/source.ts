// Byte sources: what a job may read. The caller chooses the kind; a string is a path and never a protocol.
import { constants, realpathSync } from 'node:fs';
import { access, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  argumentError,
  checkInteger,
  checkSwitch,
  FramerailError,
  isFramerailError,
  messageOf,
  systemCode,
} from '../base/index.js';

/** Bytes at any place of something that has a known size, for instance an object in a store. */
export interface BlockSource {
  /** How many bytes there are. */
  readonly size: number;
  /** A name for messages, such as a key. */
  readonly name?: string;
  /**
   * Whether it is read as the demuxer reads, in pieces of any length, and not in blocks of 1 MiB that are kept: for
   * sources that know better what is worth fetching at once. Its `read` may give fewer bytes anywhere, but never none
   * ahead of the end. @defaultValue false
   */
  readonly exact?: boolean;
  /**
   * A text that no other bytes have, such as a key with the version of its object: what is made of the source may be
   * kept by it. @defaultValue nothing is kept
   */
  readonly identity?: string | undefined;
  /**
   * Gives `length` bytes from `offset`; fewer only at the end. Each call must settle.
   * The returned memory is copied before the next call.
   */
  read(offset: number, length: number): Uint8Array | Promise<Uint8Array>;
  /** Called once when nobody asks any more. */
  close?(): void | Promise<void>;
}

/** A path, a file: URL, the whole file in memory, or a source that is asked for blocks. */
export type MediaInput = string | URL | Uint8Array | BlockSource;

/** Bytes in order, once: a stream of Node or of the web, or anything that is iterated asynchronously. */
export type StreamInput = AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

/** A live stream that FFmpeg itself fetches over the network. Only what the operator wrote belongs here. */
export interface LiveInput {
  /** An address that begins with rtmp:, rtmps:, rtsp:, rtsps:, srt: or udp:. */
  readonly live: string;
  /** How RTSP carries media. @defaultValue 'tcp' */
  readonly transport?: 'tcp' | 'udp' | undefined;
}

/** Where paths may lead. */
export interface SourceOptions {
  /** Folders that paths must stay in after links are followed; without it every path of this user is allowed. */
  readonly roots?: readonly string[] | undefined;
}

/** A checked input as it goes to a worker: plain data, the blocks stay behind. */
export type SourceSpec =
  | { readonly kind: 'file'; readonly name: string; readonly path: string; readonly size: number }
  | {
      readonly kind: 'blocks';
      readonly name: string;
      readonly size: number;
      /** Reads go through as they are made: the source decides what it fetches. */
      readonly exact?: true;
    }
  /** Blocks that come in order, once, and nobody knows how many. */
  | { readonly kind: 'stream'; readonly name: string }
  | {
      readonly kind: 'live';
      readonly name: string;
      readonly url: string;
      readonly transport: 'tcp' | 'udp';
      readonly timeout: number;
    };

/** A checked input: what the worker is told, and who answers when it asks for blocks. */
export interface ResolvedSource {
  readonly spec: SourceSpec;
  readonly blocks: BlockSource | undefined;
  /** Ends a stream where it is read now: whoever reads it finds its end. */
  readonly end?: () => void;
}

/** Checks an input without decoding anything; throws FR_INPUT_* or FR_ARG_INVALID. */
export async function resolveSource(input: MediaInput, options: SourceOptions = {}): Promise<ResolvedSource> {
  if (typeof input === 'string' || input instanceof URL) {
    const roots = await realRoots(options.roots);
    return { spec: await resolveFile(String(input), literalPath(input), roots), blocks: undefined };
  }
  if (isStream(input) || isLive(input))
    throw argumentError(
      'input',
      'what can be read more than once (readFrames() and processVideo() take streams)',
      input,
    );
  const blocks = input instanceof Uint8Array ? memoryBlocks(input) : input;
  if (typeof blocks !== 'object' || blocks === null || typeof blocks.read !== 'function')
    throw argumentError('input', 'a path, a file: URL, a Uint8Array or a block source', input);
  checkInteger('input.size', blocks.size, 0, Number.MAX_SAFE_INTEGER);
  const name = blocks.name ?? '(bytes in memory)';
  if (blocks.size === 0) throw new FramerailError('FR_INPUT_EMPTY', `${name} is empty (0 bytes).`);
  const exact = checkSwitch('input.exact', blocks.exact, false);
  return { spec: { kind: 'blocks', name, size: blocks.size, ...(exact && { exact }) }, blocks };
}

/** Whether an input is a live stream of the network. */
export function isLive(input: unknown): input is LiveInput {
  return typeof input === 'object' && input !== null && 'live' in input;
}

/** Whether an input is a stream of bytes. */
export function isStream(input: unknown): input is StreamInput {
  if (typeof input !== 'object' || input === null || input instanceof Uint8Array) return false;
  return Symbol.asyncIterator in input || 'getReader' in input;
}

/** Whether an input is an address of HTTP. */
export function isHttpAddress(input: unknown): input is string | URL {
  return (typeof input === 'string' || input instanceof URL) && /^https?:\/\//i.test(String(input));
}

function memoryBlocks(bytes: Uint8Array): BlockSource {
  return { size: bytes.byteLength, read: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** The path that an input names, absolute; throws FR_ARG_INVALID and FR_INPUT_PROTOCOL. */
export function literalPath(input: string | URL): string {
  const text = String(input);
  if (text === '' || text.includes('\0')) throw argumentError('input', 'a path', text);
  if (typeof input === 'string' && !/^file:\/\//i.test(input)) return resolve(input);
  let path: string;
  try {
    const url = new URL(input);
    if (url.protocol !== 'file:') throw protocolError(url.href);
    path = fileURLToPath(url);
  } catch (error) {
    throw error instanceof FramerailError ? error : argumentError('input', 'a local file: URL', text);
  }
  if (path.includes('\0')) throw argumentError('input', 'a path', text);
  return path;
}

/** Asks a block source, and takes nothing but what was asked for: FR_INPUT_READ otherwise, or when it fails. */
export async function readBlocks(source: BlockSource, offset: number, length: number): Promise<Uint8Array> {
  const range = `bytes ${String(offset)} to ${String(offset + length)}`;
  let bytes: unknown;
  try {
    bytes = await source.read(offset, length);
  } catch (cause) {
    if (isFramerailError(cause)) throw cause;
    const why = messageOf(cause);
    throw new FramerailError('FR_INPUT_READ', `The source could not give ${range}: ${why}.`, { cause });
  }
  // libav would take what is missing for a damaged file.
  const least = source.exact === true || source.size === Infinity ? 0 : Math.min(length, source.size - offset);
  if (bytes instanceof Uint8Array && bytes.byteLength >= least && bytes.byteLength <= length) return bytes;
  const given =
    bytes instanceof Uint8Array ? `${String(bytes.byteLength)} of ${String(length)} bytes` : 'no Uint8Array';
  throw new FramerailError('FR_INPUT_READ', `The source was asked for ${range} and gave ${given}.`);
}

/** Lets go of a source; what it throws on its way out is of no use to anybody. */
export function closeBlocks(source: BlockSource | undefined): void {
  void (async () => source?.close?.())().catch(() => undefined);
}

async function resolveFile(name: string, literal: string, roots: readonly Root[] | undefined): Promise<SourceSpec> {
  try {
    // Nobody learns which files there are outside of the roots: what is missing there is outside first.
    if (!isInside(await nearestReal(literal), roots)) throw outsideError(name, roots);
    const path = await realpath(literal);
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

/** An allowed folder: as the caller named it, and where it really is. */
export interface Root {
  readonly named: string;
  readonly real: string;
}

async function realRoots(roots: unknown): Promise<Root[] | undefined> {
  if (roots === undefined) return undefined;
  if (!(roots instanceof Array)) throw argumentError('roots', 'a list of folders', roots);
  return Promise.all(
    roots.map(async (named: unknown, index) => {
      const argument = `roots[${String(index)}]`;
      if (typeof named !== 'string') throw argumentError(argument, 'a folder', named);
      const real = await realpath(named).catch(() => undefined);
      if (real === undefined) throw argumentError(argument, 'a folder that exists', named);
      return { named, real };
    }),
  );
}

/** Where allowed folders are now; throws where one of them is none. */
export function realRootsNow(roots: readonly string[]): Root[] {
  return roots.map((named) => ({ named, real: realpathSync.native(named) }));
}

/** Where a path leads, or where its nearest parent that exists does. */
async function nearestReal(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (parent === path || !['ENOENT', 'ENOTDIR'].includes(systemCode(error))) throw error;
    return join(await nearestReal(parent), basename(path));
  }
}

/** Whether a real path is in one of the allowed folders. */
export function isInside(path: string, roots: readonly Root[] | undefined): boolean {
  return (
    roots === undefined ||
    roots.some(({ real }) => path === real || path.startsWith(real.endsWith(sep) ? real : real + sep))
  );
}

function outsideError(name: string, roots: readonly Root[] | undefined): FramerailError {
  const allowed = (roots ?? []).map((root) => root.named).join(', ');
  return new FramerailError('FR_INPUT_OUTSIDE_ROOT', `${name} leads outside the allowed roots (${allowed}).`);
}

// Two letters at least, so that a drive letter of Windows stays a path.
const PROTOCOL = /^(?:[a-z][a-z0-9+.-]+:|subfile,)/i;

function inputError(name: string, error: unknown): unknown {
  if (error instanceof FramerailError) return error;
  const system = systemCode(error);
  const options = { details: { system }, cause: error };
  if (system === 'ENOENT' || system === 'ENOTDIR') {
    if (PROTOCOL.test(name)) return protocolError(name);
    return new FramerailError('FR_INPUT_NOT_FOUND', `${name} does not exist.`, options);
  }
  if (system === 'ELOOP' || system === 'ENAMETOOLONG')
    return new FramerailError('FR_INPUT_NOT_FOUND', `${name} does not lead to a file: ${system}.`, options);
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
