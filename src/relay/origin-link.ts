// The origin's side of a relay: dialled, watched, and dialled again when it is lost.
import { Backoff, FramerailError, monotonicNow } from '../base/index.js';
import type { OnOriginEnd } from './options.js';
import type { Origin, OriginHints, OriginMarks, OriginSource } from './origin.js';
import type { RtspTransport } from './rtsp/address.js';

/** How the origin is kept. */
export interface OriginLinkOptions {
  readonly from: OriginSource;
  /** Milliseconds until it must have answered. */
  readonly connectTimeout: number;
  /** Milliseconds without media after which it counts as lost. */
  readonly originTimeout: number;
  readonly verify: boolean;
  /** Hosts that redirects and playlists may lead to beside public ones. */
  readonly allowHosts: readonly string[];
  /** How RTSP brings media. */
  readonly rtspTransport: RtspTransport;
  readonly onEnd: OnOriginEnd;
  /** Whether there is no other: then a few refusals in a row are the end of it, else it is tried now and then. */
  readonly alone: boolean;
}

/** Where a connection stands; `ended` is one that is not dialled again. */
export type LinkState = 'idle' | 'dialling' | 'open' | 'waiting' | 'failed' | 'ended';

/** Who hears of the origin. */
export interface OriginLinkHandlers {
  /** It has answered. */
  readonly onOpen: () => void;
  readonly onHints: (hints: OriginHints) => void;
  /** A tag; the payload is valid until it returns. */
  readonly onTag: (type: number, timestamp: number, payload: Buffer) => void;
  /** All that came together was handed over. */
  readonly onTurn: () => void;
  /** Something of it is not as it should be, and the rest goes on. */
  readonly onWarning: (message: string) => void;
  /** It is dialled: what comes next is of a new connection. */
  readonly onDial: () => void;
  /** It ended, without an error, or was lost; undefined milliseconds say that it is not dialled again. */
  readonly onLost: (error: FramerailError | undefined, retryIn: number | undefined) => void;
}

/** At once, then up to a quarter of a minute. Milliseconds. */
const RETRY = { first: 0, second: 500, longest: 15_000 };
/** Refusals in a row after which it is given up, or tried rarely. */
const MOST_REFUSALS = 3;
/** Milliseconds between two attempts at one that refuses, where another one may live. */
const REFUSED_PAUSE = 60_000;
/** Milliseconds of media after which the next loss is the first one again. */
const HEALTHY = 30_000;

/** Keeps one origin. */
export class OriginLink {
  state: LinkState = 'idle';
  /** How often it was dialled. */
  connections = 0;
  /** What it was lost for last; undefined while it was never lost, or ended by itself. */
  lastError: FramerailError | undefined;
  readonly #options: OriginLinkOptions;
  readonly #handlers: OriginLinkHandlers;
  readonly #backoff = new Backoff(RETRY);
  #origin: Origin | undefined;
  #lastMarks: OriginMarks | undefined;
  #refusals = 0;
  #retry: NodeJS.Timeout | undefined;
  #openedAt = 0;
  /** When it sent its last tag, or answered. */
  #lastTag = 0;

  constructor(options: OriginLinkOptions, handlers: OriginLinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
  }

  /** Whether it has answered and is not lost. */
  get open(): boolean {
    return this.state === 'open';
  }

  /** Whether it has a connection, or is about to. */
  get lives(): boolean {
    return this.#origin !== undefined;
  }

  /** When the steps of its last connection were done; undefined when it was never dialled. */
  get marks(): OriginMarks | undefined {
    return this.#origin?.marks ?? this.#lastMarks;
  }

  /** Dials it, also ahead of its next attempt; does nothing for one that is dialled or open. */
  dial(): void {
    if (this.#origin !== undefined) return;
    const { from, connectTimeout: timeout, verify, allowHosts, rtspTransport } = this.#options;
    const { onHints, onTag, onTurn, onWarning } = this.#handlers;
    clearTimeout(this.#retry);
    this.connections += 1;
    this.state = 'dialling';
    this.#handlers.onDial();
    this.#origin = from.open(
      {
        ...{ onHints, onTurn, onWarning },
        onOpen: () => {
          this.state = 'open';
          this.#refusals = 0;
          this.#openedAt = this.#lastTag = monotonicNow();
          this.#handlers.onOpen();
        },
        onTag: (type, timestamp, payload) => {
          this.#lastTag = monotonicNow();
          onTag(type, timestamp, payload);
        },
        onEnd: (error) => {
          this.#ended(error);
        },
      },
      { timeout, verify, allowHosts, rtspTransport },
    );
  }

  /** Looks whether it still sends; called now and then. */
  watch(now: number): void {
    const { originTimeout, from } = this.#options;
    if (!this.open || now - this.#lastTag < originTimeout) return;
    const waited = `${String(originTimeout)} ms`;
    const options = { details: { originTimeout } };
    this.#origin?.fail(new FramerailError('FR_RELAY_TIMEOUT', `${from.shown} sent no media for ${waited}.`, options));
  }

  /** Ends the connection, if there is one, and tries nothing until it is dialled again. */
  close(): void {
    clearTimeout(this.#retry);
    this.#lastMarks = this.marks;
    this.#origin?.close();
    this.#origin = undefined;
    if (this.state !== 'ended') this.state = 'idle';
  }

  #ended(error: FramerailError | undefined): void {
    const { onEnd, alone } = this.#options;
    this.#lastMarks = this.marks;
    this.#origin = undefined;
    if (this.open && monotonicNow() - this.#openedAt > HEALTHY) this.#backoff.reset();
    this.lastError = error;
    if (error?.retryable === false) this.#refusals += 1;
    // Cameras lock out whoever comes with a wrong login again and again.
    const refused = error?.code === 'FR_RELAY_AUTH' || this.#refusals >= MOST_REFUSALS;
    const over = onEnd === 'exit' || (refused && alone);
    this.state = over ? 'ended' : refused ? 'failed' : 'waiting';
    const wait = over ? undefined : refused ? REFUSED_PAUSE : this.#wait(error);
    if (wait !== undefined)
      this.#retry = setTimeout(() => {
        this.dial();
      }, wait);
    this.#handlers.onLost(error, wait);
  }

  #wait(error: FramerailError | undefined): number {
    // Who listens does so again at once; a port that is taken is one that is dialled in vain.
    const listens = this.#options.from.listens === true && error?.code !== 'FR_RELAY_CONNECT';
    return listens ? 0 : this.#backoff.next();
  }
}
