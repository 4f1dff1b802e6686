// A stream that is read over HTTP: FLV or MPEG-TS, whichever comes.
import { request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestSecure } from 'node:https';
import { argumentError, FramerailError, isFramerailError, monotonicNow, systemCode } from '../base/index.js';
import { createAddressPolicy, type AddressPolicy } from '../net/index.js';
import { described } from './described-origin.js';
import { isHttp, shownOf } from './http-address.js';
import { ContentReader } from './http-content.js';
import { loadedSource } from './loaded-origin.js';
import { parseProgram } from './mpegts/program.js';
import type { Origin, OriginHandlers, OriginMarks, OriginOptions, OriginSource } from './origin.js';

/** More hops than any CDN makes. */
const MOST_REDIRECTS = 5;

/** What is asked of others: where addresses may lead that came as data, and what playlists are. */
export interface HttpRules {
  /** Makes the policy of one connection, given the address that the operator wrote. */
  readonly guard: (first: URL, options: OriginOptions) => AddressPolicy;
  /** Reads a playlist from an address that turned out to hold one. */
  readonly playlist: (name: string, address: string) => OriginSource;
}

const RULES: HttpRules = {
  guard: ({ hostname }, { allowHosts }) => createAddressPolicy({ operatorHosts: [hostname], allowHosts }),
  playlist: (name, address) =>
    described(
      loadedSource({ shown: shownOf(new URL(address)) }, async () =>
        (await import('./hls/hls-origin.js')).hlsOrigin(name, address),
      ),
    ),
};

/**
 * Reads the address; throws FR_ARG_INVALID. Its fragment, which no server sees, may name a program: `#program=2`.
 * @param rules - what is asked beside this file
 */
export function httpOrigin(name: string, text: string, rules: Partial<HttpRules> = {}): OriginSource {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw argumentError(name, 'an address such as http://host/live/stream.flv', 'another text');
  }
  const program = parseProgram(name, new URLSearchParams(url.hash.slice(1)).get('program'));
  const shown = shownOf(url);
  const { guard, playlist } = { ...RULES, ...rules };
  return {
    shown,
    open: (handlers, options) =>
      new HttpOrigin(
        { url, shown, program, guard: guard(url, options), playlist: () => playlist(name, text) },
        handlers,
        options,
      ),
  };
}

/** An address that was read. */
interface HttpAddress {
  readonly url: URL;
  readonly shown: string;
  readonly program: number | undefined;
  readonly guard: AddressPolicy;
  readonly playlist: () => OriginSource;
}

class HttpOrigin implements Origin {
  readonly marks: { -readonly [name in keyof OriginMarks]: OriginMarks[name] } = { dialled: monotonicNow() };
  readonly #address: HttpAddress;
  readonly #shown: string;
  readonly #handlers: OriginHandlers;
  readonly #options: OriginOptions;
  readonly #reader: ContentReader;
  readonly #late: NodeJS.Timeout;
  readonly #guard: AddressPolicy;
  #request: ClientRequest;
  /** Who goes on where the address turned out to hold a playlist. */
  #successor: Origin | undefined;
  #over = false;

