// Requests of one HLS origin: its login, its cookies, the steps of its first connection, and errors of a relay.
import type { Socket } from 'node:net';
import { FramerailError, monotonicNow } from '../../base/index.js';
import {
  basicLogin,
  loadHttp,
  type AddressPolicy,
  type HttpClient,
  type HttpConnections,
  type HttpTrouble,
} from '../../net/index.js';
import { shownOf } from '../http-address.js';
import type { OriginMarks } from '../origin.js';
import { Cookies } from './cookies.js';
import { Body } from './http-body.js';
import type { Wish } from './http-wish.js';

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

const CONNECTIONS = { host: 4, free: 2, total: 8 } as const;

/** Asks for things, until it is closed. */
export class HttpFetcher {
  readonly #options: FetcherOptions;
  readonly #cookies = new Cookies();
  readonly #login: string | undefined;
  readonly #code: ReturnType<typeof loadHttp>;
  #client: { readonly requests: HttpClient; readonly connections: HttpConnections } | undefined;
  #answered = false;
  #closed = false;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#login = basicLogin(options.origin);
    this.#code = loadHttp();
  }

  /** Ends everything that is under way. */
  close(): void {
    this.#closed = true;
    this.#client?.requests.close();
    this.#client?.connections.close();
  }

  /**
   * Asks for something, and follows where it is sent to.
   * @returns its body, of which the first bytes are on their way; throws FR_RELAY_* and FR_ADDRESS_REFUSED
   */
  async open(wish: Wish): Promise<Body> {
    const { discard } = await this.#code;
    const { response, url } = await (
      await this.#requests()
    ).ask({
      ...{ url: wish.url, within: wish.within },
      headers: (url) => this.#headers(url, wish),
      onAnswer: ({ headers }, url) => {
        this.#answered = true;
        this.#cookies.take(url, headers['set-cookie']);
      },
      failed: (trouble) => this.#failure(trouble, wish.what),
    });
    const { statusCode = 0 } = response;
    if (statusCode === 200 || statusCode === 206) return new Body(response, url, wish);
    void discard(response);
    throw answered(wish, url, statusCode);
  }

  async #requests(): Promise<HttpClient> {
    const { HttpClient, HttpConnections } = await this.#code;
    if (this.#closed) throw new FramerailError('FR_CLOSED', 'The origin was closed.');
    if (this.#client === undefined) {
      const { policy, verify } = this.#options;
      const connections = new HttpConnections(CONNECTIONS);
      const onSocket = (socket: Socket): void => {
        this.#watch(socket);
      };
      this.#client = { connections, requests: new HttpClient({ policy, verify, connections, onSocket }) };
    }
    return this.#client.requests;
  }

  #headers(url: URL, { range, text = false }: Wish): Record<string, string> {
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
    socket.once('lookup', () => (marks.dns ??= monotonicNow()));
    socket.once('connect', () => (marks.tcp ??= monotonicNow()));
    socket.once('secureConnect', () => (marks.tls ??= monotonicNow()));
  }

  #failure(trouble: HttpTrouble, what: string): FramerailError {
    const shown = shownOf(trouble.url);
    if (trouble.kind === 'late') {
      const waited = `${String(trouble.within)} ms`;
      return new FramerailError('FR_RELAY_TIMEOUT', `${shown} did not answer for ${what} within ${waited}.`);
    }
    if (trouble.kind === 'redirect')
      return new FramerailError('FR_RELAY_REFUSED', `${shown} cannot be read: ${what} is redirected ${trouble.how}.`);
    const [failed, how] = this.#answered
      ? (['FR_RELAY_LOST', `broke off as it was asked for ${what}`] as const)
      : (['FR_RELAY_CONNECT', 'could not be reached'] as const);
    return new FramerailError(failed, `${shown} ${how}: ${trouble.how}.`, { cause: trouble.cause });
  }
}

/** Bytes from here to there; an endless range has no last one. */
function rangeHeader(first: number, last: number): string {
  return `bytes=${String(first)}-${Number.isFinite(last) ? String(last) : ''}`;
}

function answered({ what }: Wish, url: URL, status: number): FramerailError {
  const code =
    status === 401 || status === 403 ? 'FR_RELAY_AUTH' : status >= 500 ? 'FR_RELAY_LOST' : 'FR_RELAY_REFUSED';
  const message = `${shownOf(url)} cannot be read: for ${what} it answered ${String(status)}.`;
  return new FramerailError(code, message, { details: { status } });
}
