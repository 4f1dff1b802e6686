// Where a relay's stream comes from, behind one interface: RTMP, RTSP, SRT, HLS, HTTP, UDP, or a listener that is pushed to.
import { argumentError, type FramerailError } from '../base/index.js';
import { createAddressPolicy, type AddressPolicy } from '../net/index.js';
import { described } from './described-origin.js';
import { isHls, isHttp, shownOf } from './http-address.js';
import { loadedSource } from './loaded-origin.js';
import { parseProgram } from './mpegts/program.js';
import { listenOrigin, parseListen } from './rtmp/listen-origin.js';
import { playOrigin } from './rtmp/play-origin.js';
import { isRtsp, parseRtsp } from './rtsp/address.js';
import type { RtspTransport } from './rtsp/negotiation.js';
import { isSrt, parseSrt } from './srt/address.js';
import { isUdp, parseUdp } from './udp/address.js';

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

/** Reads the address of an origin; throws FR_ARG_INVALID. What only some of them need is loaded when they are dialled. */
export function parseOrigin(name: string, address: unknown): OriginSource {
  if (typeof address !== 'string') throw argumentError(name, 'an address', address);
  if (isHttp(address)) return httpSource(name, address);
  if (isRtsp(address))
    return described(
      loadedSource({ shown: parseRtsp(name, address).shown }, async () =>
        (await import('./rtsp/rtsp-origin.js')).rtspOrigin(name, address, { guard: operatorPolicy }),
      ),
    );
  if (isSrt(address)) {
    const { shown, listens } = parseSrt(name, address);
    return described(
      loadedSource({ shown, listens }, async () => (await import('./srt/srt-origin.js')).srtOrigin(name, address)),
    );
  }
  if (isUdp(address))
    return described(
      loadedSource({ shown: parseUdp(name, address).shown, listens: true }, async () =>
        (await import('./udp/udp-origin.js')).udpOrigin(name, address),
      ),
    );
  return parseListen(address) ? listenOrigin(name, address) : playOrigin(name, address);
}

/** What the operator wrote is trusted; what a server names may lead back to his host, to public ones, and where he allows. */
function operatorPolicy({ hostname }: { readonly hostname: string }, { allowHosts }: OriginOptions): AddressPolicy {
  return createAddressPolicy({ operatorHosts: [hostname], allowHosts });
}

/** FLV, MPEG-TS or a playlist: where the path does not say so, the first bytes do. */
function httpSource(name: string, address: string): OriginSource {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined) throw argumentError(name, 'an address such as http://host/live/stream.flv', 'another text');
  const facts = { shown: shownOf(url) };
  if (isHls(address))
    return described(loadedSource(facts, async () => (await import('./hls/hls-origin.js')).hlsOrigin(name, address)));
  parseProgram(name, new URLSearchParams(url.hash.slice(1)).get('program'));
  return loadedSource(facts, async () => (await import('./http-origin.js')).httpOrigin(name, address));
}
