// Requests over HTTP: kept connections, one deadline for all hops, redirects under an address policy, typed failures.
import { Agent as PlainAgent, request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as requestSecure } from 'node:https';
import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { deadlineError, FramerailError, isFramerailError, monotonicNow, systemCode } from '../../base/index.js';
import type { AddressPolicy } from '../address-policy.js';
import { HTTP_SCHEMES } from './http-address.js';

/** One thing that is asked for. */
export interface HttpAsk {
  readonly url: URL;
  /** What is sent to an address on the way: what belongs to one host is not for another. */
  readonly headers: (url: URL) => Readonly<Record<string, string>>;
  /** Milliseconds until the answer must have begun, redirects and all. */
  readonly within: number;
  /** Ends it; its reason must be a FramerailError. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of every answer on the way, that of a redirect too. */
  readonly onAnswer?: (response: IncomingMessage, url: URL) => void;
  /** Turns what went wrong into an error in the words of who asked. */
  readonly failed: (trouble: HttpTrouble) => FramerailError;
}

/** What went wrong with a request, and where. */
export type HttpTrouble = { readonly url: URL } & (
  | { readonly kind: 'late'; readonly within: number }
  /** The connection did not come about, or broke off ahead of the answer. */
  | { readonly kind: 'broken'; readonly how: string; readonly connected: boolean; readonly cause: Error }
  | { readonly kind: 'redirect'; readonly how: string }
);

/** An answer that is no redirect; who gets it must read its body or destroy it. */
export interface HttpAnswer {
  readonly response: IncomingMessage;
  /** Where it came from in the end. */
  readonly url: URL;
}

/** What a client goes by. */
export interface HttpClientOptions {
  readonly policy: AddressPolicy;
  /** For TLS: whether certificates must be ones that this machine trusts. */
  readonly verify: boolean;
  /** Kept connections; those of others may be shared, as each policy looks at the sockets that it is given. */
  readonly connections: HttpConnections;
  /** Sees the socket of each request, a kept one too, before anything is sent. */
  readonly onSocket?: (socket: Socket) => void;
}

/** More hops than any CDN makes. */
const MOST_REDIRECTS = 5;
/** Bytes of an answer that nobody reads which are worth less than a new connection. */
const CHEAP = 16 * 1024;
/** Milliseconds that are. */
const PATIENCE = 500;
const KEEP_ALIVE = 15_000;

/** Connections that are kept between requests. */
export class HttpConnections {
  readonly #plain: PlainAgent;
  readonly #secure: SecureAgent;

  /** @param most - connections to one host, free ones of them, and all together */
  constructor(most: { readonly host: number; readonly free: number; readonly total: number }) {
    const options = { keepAlive: true, maxSockets: most.host, maxFreeSockets: most.free, maxTotalSockets: most.total };
    this.#plain = new PlainAgent(options);
    this.#secure = new SecureAgent(options);
  }

  /** Who connects for an address. */
  agent(url: URL): PlainAgent | SecureAgent {
    return url.protocol === 'https:' ? this.#secure : this.#plain;
  }

