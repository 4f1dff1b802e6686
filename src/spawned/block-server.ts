// Lets a command read a source of blocks: a server on the loopback address that answers for one secret path.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FramerailError } from '../base/index.js';
import { blockReader, type ReadBlock } from '../sources/index.js';
import { drained } from './drained.js';

/** A source of blocks under a URL. */
export interface BlockServer {
  /** Where it is read; nobody else can guess it. */
  readonly url: string;
  /** Whether a command waits for the source now, and not the other way round. */
  readonly busy: boolean;
  /** Throws what the source failed with, which a command only sees as a broken connection. */
  rethrow(): void;
  /** Ends every connection and stops listening. */
  close(): void;
}

/** Bytes of one answer of the source, so that a command that stops to read stops the source as well. */
const PIECE = 1024 * 1024;

/** Starts to serve a source of known size. */
export async function serveBlocks(
  source: { readonly name: string; readonly size: number; readonly exact?: true },
  read: ReadBlock,
): Promise<BlockServer> {
  const path = `/${randomBytes(16).toString('hex')}`;
  const blocks = blockReader(source, read);
  let busy = 0;
  let failure: { readonly error: unknown } | undefined;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url !== path) {
      response.writeHead(404).end();
      return;
    }
    if (failure !== undefined) {
      // Commands connect again, and would have everything tried anew that was given up.
      response.destroy();
      return;
    }
    const range = rangeOf(request.headers.range, source.size);
    if (range === undefined) {
      response.writeHead(416, { 'content-range': `bytes */${String(source.size)}` }).end();
      return;
    }
    const { from, to } = range;
    response.writeHead(206, {
      'accept-ranges': 'bytes',
      'content-length': to - from + 1,
      'content-range': `bytes ${String(from)}-${String(to)}/${String(source.size)}`,
      'content-type': 'application/octet-stream',
    });
    for (let at = from; at <= to && !response.destroyed;) {
      busy += 1;
      const bytes = await blocks(at, Math.min(to - at + 1, PIECE)).finally(() => (busy -= 1));
      if (bytes.byteLength === 0)
        throw new FramerailError('FR_INPUT_READ', `${source.name} ends at byte ${String(at)}, before its size.`);
      at += bytes.byteLength;
      if (!response.write(bytes)) await drained(response);
    }
    response.end();
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      failure ??= { error };
      response.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}${path}`,
    get busy() {
      return busy > 0;
    },
    rethrow: () => {
      if (failure === undefined) return;
      if (failure.error instanceof Error) throw failure.error;
      throw new FramerailError('FR_INPUT_READ', `${source.name} could not be read.`, { cause: failure.error });
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The bytes that a request wants, both ends included; undefined where there are none. */
function rangeOf(header: string | undefined, size: number): { from: number; to: number } | undefined {
  const [, first = '0', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? [];
  const from = Number(first);
  const to = Math.min(last === '' ? size - 1 : Number(last), size - 1);
  return from > to ? undefined : { from, to };
}
