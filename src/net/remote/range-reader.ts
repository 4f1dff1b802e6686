// Fetches parts of one remote file: checked, within its budget, repeated where that may help, always of one version.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  Backoff,
  type BackoffOptions,
  deadlineError,
  type FramerailError,
  isFramerailError,
} from '../../base/index.js';
import { basicLogin } from '../basic-login.js';
import { discard, HttpClient, type HttpConnections } from '../http/http-client.js';
import { createAddressPolicy } from '../address-policy.js';
import { HTTP_SCHEMES } from '../http/http-address.js';
import { identityOf, isSameVersion, type FileIdentity } from './identity.js';
import { encodingOf, partOf, sizeOfRefusal } from './part.js';
import { readBody } from './read-body.js';
import type { RemoteErrors } from './remote-errors.js';
import type { CheckedRemote } from './remote-options.js';
import type { Tally } from './tally.js';

/** What a reader goes by. */
export interface RangeReaderOptions {
  readonly url: URL;
  readonly options: CheckedRemote;
  readonly connections: HttpConnections;
  readonly tally: Tally;
  readonly errors: RemoteErrors;
  readonly signal: AbortSignal | undefined;
  /** When the whole call ends, by `performance.now()`; undefined where it may take as long as it takes. */
  readonly endsAt: number | undefined;
  /** Ahead of requests that are repeated. */
  readonly pauses: BackoffOptions;
  /** The version that an earlier call saw; every answer must be about it. */
  readonly known?: FileIdentity | undefined;
}

/** Bytes that came. */
export interface Fetched {
  readonly start: number;
  readonly bytes: Buffer;
}

/** Attempts of one part that may fail. */
const MOST_FAILURES = 3;
/** Milliseconds that a server may ask for before it is asked again, where the call itself has no end. */
const MOST_PATIENCE = 30_000;
/** Requests for one file: far more than the largest one needs that is read within any budget. */
const MOST_REQUESTS = 10_000;
/** Failures that the next attempt will not be without. */
const FOR_GOOD = new Set(['ENOTFOUND', 'EPROTO', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'DEPTH_ZERO_SELF_SIGNED_CERT']);
/** Statuses of an address that a redirect led to, which may hold for a while only. */
const EXPIRED = new Set([401, 403, 404, 410]);

/** Reads parts of one file. */
export class RangeReader {
  /** The version that is read; undefined before the first answer. */
  identity: FileIdentity | undefined;
  /** Whether the server has answered for the version that is read. */
  confirmed = false;
  /** Whether the server gives nothing less than the file, which is all here then. */
  whole = false;
  /** Whether it turned out to be another version. */
  changed = false;
  readonly #options: RangeReaderOptions;
  readonly #client: HttpClient;
  readonly #login: string | undefined;
  /** Where it was found last. */
  #target: URL;