  /** Closes all of them. */
  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

/** Asks for things, until it is closed. */
export class HttpClient {
  /** Requests that were sent so far, those that redirects led to among them. */
  requests = 0;
  /** Redirects that were followed so far. */
  redirects = 0;
  readonly #options: HttpClientOptions;
  readonly #running = new Set<ClientRequest>();
  #closed = false;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /** Ends everything that is under way; the connections stay with who made them. */
  close(): void {
    this.#closed = true;
    for (const request of this.#running) request.destroy(closedError());
  }

  /** Asks for something, and follows where it is sent to; throws what `failed` makes, and FR_ADDRESS_REFUSED. */
  async ask(ask: HttpAsk): Promise<HttpAnswer> {
    let { url } = ask;
    const deadline = monotonicNow() + ask.within;
    for (let hops = 0; ; hops++) {
      const response = await this.#patiently({ ...ask, url }, Math.max(1, deadline - monotonicNow()));
      const { statusCode = 0, headers } = response;
      ask.onAnswer?.(response, url);
      const { location } = headers;
      if (statusCode < 300 || statusCode >= 400 || location === undefined) return { response, url };
      await discard(response);
      const refused = (how: string): FramerailError => ask.failed({ kind: 'redirect', url, how });
      if (hops >= MOST_REDIRECTS) throw refused(`more than ${String(MOST_REDIRECTS)} times`);
      const next = this.#options.policy.check(location, HTTP_SCHEMES, url);
      if (url.protocol === 'https:' && next.protocol === 'http:') throw refused('away from TLS');
      this.redirects += 1;
      url = next;
    }
  }

  /** One request; a kept connection that was closed in the same moment is not held against the server. */
  async #patiently(ask: HttpAsk, within: number): Promise<IncomingMessage> {
    try {
      return await this.#once(ask, within, false);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      this.requests -= 1;
      return await this.#once(ask, within, true);
    }
  }

  async #once(ask: HttpAsk, within: number, fresh: boolean): Promise<IncomingMessage> {
    const { url, signal } = ask;
    const { policy, verify, connections, onSocket } = this.#options;
    return await new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(closedError());
        return;
      }
      if (signal?.aborted === true) {
        reject(deadlineError(signal));
        return;
      }
      this.requests += 1;
      const request = (url.protocol === 'https:' ? requestSecure : requestPlain)(url, {
        agent: fresh ? false : connections.agent(url),
        headers: ask.headers(url),
        lookup: policy.lookup,
        rejectUnauthorized: verify,
        // The address may hold what the operator wrote: it goes into a header, and only where it belongs.
        auth: '',
      });
      const late = setTimeout(() => {
        request.destroy(ask.failed({ kind: 'late', url, within: Math.round(ask.within) }));
      }, within);
      const abort = (): void => {
        if (signal !== undefined) request.destroy(deadlineError(signal));
      };
      signal?.addEventListener('abort', abort, { once: true });
      let connected = false;
      this.#running.add(request);
      request.once('socket', (socket) => {
        policy.guard(socket, url.hostname);
        connected = !socket.connecting;
        if (socket.connecting) {
          socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE);
          socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => (connected = true));
        }
        onSocket?.(socket);
      });
      request.once('response', (response) => {
        clearTimeout(late);
        resolve(response);
      });
      request.on('error', (cause) => {
        clearTimeout(late);
        if (request.reusedSocket && isReset(cause)) reject(new StaleConnection());
        else if (isFramerailError(cause)) reject(cause);
        else reject(ask.failed({ kind: 'broken', url, how: systemCode(cause) ?? cause.message, connected, cause }));
      });
      request.once('close', () => {
        this.#running.delete(request);
        signal?.removeEventListener('abort', abort);
      });
      request.end();
    });
  }
}

function closedError(): FramerailError {
  return new FramerailError('FR_CLOSED', 'What was asked for over HTTP is not read any more: its reader was closed.');
}

/** A kept connection was closed by its server before it answered. */
class StaleConnection extends Error {}

function isReset(error: Error): boolean {
  return ['ECONNRESET', 'EPIPE', 'HPE_INVALID_CONSTANT'].includes(systemCode(error) ?? '');
}

/** Lets go of an answer that nobody reads; its connection is kept where that costs little. Resolves when that is known. */
export async function discard(response: IncomingMessage): Promise<void> {
  let bytes = 0;
  const late = setTimeout(() => response.destroy(), PATIENCE);
  response.on('data', (piece: Buffer) => {
    bytes += piece.byteLength;
    if (bytes > CHEAP) response.destroy();
  });
  // Also where it breaks off, there is nothing more to wait for.
  await finished(response).catch(() => undefined);
  clearTimeout(late);
}
