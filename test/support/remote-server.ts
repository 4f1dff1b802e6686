// A scripted server of files that are read in parts: it answers as it should, or as a test tells it to, and counts.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** One request. */
export interface RemoteRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The bytes that it asks for, both ends included; undefined where it asks for everything. */
  readonly range: readonly [first: number, last: number] | undefined;
  /** The number of its connection, from 1. */
  readonly connection: number;
}

/** Answers a request. */
export type Reply = (request: RemoteRequest, response: ServerResponse) => void;

/** A running server. */
export interface RemoteServer {
  readonly port: number;
  /** Every request so far. */
  readonly requests: RemoteRequest[];
  url(path?: string): string;
}

/** What can be read in parts. */
export interface Content {
  readonly size: number;
  /** The bytes between two places. */
  slice(start: number, end: number): Buffer;
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

/** Starts a server, which goes away with the running test. */
export async function remoteServer(reply: Reply): Promise<RemoteServer> {
  const requests: RemoteRequest[] = [];
  const connections = new WeakMap<object, number>();
  let connection = 0;
  const server = createServer((incoming, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(incoming.headers.range ?? '') ?? [];
    const range = first === undefined || last === undefined ? undefined : ([Number(first), Number(last)] as const);
    const { headers, url = '', socket } = incoming;
    const request = { path: url, headers, range, connection: connections.get(socket) ?? 0 };
    requests.push(request);
    reply(request, response);
  });
  server.on('connection', (socket) => {
    connection += 1;
    connections.set(socket, connection);
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    ...{ port, requests },
    url: (path = 'v.mp4') => `http://127.0.0.1:${String(port)}/${path}`,
  };
}

/** Bytes that requests asked a file of a size for. */
export function askedBytes(requests: readonly RemoteRequest[], size: number): number {
  return requests.reduce(
    (sum, { range }) => sum + (range === undefined ? size : Math.min(range[1] + 1, size) - range[0]),
    0,
  );
}

/** Bytes as a server has them. */
export function content(bytes: Buffer, version: Pick<Content, 'etag' | 'lastModified'> = { etag: '"one"' }): Content {
  return { size: bytes.byteLength, slice: (start, end) => bytes.subarray(start, end), ...version };
}

/** Answers as a server does that knows ranges (RFC 9110, 14 and 13.1.5). */
export function give({ size, slice, etag, lastModified }: Content): Reply {
  return ({ range, headers }, response) => {
    const version = {
      ...(etag !== undefined && { etag }),
      ...(lastModified !== undefined && { 'last-modified': lastModified }),
    };
    const condition = headers['if-range'];
    if (range === undefined || (condition !== undefined && condition !== etag && condition !== lastModified)) {
      response.writeHead(200, { ...version, 'content-length': size });
      response.end(slice(0, size));
      return;
    }
    const [first, last] = range;
    if (first >= size) {
      response.writeHead(416, { 'content-range': `bytes */${String(size)}` }).end();
      return;
    }
    const part = slice(first, Math.min(last + 1, size));
    const where = `bytes ${String(first)}-${String(first + part.byteLength - 1)}/${String(size)}`;
    response.writeHead(206, { ...version, 'content-length': part.byteLength, 'content-range': where });
    response.end(part);
  };
}