  /** Throws FR_ADDRESS_REFUSED where data must not lead there. */
  constructor(options: RangeReaderOptions) {
    const { url, connections, tally, known } = options;
    const { trust, allowHosts, verify } = options.options;
    this.#options = options;
    this.identity = known;
    const policy = createAddressPolicy({ operatorHosts: trust === 'data' ? [] : [url.hostname], allowHosts });
    this.#target = trust === 'data' ? policy.check(url.href, HTTP_SCHEMES) : url;
    this.#login = basicLogin(url);
    this.#client = new HttpClient({
      ...{ policy, verify, connections },
      onSocket: (socket) => {
        tally.watch(socket);
      },
    });
  }

  /** Requests and redirects so far. */
  get sent(): { readonly requests: number; readonly redirects: number } {
    return this.#client;
  }

  /** Ends what is under way. */
  close(): void {
    this.#client.close();
  }

  /**
   * Fetches bytes.
   * @returns at least the first of them; where the server only gives whole files, all of the file
   */
  async fetch(start: number, end: number): Promise<Fetched> {
    const backoff = new Backoff(this.#options.pauses);
    const pieces: Buffer[] = [];
    let have = 0;
    const take = (piece: Buffer): void => {
      pieces.push(piece);
      have += piece.byteLength;
    };
    for (;;) {
      const since = performance.now();
      try {
        const whole = await this.#attempt(start + have, end, take);
        return whole ?? { start, bytes: Buffer.concat(pieces) };
      } catch (error) {
        if (have >= end - start) return { start, bytes: Buffer.concat(pieces) };
        await this.#pause(error, backoff);
      } finally {
        this.#options.tally.add('total', performance.now() - since);
      }
    }
  }

  /** One request; all of the file where the server gives nothing less. */
  async #attempt(start: number, end: number, take: (piece: Buffer) => void): Promise<Fetched | undefined> {
    const { errors, options, tally } = this.#options;
    const left = options.maxReadBytes - tally.bytes;
    if (left <= 0) throw errors.budget(start, options.maxReadBytes);
    if (this.#client.requests >= MOST_REQUESTS) throw errors.endless(MOST_REQUESTS);
    const wanted = { start, end: Math.min(end, start + left) };
    const response = await this.#ask(wanted);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return this.#whole(response);
    if (statusCode === 416) throw await this.#beyond(response);
    if (statusCode !== 206) {
      void discard(response);
      throw errors.status(statusCode, headers);
    }
    const part = partOf(headers, wanted);
    if (typeof part === 'string') {
      response.destroy();
      throw errors.protocol(part);
    }
    try {
      this.#identify(headers, part.size);
    } catch (error) {
      response.destroy();
      throw error;
    }
    await this.#body(response, part.end - part.start, take);
    return undefined;
  }

  async #ask({ start, end }: { readonly start: number; readonly end: number }): Promise<IncomingMessage> {
    const { url, options, errors, tally, signal } = this.#options;
    const range = `bytes=${String(start)}-${String(end - 1)}`;
    const validator = this.identity?.validator;
    const headers = (target: URL): Record<string, string> => ({
      ...{ accept: '*/*', 'user-agent': 'framerail' },
      // What belongs to the address is for its own host alone.
      ...(target.origin === url.origin && {
        ...(this.#login !== undefined && { authorization: this.#login }),
        ...options.headers,
      }),
      ...{ 'accept-encoding': 'identity', range },
      ...(validator !== undefined && { 'if-range': validator }),
    });
    for (;;) {
      const since = performance.now();
      const failed = errors.trouble.bind(errors);
      const ask = { url: this.#target, headers, within: options.inputTimeout, signal, failed };
      const { response, url: found } = await this.#client.ask(ask).finally(() => {
        tally.add('firstByte', performance.now() - since);
      });
      if (EXPIRED.has(response.statusCode ?? 0) && this.#target.href !== url.href && found.href === this.#target.href) {
        // Where a redirect led to may be good for a while only: the address itself knows where it is now.
        void discard(response);
        this.#target = url;
        tally.retries += 1;
        continue;
      }
      this.#target = found;
      return response;
    }
  }

  /** Learns the version from the first answer, and holds the others against it. */
  #identify(headers: IncomingHttpHeaders, size: number | undefined): void {
    const { errors } = this.#options;
    const { identity } = this;
    if (identity === undefined) {
      if (size === undefined) throw errors.protocol('does not say how large the file is');
      this.identity = identityOf(headers, size);
    } else if (!isSameVersion(identity, headers) || (size !== undefined && size !== identity.size)) {
      this.changed = true;
      throw errors.changed();
    }
    this.confirmed = true;
  }

  /** A server that gives whole files is read to the end, unless it has done otherwise before. */
  async #whole(response: IncomingMessage): Promise<Fetched> {
    const { errors, options, tally } = this.#options;
    const { headers } = response;
    const encoding = encodingOf(headers);
    const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
    const left = options.maxReadBytes - tally.bytes;
    const refuse = (error: FramerailError): FramerailError => {
      response.destroy();
      return error;
    };
    if (this.identity !== undefined) {
      // The answer to `If-Range` for a version that is gone; nothing of it is read.
      const same = isSameVersion(this.identity, headers) && (length === undefined || length === this.identity.size);
      this.changed = !same;
      throw refuse(same ? errors.noRanges(options.maxReadBytes) : errors.changed());
    }
    if (encoding !== undefined) throw refuse(errors.protocol(`compressed (${encoding}) what was to come as it is`));
    if (length === 0) throw refuse(errors.empty());
    if (length !== undefined && length > left) throw refuse(errors.noRanges(options.maxReadBytes));
    const pieces: Buffer[] = [];
    let have = 0;
    await this.#body(response, Number.POSITIVE_INFINITY, (piece) => {
      pieces.push(piece);
      have += piece.byteLength;
      if (have > left) throw errors.noRanges(options.maxReadBytes);
    });
    if (have === 0) throw errors.empty();
    this.identity = identityOf(headers, have);
    this.confirmed = this.whole = true;
    return { start: 0, bytes: Buffer.concat(pieces) };
  }

  /** Nothing lies where something was asked for. */
  async #beyond(response: IncomingMessage): Promise<FramerailError> {
    const { errors } = this.#options;
    const size = sizeOfRefusal(response.headers);
    await discard(response);
    if (this.identity === undefined)
      return size === 0 ? errors.empty() : errors.protocol('says that there is nothing at the beginning of the file');
    this.changed = size !== undefined && size !== this.identity.size;
    return this.changed ? errors.changed() : errors.protocol('has nothing where it said that there are bytes');
  }

  async #body(response: IncomingMessage, most: number, take: (piece: Buffer) => void): Promise<void> {
    const { errors, options, signal, tally } = this.#options;
    const since = performance.now();
    let came = 0;
    const count = (piece: Buffer): void => {
      came += piece.byteLength;
      tally.bytes += piece.byteLength;
      take(piece);
    };
    try {
      await readBody(response, { most, inputTimeout: options.inputTimeout, signal, errors, take: count });
    } finally {
      tally.add('body', performance.now() - since);
    }
    if (Number.isFinite(most) && came < most) throw errors.lost(`${String(came)} of ${String(most)} bytes came`);
  }

  /** Waits until an attempt may be repeated; throws its error where that is of no use. */
  async #pause(error: unknown, backoff: Backoff): Promise<void> {
    const { signal, endsAt, tally } = this.#options;
    if (!isFramerailError(error) || !error.retryable || error.code === 'FR_REMOTE_CHANGED' || signal?.aborted === true)
      throw error;
    const { system, retryAfter } = error.details;
    const wait = Math.max(backoff.next(), typeof retryAfter === 'number' ? retryAfter : 0);
    const late = endsAt === undefined ? wait > MOST_PATIENCE : performance.now() + wait >= endsAt;
    if (backoff.failures > MOST_FAILURES || late || (typeof system === 'string' && FOR_GOOD.has(system))) throw error;
    tally.retries += 1;
    try {
      await sleep(wait, undefined, { signal });
    } catch (aborted) {
      throw signal === undefined ? aborted : deadlineError(signal);
    }
  }
}
