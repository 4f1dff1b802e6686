// Where a relay's stream comes from, behind one interface: RTMP, RTSP, SRT, HLS, HTTP, UDP, or a listener that is pushed to.
import type { FramerailError } from '../base/index.js';
import type { RtspTransport } from './rtsp/address.js';

/** What is known of the streams before they come; hints, as servers often claim what is not there. */
export interface OriginHints {
  readonly audio: boolean | undefined;
  readonly video: boolean | undefined;
}

/** Who hears of an origin. */
export interface OriginHandlers {
  /** It has answered: media may come. */
  readonly onOpen: () => void;
  readonly onHints: (hints: OriginHints) => void;
  /**
   * A tag of audio, video or data.
   * @param timestamp - milliseconds, modulo 2^32
   * @param payload - valid until it returns
   */
  readonly onTag: (type: number, timestamp: number, payload: Buffer) => void;
  /** All that came together was handed over: what it led to may be sent. */
  readonly onTurn: () => void;
  /** Something is not as it should be, and the rest goes on: one sentence, said once for each thing. */
  readonly onWarning: (message: string) => void;
  /** It is over: by itself without an error, or with what went wrong. It is called once, and nothing after it. */
  readonly onEnd: (error: FramerailError | undefined) => void;
}

/** How an origin is reached. */
export interface OriginOptions {
  /** Milliseconds until it must have answered. */
  readonly timeout: number;
  /** For TLS: whether its certificate must be one that this machine trusts. */
  readonly verify: boolean;
  /** Hosts that addresses may lead to which arrive as data, as redirects and playlists have them; public ones always may. */
  readonly allowHosts: readonly string[];
  /** How RTSP brings media; by UDP only where it must, unless told. */
  readonly rtspTransport?: RtspTransport;
}

/** When the steps towards an origin were done, by the monotonic clock in milliseconds. */
export interface OriginMarks {
  readonly dialled: number;
  readonly dns?: number;
  readonly tcp?: number;
  readonly tls?: number;
  readonly handshake?: number;
  /** It accepted what it was asked for. */
  readonly accepted?: number;
}

/** A running origin. */
export interface Origin {
  readonly marks: OriginMarks;
  /** Ends it; `onEnd` is not called. */
  close(): void;
  /** Ends it with an error that `onEnd` hears. */
  fail(error: FramerailError): void;
}

/** Where a stream may come from, once its address has been read. */
export interface OriginSource {
  /** The address without its secrets. */
  readonly shown: string;
  /** Whether it is pushed to: to listen again at once costs nobody anything, and a pause would turn publishers away. */
  readonly listens?: boolean;
  open(handlers: OriginHandlers, options: OriginOptions): Origin;
}
