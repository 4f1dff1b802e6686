// What a batch is made of: folders, patterns, videos and manifests, one after the other.
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, resolve } from 'node:path';
import picomatch from 'picomatch';
import { FramerailError, systemCode, type ErrorCode } from '../../../base/index.js';
import { isHttpAddress } from '../../../sources/index.js';
import { csvRows } from './csv.js';
import { jsonLineRows } from './json-lines.js';
import type { ManifestRow, Rows } from './row.js';
import { manifestError, readTrouble } from './trouble.js';
import { isVideoName, walk } from './walk.js';
import { xlsxRows } from './xlsx.js';
import { yamlRows } from './yaml-rows.js';

/** A manifest. */
export interface Manifest {
  /** As it was named. */
  readonly name: string;
  /** What paths in it are relative to, and must stay below unless roots say otherwise. */
  readonly folder: string;
}

/** What comes out of a source. */
export type Found =
  /** A video that the operator named, or that lies where he said; `name` is relative to that. */
  | { readonly kind: 'file'; readonly path: string; readonly name: string; readonly root: string | undefined }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'row'; readonly manifest: Manifest; readonly row: ManifestRow }
  /** What cannot be read: a row, or with line 0 the rest of a source. */
  | { readonly kind: 'broken'; readonly name: string; readonly line: number; readonly error: FramerailError };

/** A source that was looked at. */
export interface BatchSource {
  /** As it was named. */
  readonly name: string;
  /** The folder below which all files lie that it leads to; undefined where it leads to none. */
  readonly root: string | undefined;
  /** What is in it; never rejects for what is wrong with the source. */
  found(signal: AbortSignal): AsyncGenerator<Found, void, undefined>;
  /** How many there are, where that can be found out by a look; undefined where rows tell it on their way. */
  count: ((signal: AbortSignal) => Promise<number>) | undefined;
}

/**
 * The folders below which all files lie that inputs of a batch lead to: all that its workers need to read. Rejects as
 * `openSource()`.
 * @param roots - where manifests may lead beside their own folders
 */
export async function batchRoots(inputs: readonly string[], roots: readonly string[] = []): Promise<string[]> {
  const sources = await Promise.all(inputs.map((input) => openSource(input)));
  return [...new Set([...sources.flatMap(({ root }) => root ?? []), ...roots.map((root) => resolve(root))])];
}

type Reader = (name: string, path: string | undefined, signal: AbortSignal) => Rows;

const asStream = (rows: (name: string, bytes: AsyncIterable<Buffer>, size: number | undefined) => Rows): Reader =>
  async function* (name, path, signal) {
    const bytes: AsyncIterable<Buffer> = path === undefined ? process.stdin : createReadStream(path, { signal });
    const end = (): void => void process.stdin.destroy();
    if (path === undefined) signal.addEventListener('abort', end, { once: true });
    yield* rows(name, bytes, path === undefined ? undefined : (await stat(path)).size);
    signal.removeEventListener('abort', end);
  };

const MANIFESTS: Readonly<Record<string, Reader>> = {
  '.csv': asStream(csvRows),
  '.tsv': asStream(csvRows),
  '.jsonl': asStream(jsonLineRows),
  '.ndjson': asStream(jsonLineRows),
  '.json': asStream(yamlRows),
  '.yaml': asStream(yamlRows),
  '.yml': asStream(yamlRows),
  '.xlsx': (name, path = name) => xlsxRows(name, path),
};

/** Looks at what the operator named; rejects with FR_INPUT_* or FR_MANIFEST_INVALID. */
export async function openSource(named: string): Promise<BatchSource> {
  if (named === '-') return manifestSource('standard input', undefined, process.cwd(), asStream(jsonLineRows));
  if (isHttpAddress(named)) return single(named, { kind: 'address', address: named }, undefined);
  const path = resolve(named);
  const facts = await stat(path).catch((error: unknown) => systemCode(error));
  if (typeof facts === 'string') {
    if (facts === 'ENOENT' && picomatch.scan(named).isGlob) return patternSource(named);
    throw inputError(named, facts);
  }
  if (facts.isDirectory()) return folderSource(named, path, isVideoName);
  const reader = MANIFESTS[extname(path).toLowerCase()];
  if (reader !== undefined) return manifestSource(named, path, dirname(path), reader);
  if (isVideoName(path)) {
    // What the operator names may be a link to anywhere.
    const root = dirname(await realpath(path));
    return single(named, { kind: 'file', path, name: basename(path), root: undefined }, root);
  }
  const wanted = `a folder, a pattern, a video, or a manifest that ends in ${Object.keys(MANIFESTS).join(', ')}`;
  throw manifestError(named, `it is none of what can be: ${wanted}`);
}

function single(name: string, found: Found, root: string | undefined): BatchSource {
  return {
    ...{ name, root },
    async *found() {
      yield found;
    },
    count: () => Promise.resolve(1),
  };
}

function patternSource(named: string): BatchSource {
  const { base, glob } = picomatch.scan(named);
  const matches = picomatch(glob);
  // What the pattern itself ends in is meant, whatever it is.
  const isWanted = /\.[\w{},]+$/.test(glob) ? matches : (name: string) => matches(name) && isVideoName(name);
  return folderSource(named, resolve(base), isWanted);
}

function folderSource(name: string, folder: string, wanted: (name: string) => boolean): BatchSource {
  return {
    ...{ name, root: folder },
    async *found(signal) {
      let count = 0;
      try {
        for await (const one of walk(folder, wanted)) {
          if (signal.aborted) return;
          count += 1;
          if ('name' in one) yield { kind: 'file', ...one, root: folder };
          else yield { kind: 'broken', name: one.path, line: 0, error: inputError(one.path, systemCode(one.trouble)) };
        }
      } catch (error) {
        count += 1;
        yield { kind: 'broken', name, line: 0, error: inputError(name, systemCode(error)) };
      }
      if (count > 0) return;
      const error = new FramerailError('FR_INPUT_NOT_FOUND', `There is no video in ${name}.`);
      yield { kind: 'broken', name, line: 0, error };
    },
    async count(signal) {
      let count = 0;
      for await (const _ of walk(folder, wanted))
        if (signal.aborted) break;
        else count += 1;
      return count;
    },
  };
}

function manifestSource(name: string, path: string | undefined, folder: string, read: Reader): BatchSource {
  const manifest = { name, folder };
  return {
    ...{ name, root: folder },
    count: undefined,
    async *found(signal) {
      try {
        for await (const step of read(name, path, signal)) {
          if ('error' in step) yield { kind: 'broken', name, line: step.line, error: step.error };
          else yield { kind: 'row', manifest, row: step };
        }
      } catch (error) {
        if (signal.aborted) return;
        yield { kind: 'broken', name, line: 0, error: readTrouble(name, error) };
      }
    },
  };
}

function inputError(name: string, system: string): FramerailError {
  const [code, why] = (
    {
      ENOENT: ['FR_INPUT_NOT_FOUND', 'does not exist'],
      ENOTDIR: ['FR_INPUT_NOT_FOUND', 'does not exist'],
      EACCES: ['FR_INPUT_UNREADABLE', 'may not be read by this user'],
    } as Readonly<Record<string, readonly [ErrorCode, string]>>
  )[system] ?? ['FR_INPUT_READ', `could not be read: ${system}`];
  return new FramerailError(code, `${name} ${why}.`, { details: { system } });
}
