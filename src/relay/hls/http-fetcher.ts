// Requests of one HLS origin: kept connections, deadlines, redirects under the address policy, and errors with a code.
import { Agent as PlainAgent, request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as SecureAgent, request as requestSecure } from 'node:https';
import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { FramerailError, isFramerailError, monotonicNow, systemCode } from '../../base/index.js';
import type { AddressPolicy } from '../../net/index.js';
import type { OriginMarks } from '../origin.js';
import { Cookies } from './cookies.js';
import { Body } from './http-body.js';
import { HTTP_SCHEMES, shownOf, type Wish } from './http-wish.js';

/** What a fetcher goes by. */
export interface FetcherOptions {
  /** The operator's own address: its user and password are sent to its own host, scheme and port alone. */
  readonly origin: URL;
  readonly policy: AddressPolicy;
  /** For TLS: whether certificates must be ones that this machine trusts. */
  readonly verify: boolean;
  /** Gets the steps of the first connection. */
  readonly marks: { -readonly [name in keyof OriginMarks]: OriginMarks[name] };
}

/** More hops than any CDN makes. */
const MOST_REDIRECTS = 5;
/** Bytes of an answer that nobody reads which are worth less than a new connection. */
const CHEAP = 16 * 1024;
/** Milliseconds that are. */
const PATIENCE = 500;
const AGENT = { keepAlive: true, maxSockets: 4, maxFreeSockets: 2, maxTotalSockets: 8 } as const;
const KEEP_ALIVE = 15_000;

/** Asks for things, until it is closed. */
export class HttpFetcher {
  readonly #options: FetcherOptions;
  readonly #plain = new PlainAgent(AGENT);
  readonly #secure = new SecureAgent(AGENT);
  readonly #cookies = new Cookies();
  readonly #running = new Set<ClientRequest>();
  readonly #login: string | undefined;
  #answered = false;
  #closed = false;

  constructor(options: FetcherOptions) {
    this.#options = options;
    const { username, password } = options.origin;
    const login = `${unescaped(username)}:${unescaped(password)}`;
    this.#login = username === '' ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
  }

  /** Ends everything that is under way. */
  close(): void {
    this.#closed = true;
    for (const request of this.#running) request.destroy();
    this.#plain.destroy();
    this.#secure.destroy();
  }

  /**
   * Asks for something, and follows where it is sent to.
   * @returns its body, of which the first bytes are on their way; throws FR_RELAY_* and FR_ADDRESS_REFUSED
   */
  async open(wish: Wish): Promise<Body> {
    let { url } = wish;
    const deadline = monotonicNow() + wish.within;
    for (let hops = 0; ; hops++) {
      const response = await this.#ask({ ...wish, url, within: Math.max(1, deadline - monotonicNow()) });
      const { statusCode = 0, headers } = response;
      this.#cookies.take(url, headers['set-cookie']);
      const { location } = headers;
      if (statusCode < 300 || statusCode >= 400 || location === undefined) {
        if (statusCode === 200 || statusCode === 206) return new Body(response, url, wish);
        void discard(response);
        throw answered(wish, url, statusCode);
      }
      await discard(response);
      if (hops >= MOST_REDIRECTS) throw redirected(wish, url, `more than ${String(MOST_REDIRECTS)} times`);
      const next = this.#options.policy.check(location, HTTP_SCHEMES, url);
      if (url.protocol === 'https:' && next.protocol === 'http:') throw redirected(wish, url, 'away from TLS');
      url = next;
    }
  }

  /** One request; a kept connection that was closed in the same moment is not held against the server. */
  async #ask(wish: Wish): Promise<IncomingMessage> {
    try {
      return await this.#once(wish);
    } catch (error) {
      if (!(error instanceof StaleConnection)) throw error;
      return await this.#once(wish, true);
    }
  }

