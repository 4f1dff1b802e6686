// The client's side of an RTSP connection: requests, which may be under way together, and their answers.
import type { FramerailError } from '../../base/index.js';
import { Wire, type WireGuard, type WireMarks } from '../wire.js';
import type { RtspAddress } from './address.js';
import { Authorization, readChallenge, type Login } from './auth.js';
import {
  formatFrame,
  formatRequest,
  formatResponse,
  headerOf,
  type RtspRequest,
  type RtspResponse,
} from './message.js';
import { RtspReader } from './reader.js';

/** Whom to dial, and who hears of it. */
export interface RtspLinkOptions {
  readonly address: RtspAddress;
  /** Who logs in, where that is asked for. */
  readonly login: Login | undefined;
  readonly verify: boolean;
  /** Where it may lead. */
  readonly guard: WireGuard | undefined;
  /** The connection stands. */
  readonly onOpen: () => void;
  /** A frame of data, valid until it returns. */
  readonly onFrame: (channel: number, payload: Buffer) => void;
  readonly isChannel: (channel: number) => boolean;
  /** The server asked for something, and was answered. */
  readonly onRequest: (method: string) => void;
  /** All that came together was handed over. */
  readonly onTurn: () => void;
  /** It is over: by the server without an error, or with what went wrong. */
  readonly onEnd: (error: FramerailError | undefined) => void;
}

/** Headers of a request. */
type Headers = Readonly<Record<string, string | number | undefined>>;

/** A request that was not answered yet. */
interface Pending {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly onAnswer: (response: RtspResponse) => void;
  /** With what it was sent. */
  readonly authorization: Authorization | undefined;
  /** How often it was sent before. */
  readonly tries: number;
  readonly asked: Asked;
}

/** A request, as whoever asked knows it. */
export interface Asked {
  /** Whether its answer is wanted. */
  wanted: boolean;
}

/** A request is repeated once with a login, and once more where only the nonce was too old. */
const MOST_TRIES = 2;
const UNAUTHORIZED = 401;
/** Requests of a server that are answered with a yes, as its clients are expected to. */
const ANSWERED = new Set(['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER', 'ANNOUNCE', 'TEARDOWN', 'REDIRECT']);
/** Milliseconds in which a server that was told goodbye must have closed. */
const FAREWELL = 500;

/** A connection to a server. */
export class RtspLink {
  readonly #options: RtspLinkOptions;
  readonly #wire: Wire;
  readonly #reader: RtspReader;
  readonly #pending = new Map<number, Pending>();
  #sequence = 0;
  #authorization: Authorization | undefined;
  /** Whether the server has taken the login once: then a refusal can only mean its nonce. */
  #known = false;

  constructor(options: RtspLinkOptions) {
    this.#options = options;
    const { address, verify, guard, onOpen, onFrame, isChannel, onTurn, onEnd } = options;
    this.#reader = new RtspReader({
      onResponse: (response) => {
        this.#answered(response);
      },
      onRequest: (request) => {
        this.#asked(request);
      },
      ...{ onFrame, isChannel },
    });
    this.#wire = Wire.dial({
      ...{ host: address.host, port: address.port, secure: address.secure, shown: address.shown, verify, guard },
      ...{ onOpen, onEnd },
      onBytes: (bytes) => {
        this.#reader.push(bytes);
        onTurn();
      },
    });
  }

  get marks(): WireMarks {
    return this.#wire.marks;
  }

  /** The addresses of both ends, as numbers. */
  get ends(): { readonly local: string; readonly remote: string } | undefined {
    return this.#wire.ends;
  }

  /** Whether it ended amid something. */
  get pending(): boolean {
    return this.#reader.pending;
  }

  /** Asks for something, without waiting for what was asked before. */
  ask(method: string, url: string, headers: Headers, onAnswer: (response: RtspResponse) => void): Asked {
    const asked = { wanted: true };
    this.#send({ method, url, headers, onAnswer, authorization: this.#authorization, tries: 0, asked });
    return asked;
  }

  /** The answer to a request is not wanted any more. */
  forget(asked: Asked): void {
    asked.wanted = false;
    for (const [sequence, pending] of this.#pending) if (pending.asked === asked) this.#pending.delete(sequence);
  }

  /** Sends a frame of data. */
  frame(channel: number, payload: Uint8Array): void {
    this.#wire.write(formatFrame(channel, payload));
  }

  /** Ends it at once; nobody hears of it. */
  drop(): void {
    this.#pending.clear();
    this.#wire.end(0);
  }

  /** Ends it with a last request, whose answer nobody waits for but the connection itself. */
  leave(method: string, url: string, headers: Headers): void {
    this.ask(method, url, headers, () => undefined);
    this.#pending.clear();
    this.#wire.end(FAREWELL);
  }

  #send(request: Pending): void {
    this.#sequence += 1;
    const { method, url, headers, authorization } = request;
    this.#pending.set(this.#sequence, request);
    const own = {
      CSeq: this.#sequence,
      'User-Agent': 'framerail',
      Authorization: authorization?.header(method, url),
    };
    this.#wire.write(formatRequest(method, url, { ...own, ...headers }));
  }

  #answered(response: RtspResponse): void {
    // Servers that leave the number out answer in order.
    const said = headerOf(response, 'cseq');
    const sequence = said === undefined ? this.#pending.keys().next().value : Number(said);
    const request = sequence === undefined ? undefined : this.#pending.get(sequence);
    // What comes ahead of the answer, or is not asked for any more.
    if (sequence === undefined || request === undefined || response.status < 200) return;
    this.#pending.delete(sequence);
    if (response.status === UNAUTHORIZED && this.#logIn(request, response)) return;
    if (request.authorization !== undefined && response.status !== UNAUTHORIZED) this.#known = true;
    if (request.asked.wanted) request.onAnswer(response);
  }

  /** Asks again with what the server wants to know; false where there is nothing that it has not been told. */
  #logIn(request: Pending, response: RtspResponse): boolean {
    const { login } = this.#options;
    const challenge = readChallenge(response.headers.get('www-authenticate') ?? []);
    if (login === undefined || challenge === undefined || request.tries >= MOST_TRIES) return false;
    // Cameras lock out whoever fails several times: a login that was refused is not sent again.
    const tooOld = challenge.scheme === 'digest' && (challenge.stale || this.#known);
    if (request.authorization !== undefined && !tooOld) return false;
    this.#authorization = new Authorization(challenge, login);
    this.#send({ ...request, authorization: this.#authorization, tries: request.tries + 1 });
    return true;
  }

  #asked(request: RtspRequest): void {
    const { method } = request;
    const [status, reason] = ANSWERED.has(method) ? ([200, 'OK'] as const) : ([501, 'Not Implemented'] as const);
    this.#wire.write(formatResponse(status, reason, headerOf(request, 'cseq')));
    this.#options.onRequest(method);
  }
}
