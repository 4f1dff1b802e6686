// Serves relays over HTTP: their streams as FLV, how they stand, and, to whoever shows the token, their control.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FramerailError, isFramerailError } from '../../base/index.js';
import { PROMETHEUS_TYPE } from '../../telemetry/index.js';
import type { HistoryStep, RelaySample } from '../history.js';
import { whyNotListen } from '../why-not-listen.js';
import type { RelayCommand, RelayHost } from './host.js';
import { readHistory } from './http-history.js';
import { readCommand } from './http-command.js';
import { PAGE, PAGE_POLICY } from './page.js';
import type { RelaysStatus } from './status.js';
import { corsHeaders, responseVisitor, streamHeaders } from './visitor.js';

/** What is served. */
export interface Served {
  readonly token: string | undefined;
  readonly cors: boolean;
  readonly maxViewers: number;
  readonly viewers: number;
  hostOf(name: string): RelayHost | undefined;
  status(): Promise<RelaysStatus>;
  readonly names: readonly string[];
  history(name: string, step: HistoryStep): Promise<readonly RelaySample[]>;
  prometheus(): Promise<string>;
}

/** Milliseconds in which the head of a request must have come, and the whole of it. */
const HEAD = 10_000;
const REQUEST = 15_000;
/** Milliseconds for which a connection may be idle between two requests, and in which an answer must be taken. */
const KEEP_ALIVE = 5000;
const ANSWER = 15_000;
/** Connections beside those of viewers. */
const OTHERS = 256;
const STREAM = /^\/live\/([^/]+)\.flv$/;

/** A server that listens. */
export class RelaysServer {
  /** Where it listens, such as `127.0.0.1:8080`. */
  readonly address: string;
  readonly #server: Server;

  private constructor(server: Server) {
    const { address, family, port } = server.address() as AddressInfo;
    this.address = `${family === 'IPv6' ? `[${address}]` : address}:${String(port)}`;
    this.#server = server;
  }

  /** Listens; rejects with FR_RELAY_CONNECT. */
  static async listen(place: { readonly host: string; readonly port: number }, served: Served): Promise<RelaysServer> {
    const server = createServer(
      {
        ...{ headersTimeout: HEAD, requestTimeout: REQUEST, keepAliveTimeout: KEEP_ALIVE },
        ...{ connectionsCheckingInterval: 1000, maxHeaderSize: 16 * 1024, noDelay: true },
      },
      (request, response) => {
        answer(request, response, served).catch((error: unknown) => {
          fail(response, error);
        });
      },
    );
    await new Promise<void>((resolve, reject) => {
      server.once('error', (cause) => {
        const message = `${place.host}:${String(place.port)} cannot be listened on: ${whyNotListen(cause)}.`;
        reject(new FramerailError('FR_RELAY_CONNECT', message, { cause }));
      });
      server.listen(place.port, place.host, resolve);
    });
    return new RelaysServer(server);
  }

  /** Takes so many connections at once. */
  limit(viewers: number): void {
    this.#server.maxConnections = viewers + OTHERS;
  }

