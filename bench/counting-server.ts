// A server of one file over HTTP, in parts where they are asked for, that counts.
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** Serves one file of this machine until it is disposed of. */
export class CountingServer {
  readonly #server: Server;
  #requests = 0;
  #bytes = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(path: string, size: number) {
    this.#server = createServer((request, response) => {
      this.#requests += 1;
      answer(path, size, request, response);
    });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.#bytes += socket.bytesWritten;
      });
    });
  }

  /** Starts one on a free port. */
  static async start(path: string): Promise<CountingServer> {
    const started = new CountingServer(path, (await stat(path)).size);
    started.#server.listen(0, '127.0.0.1');
    await once(started.#server, 'listening');
    return started;
  }

  /** Where the file is. */
  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/v.mp4`;
  }

  /** How many requests came during some work, how many bytes were sent, heads of answers among them, and how long it took. */
  async count(work: () => Promise<unknown>): Promise<{ requests: number; bytes: number; ms: number }> {
    const [requests, bytes, started] = [this.#requests, this.#sent, performance.now()];
    await work();
    const ms = performance.now() - started;
    return { requests: this.#requests - requests, bytes: this.#sent - bytes, ms };
  }

  get #sent(): number {
    return [...this.#sockets].reduce((sum, { bytesWritten }) => sum + bytesWritten, this.#bytes);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => {
        resolve();
      });
      this.#server.closeAllConnections();
    });
  }
}

function answer(path: string, size: number, { headers }: IncomingMessage, response: ServerResponse): void {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? '') ?? [];
  const start = Number(first ?? 0);
  const end = last === undefined || last === '' ? size - 1 : Math.min(size - 1, Number(last));
  const version = { etag: '"1"', 'accept-ranges': 'bytes', 'content-length': end + 1 - start };
  if (first === undefined) response.writeHead(200, version);
  else
    response.writeHead(206, { ...version, 'content-range': `bytes ${String(start)}-${String(end)}/${String(size)}` });
  const stream = createReadStream(path, { start, end });
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}
