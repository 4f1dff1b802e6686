// A connection over SRT, from the name to the peer: its deadline, the addresses that a name has, and how it ends.
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { FramerailError, monotonicNow, systemCode } from '../../base/index.js';
import type { OriginMarks } from '../origin.js';
import type { SrtAddress } from './address.js';
import { dialError, lossError, timeoutError, turnedAway } from './failures.js';
import { srtLinks, type LinkGroup } from './link-group.js';
import type { Direction } from './messages.js';
import type { LinkEnd, WorkerLink } from './worker-link.js';

/** Who hears of a connection. */
export interface DialHandlers {
  readonly onAccepted: () => void;
  readonly onBytes: (bytes: Buffer) => void;
  readonly onTurn: () => void;
  readonly onWarning: (message: string) => void;
  /** It is over by itself. It is called once, and nothing after it. */
  readonly onEnd: (error: FramerailError) => void;
}

/** What is dialled. */
export interface DialRequest extends DialHandlers {
  readonly address: SrtAddress;
  readonly direction: Direction;
  /** Milliseconds until the peer must have answered; who listens waits for as long as it takes. */
  readonly timeout: number;
  /** Whether it is dialled ahead of who needs it: its bytes wait, and it keeps nobody from ending, until it is begun. */
  readonly ahead?: boolean | undefined;
  /** The processes that host its links; those of this process unless told. */
  readonly group?: LinkGroup | undefined;
}

/** More addresses of one name than are worth the time. */
const MOST_ADDRESSES = 4;
/** Microseconds without a byte after which libav would give up; whoever uses the link has a watch of his own. */
const NEVER = String(24 * 3600 * 1e6);
/** Milliseconds that a receiver may need beyond its latency, until it has used what it was sent. */
const SPARE = 150;
const PACKET_BYTES = 188;
const SRT_PAYLOAD = 1316;

/** One connection. */
export class SrtDial {
  readonly marks: { -readonly [name in keyof OriginMarks]: OriginMarks[name] } = { dialled: monotonicNow() };
  readonly #request: DialRequest;
  readonly #late: NodeJS.Timeout;
  readonly #limit: number;
  #addresses: readonly string[] = [];
  #link: WorkerLink | undefined;
  /** When the last address was dialled, and the milliseconds that it had. */
  #attempt = { at: 0, limit: 0 };
  #ahead: boolean;
  #over = false;

  constructor(request: DialRequest) {
    this.#request = request;
    const { address, timeout, ahead = false } = request;
    this.#ahead = ahead;
    this.#limit = Math.min(timeout, address.connectTimeout ?? timeout);
    // For a listener this ends when it listens: only its worker can fail to answer.
    this.#late = setTimeout(() => {
      this.fail(timeoutError({ ...address, listens: false }, this.#limit));
    }, this.#limit);
    if (ahead) this.#late.unref();
    this.#resolve();
  }

  /** Bytes that libsrt has not taken yet. */
  get queued(): number {
    return this.#link?.queued ?? 0;
  }

  /** Bytes that libsrt has taken. */
  get sent(): number {
    return this.#link?.sent ?? 0;
  }

  /** Hands over what came of what was dialled ahead, and goes on as any other. */
  begin(): void {
    this.#ahead = false;
    this.#late.ref();
    this.#link?.hold(true);
    this.#link?.resume();
  }

  /** Sends bytes, which must not change any more. */
  write(bytes: Uint8Array): void {
    this.#link?.write(bytes);
  }

  /**
   * Ends it; `onEnd` is not called.
   * @param drain - let the peer have first what was sent
   * @returns resolves when nothing of it is left, and never rejects
   */
  close(drain: boolean): Promise<void> {
    this.#over = true;
    clearTimeout(this.#late);
    return this.#link?.close(drain) ?? Promise.resolve();
  }

  /** Ends it with an error that `onEnd` hears. */
  fail(error: FramerailError): void {
    if (this.#over) return;
    void this.close(false);
    this.#request.onEnd(error);
  }

  /** A name is resolved here: libav would do it in a call that nothing can interrupt. */
  #resolve(): void {
    const { host, shown, listens } = this.#request.address;
    if (host === '' || isIP(host) !== 0) {
      this.#addresses = [host];
      this.#next();
      return;
    }
    lookup(host, { all: true }, (error, found) => {
      if (this.#over) return;
      if (error !== null) {
        const options = { details: { code: systemCode(error) }, cause: error };
        this.fail(new FramerailError('FR_RELAY_CONNECT', `${shown}: its name could not be resolved.`, options));
        return;
      }
      this.marks.dns = monotonicNow();
      // Nothing tells that nobody listens at an address of UDP: the family that most equipment has goes first.
      const ordered = found.sort((a, b) => a.family - b.family).map((one) => one.address);
      this.#addresses = listens ? ordered.slice(0, 1) : ordered.slice(0, MOST_ADDRESSES);
      this.#next();
    });
  }

  /** Dials the next address, with its share of the time that is left. */
  #next(): void {
    const [host = '', ...others] = this.#addresses;
    this.#addresses = others;
    const { address, direction, group = srtLinks, ...handlers } = this.#request;
    const now = monotonicNow();
    const left = Math.max(1, this.#limit - (now - this.marks.dialled));
    this.#attempt = { at: now, limit: left / (others.length + 1) };
    const written = host.includes(':') ? `[${host}]` : host;
    const holdback = direction === 'out' ? address.latency + SPARE : 0;
    const link: WorkerLink = group.open(
      { direction, url: `srt://${written}:${String(address.port)}`, options: this.#options(), holdback },
      {
        onOpening: () => {
          if (address.listens) clearTimeout(this.#late);
        },
        onOpened: () => {
          clearTimeout(this.#late);
          this.marks.handshake = this.marks.accepted = monotonicNow();
          handlers.onAccepted();
        },
        onBytes: handlers.onBytes,
        onTurn: handlers.onTurn,
        onTurnedAway: (refusal) => {
          handlers.onWarning(turnedAway(address, refusal));
        },
        onEnd: (end) => {
          this.#ended(end);
        },
      },
    );
    this.#link = link;
    if (!this.#ahead) return;
    link.hold(false);
    link.pause();
  }

  #options(): Record<string, string> {
    const { address, direction } = this.#request;
    const { payload_size: payload, ...options } = address.options;
    // Datagrams hold whole packets of the transport stream.
    const bytes = Math.floor(Number(payload ?? SRT_PAYLOAD) / PACKET_BYTES) * PACKET_BYTES;
    return {
      timeout: NEVER,
      ...options,
      ...(direction === 'out'
        ? { payload_size: String(bytes) }
        : payload === undefined
          ? {}
          : { payload_size: payload }),
      ...(address.listens ? {} : { connect_timeout: String(Math.ceil(this.#attempt.limit)) }),
    };
  }

  #ended(end: LinkEnd): void {
    const { address } = this.#request;
    if (this.marks.accepted !== undefined) {
      this.fail(lossError(address, end));
      return;
    }
    const another = this.#addresses.length > 0 && end.refusal === undefined && end.exit === undefined;
    if (another) this.#next();
    else this.fail(dialError(address, end, monotonicNow() - this.#attempt.at, this.#attempt.limit));
  }
}
