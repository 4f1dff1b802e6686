// A scripted server of HLS: it has what a test puts there, from then on, and answers as it is told.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { Journal } from './journal.js';

/** One request. */
export interface HlsRequest {
  readonly path: string;
  readonly query: string;
  /** Number of its connection, from 1. */
  readonly connection: number;
  readonly headers: IncomingMessage['headers'];
  readonly at: number;
}

/** Answers by itself. */
export type Answer = (request: IncomingMessage, response: ServerResponse, times: number) => void;

/** A running server. */
export interface HlsServer {
  readonly port: number;
  readonly requests: Journal<HlsRequest>;
  url(path: string): string;
  /** What a path has from now on: bytes, a text, or an answer. */
  put(path: string, what: Buffer | string | Answer): void;
  /** A path is gone. */
  drop(path: string): void;
}

/** Starts one, which goes away with the running test. */
export async function hlsServer(): Promise<HlsServer> {
  const requests = new Journal<HlsRequest>();
  const files = new Map<string, Buffer | string | Answer>();
  const times = new Map<string, number>();
  const numbers = new WeakMap<object, number>();
  let connections = 0;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const path = url.pathname.slice(1);
    const count = (times.get(path) ?? 0) + 1;
    times.set(path, count);
    requests.push({
      ...{ path, query: url.search, connection: numbers.get(request.socket) ?? 0 },
      ...{ headers: request.headers, at: performance.now() },
    });
    const what = files.get(path);
    if (typeof what === 'function') what(request, response, count);
    else if (what === undefined) response.writeHead(404).end('no such thing');
    else answer(request, response, Buffer.from(what));
  });
  server.on('connection', (socket) => {
    connections += 1;
    numbers.set(socket, connections);
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
    url: (path) => `http://127.0.0.1:${String(port)}/${path}`,
    put: (path, what) => files.set(path, what),
    drop: (path) => files.delete(path),
  };
}

/** Sends bytes, or the range of them that was asked for. */
export function answer(request: IncomingMessage, response: ServerResponse, bytes: Buffer): void {
  const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  if (from === undefined) {
    response.writeHead(200, { 'content-length': bytes.byteLength }).end(bytes);
    return;
  }
  const last = Math.min(bytes.byteLength - 1, to === undefined || to === '' ? Infinity : Number(to));
  if (Number(from) > last) {
    response.writeHead(416).end();
    return;
  }
  const part = bytes.subarray(Number(from), last + 1);
  const range = `bytes ${from}-${String(last)}/${String(bytes.byteLength)}`;
  response.writeHead(206, { 'content-length': part.byteLength, 'content-range': range }).end(part);
}