  constructor(address: HttpAddress, handlers: OriginHandlers, options: OriginOptions) {
    const { shown, program } = address;
    this.#address = address;
    this.#shown = shown;
    this.#handlers = handlers;
    this.#options = options;
    this.#guard = address.guard;
    const { onHints, onTag, onWarning } = handlers;
    const onPlaylist = (): void => {
      this.#handOver();
    };
    this.#reader = new ContentReader({ onHints, onTag, onWarning, onPlaylist }, { program });
    this.#late = setTimeout(() => {
      this.fail(
        new FramerailError('FR_RELAY_TIMEOUT', `${shown} did not answer within ${String(options.timeout)} ms.`),
      );
    }, options.timeout);
    this.#request = this.#get(address.url, 0);
  }

  close(): void {
    this.#over = true;
    clearTimeout(this.#late);
    this.#request.destroy();
    this.#successor?.close();
  }

  fail(error: FramerailError): void {
    this.#end(error);
  }

  #get(url: URL, hops: number): ClientRequest {
    const guard = this.#guard;
    const ask = url.protocol === 'https:' ? requestSecure : requestPlain;
    const request = ask(url, {
      agent: false,
      headers: { accept: '*/*', 'user-agent': 'framerail' },
      rejectUnauthorized: this.#options.verify,
      lookup: guard.lookup,
    });
    request.once('socket', (socket) => {
      guard.guard(socket, url.hostname);
      socket.setNoDelay(true).setKeepAlive(true, 15_000);
      socket.once('lookup', () => (this.marks.dns = monotonicNow()));
      socket.once('connect', () => (this.marks.tcp = monotonicNow()));
      socket.once('secureConnect', () => (this.marks.tls = monotonicNow()));
    });
    request.once('error', (error) => {
      if (this.#successor !== undefined) return;
      if (isFramerailError(error)) {
        this.#end(error);
        return;
      }
      const code = systemCode(error) ?? error.message;
      const failed = this.marks.accepted === undefined ? 'FR_RELAY_CONNECT' : 'FR_RELAY_LOST';
      this.#end(new FramerailError(failed, `${this.#shown} could not be read: ${code}.`, { cause: error }));
    });
    request.once('response', (response) => {
      this.#answered(response, url, hops);
    });
    request.end();
    return request;
  }

  #answered(response: IncomingMessage, url: URL, hops: number): void {
    const { statusCode = 0, headers } = response;
    if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined) {
      response.destroy();
      if (this.#over) return;
      if (hops >= MOST_REDIRECTS) this.#refuse(`it redirects more than ${String(MOST_REDIRECTS)} times`);
      else this.#follow(headers.location, url, hops);
      return;
    }
    if (statusCode !== 200) {
      response.destroy();
      this.#refuse(`it answered ${String(statusCode)}`, statusCode);
      return;
    }
    clearTimeout(this.#late);
    this.marks.accepted = monotonicNow();
    this.#handlers.onOpen();
    response
      .on('data', (bytes: Buffer) => {
        this.#read(bytes);
      })
      .once('end', () => {
        this.#finish();
      })
      .once('error', (error) => {
        if (this.#successor !== undefined) return;
        this.#end(new FramerailError('FR_RELAY_LOST', `${this.#shown} broke off.`, { cause: error }));
      });
  }

  #follow(location: string, from: URL, hops: number): void {
    let next: URL | undefined;
    try {
      next = new URL(location, from);
    } catch {
      next = undefined;
    }
    if (next === undefined || !isHttp(next.href)) this.#refuse('it redirects to what is no HTTP');
    else if (from.protocol === 'https:' && next.protocol === 'http:') this.#refuse('it redirects away from TLS');
    else
      this.#safely(() => {
        const permitted = this.#guard.check(location, ['http:', 'https:'], from);
        this.#request = this.#get(permitted, hops + 1);
      });
  }

  /** The address holds a playlist: who reads those begins anew with it, and follows redirects by its own rules. */
  #handOver(): void {
    this.#request.destroy();
    const { onHints, onTag, onTurn, onWarning } = this.#handlers;
    const onEnd = (error: FramerailError | undefined): void => {
      this.#end(error);
    };
    // It was told already that this origin has answered.
    const onOpen = (): void => undefined;
    this.#successor = this.#address
      .playlist()
      .open({ onOpen, onHints, onTag, onTurn, onWarning, onEnd }, this.#options);
  }

  #read(bytes: Buffer): void {
    if (this.#over || this.#successor !== undefined) return;
    this.#safely(() => {
      this.#reader.push(bytes);
      if (!this.#over) this.#handlers.onTurn();
    });
  }

  /** The body is over. */
  #finish(): void {
    if (this.#over || this.#successor !== undefined) return;
    this.#safely(() => {
      const cut = this.#reader.end();
      this.#handlers.onTurn();
      // Its last bytes may have shown that it is a playlist.
      if (this.#successor !== undefined) return;
      this.#end(cut ? new FramerailError('FR_RELAY_LOST', `${this.#shown} ended amid its stream.`) : undefined);
    });
  }

  #safely(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#end(
        isFramerailError(error)
          ? error
          : new FramerailError('FR_INTERNAL', 'A tag could not be handled.', { cause: error }),
      );
    }
  }

  #refuse(why: string, status?: number): void {
    const code = status === 401 || status === 403 ? 'FR_RELAY_AUTH' : 'FR_RELAY_REFUSED';
    this.#end(new FramerailError(code, `${this.#shown} cannot be read: ${why}.`, { details: { status } }));
  }

  #end(error: FramerailError | undefined): void {
    if (this.#over) return;
    this.close();
    this.#handlers.onEnd(error);
  }
}
