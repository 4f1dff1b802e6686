// A stream that is read as FLV over HTTP.
import { request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as requestSecure } from 'node:https';
import { argumentError, FramerailError, isFramerailError, monotonicNow, systemCode } from '../base/index.js';
import { FlvReader } from './flv/reader.js';
import type { Origin, OriginHandlers, OriginMarks, OriginOptions, OriginSource } from './origin.js';

/** More hops than any CDN makes. */
const MOST_REDIRECTS = 5;

/** Whether an address is one of HTTP. */
export function isHttp(address: string): boolean {
  return /^https?:\/\//i.test(address);
}

/** Reads the address; throws FR_ARG_INVALID. */
export function httpFlvOrigin(name: string, text: string): OriginSource {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw argumentError(name, 'an address such as http://host/live/stream.flv', 'another text');
  }
  const shown = `${url.protocol}//${url.host}/***`;
  return {
    shown,
    open: (handlers, options) => new HttpFlv(url, shown, handlers, options),
  };
}

class HttpFlv implements Origin {
  readonly marks: { -readonly [name in keyof OriginMarks]: OriginMarks[name] } = { dialled: monotonicNow() };
  readonly #shown: string;
  readonly #handlers: OriginHandlers;
  readonly #options: OriginOptions;
  readonly #reader: FlvReader;
  readonly #late: NodeJS.Timeout;
  #request: ClientRequest;
  #over = false;

  constructor(url: URL, shown: string, handlers: OriginHandlers, options: OriginOptions) {
    this.#shown = shown;
    this.#handlers = handlers;
    this.#options = options;
    this.#reader = new FlvReader({ onHeader: handlers.onHints, onTag: handlers.onTag });
    this.#late = setTimeout(() => {
      this.fail(
        new FramerailError('FR_RELAY_TIMEOUT', `${shown} did not answer within ${String(options.timeout)} ms.`),
      );
    }, options.timeout);
    this.#request = this.#get(url, 0);
  }

  close(): void {
    this.#over = true;
    clearTimeout(this.#late);
    this.#request.destroy();
  }

  fail(error: FramerailError): void {
    this.#end(error);
  }

  #get(url: URL, hops: number): ClientRequest {
    const ask = url.protocol === 'https:' ? requestSecure : requestPlain;
    const request = ask(url, {
      agent: false,
      headers: { accept: '*/*', 'user-agent': 'framerail' },
      rejectUnauthorized: this.#options.verify,
    });
    request.once('socket', (socket) => {
      socket.setNoDelay(true).setKeepAlive(true, 15_000);
      socket.once('lookup', () => (this.marks.dns = monotonicNow()));
      socket.once('connect', () => (this.marks.tcp = monotonicNow()));
      socket.once('secureConnect', () => (this.marks.tls = monotonicNow()));
    });
    request.once('error', (error) => {
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
        const broken = this.#reader.pending;
        this.#end(broken ? new FramerailError('FR_RELAY_LOST', `${this.#shown} ended within a tag.`) : undefined);
      })
      .once('error', (error) => {
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
    else this.#request = this.#get(next, hops + 1);
  }

  #read(bytes: Buffer): void {
    if (this.#over) return;
    try {
      this.#reader.push(bytes);
      this.#handlers.onTurn();
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