  /** Takes nobody any more; those who watch are the relays' own business. */
  close(): void {
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  /** Breaks off with everybody. */
  destroy(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  const { method = '' } = request;
  const path = pathOf(request);
  const stream = path === undefined ? null : STREAM.exec(path);
  if (path === undefined) say(response, 400, 'The address cannot be read.');
  else if (method !== 'GET' && method !== 'HEAD') await control(request, response, path, served);
  else if (stream !== null) watch(request, response, stream[1] ?? '', served);
  else {
    response.setTimeout(ANSWER, () => {
      response.destroy();
    });
    const headers = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', ...corsHeaders(served.cors) };
    if (path === '/status') {
      const text = `${JSON.stringify(await served.status())}\n`;
      send(response, 200, { ...headers, 'Content-Type': 'application/json; charset=utf-8' }, text);
    } else if (path === '/history') {
      const text = `${JSON.stringify(await readHistory(request.url ?? '', served))}\n`;
      send(response, 200, { ...headers, 'Content-Type': 'application/json; charset=utf-8' }, text);
    } else if (path === '/metrics')
      send(response, 200, { ...headers, 'Content-Type': PROMETHEUS_TYPE }, await served.prometheus());
    else if (path === '/') {
      const page = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': PAGE_POLICY };
      send(response, 200, { ...headers, ...page, 'Referrer-Policy': 'no-referrer' }, PAGE);
    } else say(response, 404, 'There is nothing here.');
  }
}

/** Somebody wants a stream. */
function watch(request: IncomingMessage, response: ServerResponse, name: string, served: Served): void {
  const { cors, maxViewers, viewers } = served;
  const host = served.hostOf(name);
  if (request.method === 'HEAD') {
    response.writeHead(host === undefined ? 404 : 200, streamHeaders(cors)).end();
    return;
  }
  // The stream is all that comes on this connection, so it is neither behind another answer nor ahead of a body.
  if (response.socket === null || hasBody(request)) {
    say(response, 400, 'Ask for a stream on a connection of its own.');
    return;
  }
  const visit = { request, response, cors };
  if (host === undefined) responseVisitor(response, cors).refuse(404, 'There is no such stream.');
  else if (viewers >= maxViewers) responseVisitor(response, cors).refuse(503, 'There are too many viewers.');
  else host.view(name, visit);
}

async function control(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  served: Served,
): Promise<void> {
  const { token, cors } = served;
  if (request.method === 'OPTIONS' && cors) {
    const allowed = { 'Access-Control-Allow-Methods': 'GET, HEAD', 'Access-Control-Allow-Headers': '*' };
    send(response, 200, { ...corsHeaders(cors), ...allowed }, '');
    return;
  }
  if (request.method !== 'POST' && request.method !== 'DELETE') {
    send(response, 405, { Allow: 'GET, HEAD, POST, DELETE' }, '');
    return;
  }
  if (token === undefined) {
    say(response, 403, 'Nothing is controlled over HTTP: the configuration has no token.');
    return;
  }
  if (!shows(request, token)) {
    response.setHeader('WWW-Authenticate', 'Bearer');
    say(response, 401, 'This needs the token of the configuration.');
    return;
  }
  const found = await readCommand(request, path);
  if (found === undefined) {
    say(response, 404, 'There is nothing here.');
    return;
  }
  const host = served.hostOf(found.relay);
  if (host === undefined) say(response, 404, 'There is no such relay.');
  else respond(response, found.command, await host.command(found.relay, found.command));
}

function respond(response: ServerResponse, command: RelayCommand, result: number | boolean | undefined): void {
  if (command.do === 'remove' && result === false) say(response, 404, 'There is no destination of that number.');
  else sendJson(response, 200, command.do === 'add' ? { id: result } : {});
}

function fail(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const { code, message } = isFramerailError(error)
    ? error
    : { code: 'FR_INTERNAL', message: 'The request could not be handled.' };
  const status = { FR_ARG_INVALID: 400, FR_CLOSED: 409, FR_TIMEOUT: 503, FR_WORKER_DIED: 503 }[code] ?? 500;
  sendJson(response, status, { error: { code, message } });
}

/** Compares in a time that tells nothing. */
function shows({ headers: { authorization = '' } }: IncomingMessage, token: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(/^Bearer (.+)$/i.exec(authorization)?.[1] ?? ''), digest(token));
}

function pathOf({ url = '' }: IncomingMessage): string | undefined {
  try {
    return decodeURIComponent(new URL(url, 'http://host').pathname);
  } catch {
    return undefined;
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function say(response: ServerResponse, status: number, why: string): void {
  send(response, status, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' }, `${why}\n`);
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const headers = { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' };
  send(response, status, headers, `${JSON.stringify(value)}\n`);
}

function send(response: ServerResponse, status: number, headers: Readonly<Record<string, string>>, text: string): void {
  // What is behind the head of a refused request was never read: the connection cannot go on.
  if (status >= 400) response.setHeader('Connection', 'close');
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(text) }).end(text);
}