  async #once(wish: Wish, fresh = false): Promise<IncomingMessage> {
    const { url, what, within } = wish;
    const { policy, verify } = this.#options;
    const secure = url.protocol === 'https:';
    return await new Promise((resolve, reject) => {
      if (this.#closed) {
        reject(new FramerailError('FR_CLOSED', 'The origin was closed.'));
        return;
      }
      const request = (secure ? requestSecure : requestPlain)(url, {
        agent: fresh ? false : secure ? this.#secure : this.#plain,
        headers: this.#headers(wish),
        lookup: policy.lookup,
        rejectUnauthorized: verify,
        // The address may hold what the operator wrote: it goes into a header, and only where it belongs.
        auth: '',
      });
      const late = setTimeout(() => {
        const waited = `${String(Math.round(within))} ms`;
        request.destroy(
          new FramerailError('FR_RELAY_TIMEOUT', `${shownOf(url)} did not answer for ${what} within ${waited}.`),
        );
      }, within);
      this.#running.add(request);
      request.once('socket', (socket) => {
        policy.guard(socket, url.hostname);
        this.#watch(socket);
      });
      request.once('response', (response) => {
        clearTimeout(late);
        this.#answered = true;
        resolve(response);
      });
      request.on('error', (error) => {
        clearTimeout(late);
        reject(request.reusedSocket && isReset(error) ? new StaleConnection() : this.#failure(error, url, what));
      });
      request.once('close', () => this.#running.delete(request));
      request.end();
    });
  }

  #headers({ url, range, text = false }: Wish): Record<string, string> {
    const cookie = this.#cookies.header(url);
    const own = url.origin === this.#options.origin.origin ? this.#login : undefined;
    const last = range === undefined ? undefined : range.offset + range.length - 1;
    return {
      ...{ accept: '*/*', 'user-agent': 'framerail', 'accept-encoding': text ? 'gzip, deflate' : 'identity' },
      ...(cookie !== undefined && { cookie }),
      ...(own !== undefined && { authorization: own }),
      ...(range !== undefined && last !== undefined && { range: rangeHeader(range.offset, last) }),
    };
  }

  /** Notes the steps of the first connection. */
  #watch(socket: Socket): void {
    const { marks } = this.#options;
    if (marks.tcp !== undefined || !socket.connecting) return;
    socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE);
    socket.once('lookup', () => (marks.dns ??= monotonicNow()));
    socket.once('connect', () => (marks.tcp ??= monotonicNow()));
    socket.once('secureConnect', () => (marks.tls ??= monotonicNow()));
  }

  #failure(error: Error, url: URL, what: string): FramerailError {
    if (isFramerailError(error)) return error;
    const code = systemCode(error) ?? error.message;
    const [failed, how] = this.#answered
      ? (['FR_RELAY_LOST', `broke off as it was asked for ${what}`] as const)
      : (['FR_RELAY_CONNECT', 'could not be reached'] as const);
    return new FramerailError(failed, `${shownOf(url)} ${how}: ${code}.`, { cause: error });
  }
}

/** What an address has escaped; as it stands where it is not well escaped. */
function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A kept connection was closed by its server before it answered. */
class StaleConnection extends Error {}

function isReset(error: Error): boolean {
  return ['ECONNRESET', 'EPIPE', 'HPE_INVALID_CONSTANT'].includes(systemCode(error) ?? '');
}

/** Bytes from here to there; an endless range has no last one. */
function rangeHeader(first: number, last: number): string {
  return `bytes=${String(first)}-${Number.isFinite(last) ? String(last) : ''}`;
}

/** Lets go of an answer that nobody reads; its connection is kept where that costs little. Resolves when that is known. */
async function discard(response: IncomingMessage): Promise<void> {
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

function answered({ what }: Wish, url: URL, status: number): FramerailError {
  const code =
    status === 401 || status === 403 ? 'FR_RELAY_AUTH' : status >= 500 ? 'FR_RELAY_LOST' : 'FR_RELAY_REFUSED';
  const message = `${shownOf(url)} cannot be read: for ${what} it answered ${String(status)}.`;
  return new FramerailError(code, message, { details: { status } });
}

function redirected({ what }: Wish, url: URL, how: string): FramerailError {
  return new FramerailError('FR_RELAY_REFUSED', `${shownOf(url)} cannot be read: ${what} is redirected ${how}.`);
}
