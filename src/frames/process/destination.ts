// Where an output appears in the end, as the caller names it: a path, a stream of Node or of the web.
import { closeSync, openSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import {
  argumentError,
  FramerailError,
  messageOf,
  outputError,
  publishable,
  removeAtExit,
  temporaryName,
  untilAborted,
} from '../../base/index.js';
import { withoutSecrets } from '../../sources/index.js';
import type { OutputSpec } from './process-params.js';

/** A path, a file: URL, a Node stream, or a web stream. */
export type MediaDestination = string | URL | Writable | WritableStream<Uint8Array>;

/** An output on its way: it appears whole, or not at all where that can be. */
export interface Destination {
  /** What the worker is told. */
  readonly spec: OutputSpec;
  /** Places bytes that the worker sends; resolves when there is room for more, rejects with FR_OUTPUT_FAILED. */
  write(bytes: Uint8Array): Promise<void>;
  /** Everything was written: publishes it; a stream that takes forever is given up when the signal aborts. */
  publish(signal: AbortSignal): Promise<void>;
  /** Nothing of it shall stay; waits for nobody. */
  discard(error: Error): Promise<void>;
}

/**
 * Checks a destination and makes it ready; throws FR_OUTPUT_FAILED where it cannot be written.
 * @param container - FFmpeg's name of the container; streams have no ending to go by
 */
export async function openDestination(output: MediaDestination, container: string | undefined): Promise<Destination> {
  if (typeof output === 'string' || output instanceof URL) return fileDestination(pathOf(output), container ?? null);
  if (container === undefined)
    throw argumentError('container', "a container such as 'mp4' or 'matroska' for a stream", container);
  if (output instanceof Writable) return nodeDestination(output, container);
  if (typeof output === 'object' && output !== null && 'getWriter' in output) return webDestination(output, container);
  throw argumentError('output', 'a path, a file: URL, a Writable or a WritableStream', output);
}

function pathOf(output: string | URL): string {
  const text = String(output);
  if (text === '' || text.includes('\0')) throw argumentError('output', 'a path', text);
  if (/^(?!file:)[a-z][a-z0-9+.-]+:\/\//i.test(text))
    throw argumentError('output', 'a path, a file: URL or a stream', withoutSecrets(text));
  if (typeof output === 'string' && !/^file:\/\//i.test(output)) return output;
  try {
    return fileURLToPath(new URL(output));
  } catch {
    throw argumentError('output', 'a path or a local file: URL', text);
  }
}

async function fileDestination(name: string, container: string | null): Promise<Destination> {
  let target: string;
  let path: string;
  let settled: () => void;
  try {
    target = await publishable(name);
    path = temporaryName(target);
    // Made here, so that whoever removes it knows that no worker makes it again.
    closeSync(openSync(path, 'wx', 0o666));
    settled = removeAtExit(path);
  } catch (cause) {
    throw outputError(name, cause);
  }
  return {
    spec: { kind: 'file', name, path, container },
    write: () => Promise.reject(new FramerailError('FR_INTERNAL', 'A file is written by the worker itself.')),
    publish: async () => {
      try {
        await rename(path, target);
      } catch (cause) {
        await rm(path, { force: true }).catch(() => undefined);
        throw outputError(name, cause);
      } finally {
        settled();
      }
    },
    discard: async () => {
      await rm(path, { force: true }).catch(() => undefined);
      settled();
    },
  };
}

function nodeDestination(stream: Writable, container: string): Destination {
  const name = 'the output stream';
  let failure: unknown = stream.errored ?? undefined;
  const failed = (): FramerailError => {
    const why = messageOf(failure);
    return new FramerailError('FR_OUTPUT_FAILED', `Cannot write ${name}: ${why}.`, { cause: failure });
  };
  if (failure !== undefined) throw failed();
  if (stream.destroyed || stream.writableEnded) throw argumentError('output', 'a stream that is open', 'a closed one');
  /** Those who wait for room; one listener each would be too many for Node. */
  let waiting: (() => void)[] = [];
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const one of woken) one();
  };
  stream.on('error', (error) => {
    failure ??= error;
    wake();
  });
  stream.on('close', () => {
    failure ??= new Error('it was closed');
    wake();
  });
  stream.on('drain', wake);
  const standard = stream === process.stdout || stream === process.stderr;
  return {
    spec: { kind: 'stream', name, container },
    write: async (bytes) => {
      if (failure !== undefined || stream.destroyed) throw failed();
      if (stream.write(bytes)) return;
      await new Promise<void>((resolve) => waiting.push(resolve));
      if (failure !== undefined) throw failed();
    },
    publish: (signal) => {
      const ended = new Promise<void>((resolve, reject) => {
        if (failure !== undefined) {
          reject(failed());
          return;
        }
        const done = (error?: Error | null): void => {
          failure ??= error ?? undefined;
          if (failure === undefined) resolve();
          else reject(failed());
        };
        // Standard output belongs to the process: it is flushed and left open.
        if (standard) stream.write('', done);
        else stream.end(done);
      });
      return untilAborted(ended, signal);
    },
    discard: (error) => {
      if (!standard) stream.destroy(error);
      return Promise.resolve();
    },
  };
}

function webDestination(stream: WritableStream<Uint8Array>, container: string): Destination {
  const name = 'the output stream';
  if (stream.locked) throw argumentError('output', 'a stream that nobody else writes to', 'a locked one');
  const writer = stream.getWriter();
  writer.closed.catch(() => undefined);
  const failed = (cause: unknown): FramerailError => {
    const why = messageOf(cause);
    return new FramerailError('FR_OUTPUT_FAILED', `Cannot write ${name}: ${why}.`, { cause });
  };
  return {
    spec: { kind: 'stream', name, container },
    write: async (bytes) => {
      try {
        await writer.ready;
        await writer.write(bytes);
      } catch (cause) {
        throw failed(cause);
      }
    },
    publish: async (signal) => {
      const closed = writer.close().catch((cause: unknown) => {
        throw failed(cause);
      });
      await untilAborted(closed, signal);
    },
    discard: (error) => {
      // It would wait for a write that may never end.
      writer.abort(error).catch(() => undefined);
      return Promise.resolve();
    },
  };
}
