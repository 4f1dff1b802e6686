// What a relay is told, checked once.
import {
  argumentError,
  checkInteger,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkSwitch,
  optionNames,
} from '../base/index.js';
import { checkAllowHosts } from '../net/index.js';
import type { DestinationOptions, LateStream } from './destination.js';
import { CONNECT_TIMEOUT } from './early-dial.js';
import type { FailoverOptions, Standby } from './failover/terms.js';
import type { FeedOptions } from './feed.js';
import type { OriginSource } from './origin.js';
import { parseOrigin } from './parse-origin.js';
import type { Waits } from './readiness.js';
import { recordFormat } from './record/format.js';
import type { RecordOptions } from './record/recorder.js';
import type { RtspTransport } from './rtsp/address.js';

/** What is done when the origin ends or is lost: dial it again, or end. */
export type OnOriginEnd = 'retry' | 'exit';

/** A relay: from where, to where, and how. */
export interface RelayOptions {
  /**
   * Where the stream is: `rtmp://` or `rtmps://` to play it from a server; `rtsp://` or `rtsps://` from a camera or a server,
   * with `user:password@` where it asks; `srt://` to call a peer, or with `?mode=listener` to be called; `http://` or
   * `https://` for FLV, MPEG-TS, or a playlist of HLS (`.m3u8`); `udp://` for MPEG-TS in datagrams, also of a group; or
   * `rtmp://0.0.0.0:1935/app/KEY?listen` to take what is pushed there. Several are tried in their order: one feeds the
   * relay, and the next one that works goes on for it when it is lost.
   */
  readonly from: string | readonly string[];
  /**
   * Where it goes; more can be added while it runs. Each is `rtmp://` or `rtmps://`, `srt://` as above, `udp://host:port` for
   * MPEG-TS in datagrams (`?ttl=`, `?pkt_size=`, `?localaddr=`), or a file that ends with `.m3u8` for HLS beside it.
   */
  readonly to: readonly string[];
  /**
   * What is done when the origin ends or is lost: `exit` ends the relay; of several, with the last one that is left.
   * @defaultValue 'retry'
   */
  readonly onEnd?: OnOriginEnd | undefined;
  /** Whether destinations are told to publish before the origin has answered. @defaultValue false */
  readonly publishEarly?: boolean | undefined;
  /** Milliseconds that a stream is waited for that was announced. @defaultValue 1,000 */
  readonly waitExpected?: number | undefined;
  /** Milliseconds that a second stream is waited for that nobody announced. @defaultValue 300 */
  readonly waitUnannounced?: number | undefined;
  /**
   * Frames of sound that must have come until it counts as known; 0 for its sequence header alone. For origins whose first
   * announcements are wrong. @defaultValue 0
   */
  readonly framesAudio?: number | undefined;
  /** The same of video. @defaultValue 0 */
  readonly framesVideo?: number | undefined;
  /**
   * Whether a stream without sound is given silence (AAC, 48 kHz, stereo), as some platforms demand; it makes way for sound
   * that comes later, and takes its place where AAC of one or two channels stops for a second. @defaultValue false
   */
  readonly fillAudio?: boolean | undefined;
  /** Milliseconds that the first keyframe of a known video is waited for, until sound goes ahead. @defaultValue 2,000 */
  readonly waitKeyframe?: number | undefined;
  /** What is done for a stream that appears when the relay has begun. @defaultValue 'announce' */
  readonly lateStream?: LateStream | undefined;
  /** Milliseconds until a peer must have answered. @defaultValue 10,000 */
  readonly connectTimeout?: number | undefined;
  /** Milliseconds without media after which the origin counts as lost. @defaultValue 15,000 */
  readonly originTimeout?: number | undefined;
  /**
   * Of several origins: `hot` has the next one connected all the time, so that it goes on within a group of pictures;
   * `cold` dials it when it is needed, or about to be: after a fifth of `failoverAfter`. @defaultValue 'cold'
   */
  readonly standby?: Standby | undefined;
  /**
   * Milliseconds without media, or without one of its tracks, after which another origin is wanted. A pause that is
   * usual for the stream is none, and each switch for silence doubles it for a minute.
   * @defaultValue 400 with a hot standby, 2,000 with a cold one
   */
  readonly failoverAfter?: number | undefined;
  /**
   * Milliseconds for which an origin that is further ahead in the list must flow until it feeds the relay again, at its
   * next keyframe; 0 for that very keyframe, `never` or `Infinity` for not at all. @defaultValue 30,000
   */
  readonly failbackAfter?: number | 'never' | undefined;
  /** A picture (PNG, JPEG) or a clip of which up to a minute is shown over and over while no origin lives. */
  readonly slate?: string | undefined;
  /** Milliseconds without media after which the slate is shown. @defaultValue 2,000 */
  readonly slateAfter?: number | undefined;
  /** Milliseconds in which a destination must take something of what waits for it. @defaultValue 10,000 */
  readonly stallTimeout?: number | undefined;
  /** Bytes that may wait for one destination; beyond, it is taken back to the next keyframe. @defaultValue 8 MiB */
  readonly queueBytes?: number | undefined;
  /** Bytes of the last group of pictures that are kept for those who join; 0 for none. @defaultValue 4 MiB */
  readonly gopBytes?: number | undefined;
  /** For TLS: whether certificates must be ones that this machine trusts. @defaultValue true */
  readonly verifyTls?: boolean | undefined;
  /**
   * Hosts, addresses or networks (`10.0.0.0/8`) that an origin's redirects and playlists may lead to; public ones, and the
   * host that `from` names, always may. @defaultValue none
   */
  readonly allowHosts?: readonly string[] | undefined;
  /**
   * How RTSP brings media: within its connection (`tcp`), by UDP, or by UDP only where the server has nothing else (`auto`).
   * @defaultValue 'auto'
   */
  readonly rtspTransport?: RtspTransport | undefined;
  /**
   * For destinations that are a playlist of HLS (`folder/live.m3u8`): milliseconds of a segment, which then ends with the next
   * keyframe. @defaultValue 2,000
   */
  readonly hlsSegment?: number | undefined;
  /** Segments that such a playlist has, 3 to 1,000. @defaultValue 6 */
  readonly hlsList?: number | undefined;
  /**
   * A file that the stream is recorded to, by its ending as FLV (`.flv`), MPEG-TS (`.ts`) or MP4 (`.mp4`, `.m4v`, `.mov`). It
   * appears when the relay ends; until then it grows beside its place, with `.part` in its name. Nothing that is there is
   * replaced: where the name is taken, as by the last run, the next one is used (`name.1.mp4`), and `recorded` tells which. An
   * MP4 is made when the relay ends; where its streams change their parameters, another one begins. Where it cannot be
   * written, as on a full disk, what there is of it is published, destinations go on, and another file is begun by the rules
   * by which a destination is dialled again; `done` then rejects at the end, as something is missing.
   */
  readonly record?: string | undefined;
  /**
   * Milliseconds after which the recording goes on in another file, from a keyframe on: `name-20261120T174500Z.mp4`, each
   * named by its beginning and published when it is complete; a name that is taken has `-2` behind it. @defaultValue one file
   */
  readonly recordEvery?: number | undefined;
}

/** Checked options. */
export interface CheckedRelay {
  readonly origins: readonly OriginSource[];
  readonly failover: FailoverOptions;
  readonly slate: string | undefined;
  readonly to: readonly string[];
  readonly onEnd: OnOriginEnd;
  readonly publishEarly: boolean;
  readonly waits: Waits;
  readonly frames: FeedOptions['frames'];
  readonly fillAudio: boolean;
  readonly destination: DestinationOptions;
  readonly originTimeout: number;
  readonly gopBytes: number;
  readonly allowHosts: readonly string[];
  readonly rtspTransport: RtspTransport;
  readonly record: RecordOptions | undefined;
}

const NAMES = optionNames<RelayOptions>({
  from: true,
  to: true,
  onEnd: true,
  publishEarly: true,
  waitExpected: true,
  waitUnannounced: true,
  framesAudio: true,
  framesVideo: true,
  fillAudio: true,
  waitKeyframe: true,
  lateStream: true,
  connectTimeout: true,
  originTimeout: true,
  standby: true,
  failoverAfter: true,
  failbackAfter: true,
  slate: true,
  slateAfter: true,
  stallTimeout: true,
  queueBytes: true,
  gopBytes: true,
  verifyTls: true,
  allowHosts: true,
  hlsSegment: true,
  hlsList: true,
  rtspTransport: true,
  record: true,
  recordEvery: true,
});
const MIB = 1024 * 1024;
const MOST_FRAMES = 10_000;
const MOST_BYTES = 1024 * MIB;

/** Checks options; throws FR_ARG_INVALID. */
export function checkRelay(options: RelayOptions): CheckedRelay {
  checkOptions(options, NAMES, 'the options of a relay');
  const { to, onEnd, publishEarly, lateStream, verifyTls, slate } = options;
  if (!Array.isArray(to)) throw argumentError('to', 'a list of addresses', to);
  if (slate !== undefined && (typeof slate !== 'string' || slate === ''))
    throw argumentError('slate', 'the path of a picture or of a clip', slate);
  const wait = (name: keyof RelayOptions, byDefault: number, min = 0): number =>
    checkNumber(name, options[name] ?? byDefault, min, 'milliseconds');
  return {
    origins: checkOrigins(options.from),
    failover: checkFailover(options, wait),
    slate,
    to: to as readonly string[],
    onEnd: checkOneOf('onEnd', onEnd ?? 'retry', ['retry', 'exit'] as const),
    publishEarly: checkSwitch('publishEarly', publishEarly, false),
    waits: {
      expected: wait('waitExpected', 1000),
      unannounced: wait('waitUnannounced', 300),
      keyframe: wait('waitKeyframe', 2000),
    },
    frames: {
      audio: checkInteger('framesAudio', options.framesAudio ?? 0, 0, MOST_FRAMES),
      video: checkInteger('framesVideo', options.framesVideo ?? 0, 0, MOST_FRAMES),
    },
    fillAudio: checkSwitch('fillAudio', options.fillAudio, false),
    destination: {
      connectTimeout: wait('connectTimeout', CONNECT_TIMEOUT, 1),
      stallTimeout: wait('stallTimeout', 10_000, 1),
      queueBytes: checkInteger('queueBytes', options.queueBytes ?? 8 * MIB, 1024, MOST_BYTES),
      verify: checkSwitch('verifyTls', verifyTls, true),
      hls: {
        segment: wait('hlsSegment', 2000, 500),
        list: checkInteger('hlsList', options.hlsList ?? 6, 3, 1000),
      },
      lateStream: checkOneOf('lateStream', lateStream ?? 'announce', ['announce', 'republish', 'ignore'] as const),
    },
    originTimeout: wait('originTimeout', 15_000, 1),
    gopBytes: checkInteger('gopBytes', options.gopBytes ?? 4 * MIB, 0, MOST_BYTES),
    allowHosts: checkAllowHosts('allowHosts', options.allowHosts),
    rtspTransport: checkOneOf('rtspTransport', options.rtspTransport ?? 'auto', ['auto', 'tcp', 'udp'] as const),
    record: checkRecord(options),
  };
}

function checkRecord({ record, recordEvery }: RelayOptions): RecordOptions | undefined {
  if (record === undefined) {
    if (recordEvery !== undefined)
      throw argumentError('recordEvery', 'a recording: `record` names its file', recordEvery);
    return undefined;
  }
  recordFormat(record);
  const every = recordEvery === undefined ? undefined : checkNumber('recordEvery', recordEvery, 1000, 'milliseconds');
  return { path: record, every };
}

/** More than anybody has; each costs a timer at least. */
const MOST_ORIGINS = 32;

function checkOrigins(from: unknown): OriginSource[] {
  if (!Array.isArray(from)) return [parseOrigin('from', from)];
  if (from.length === 0 || from.length > MOST_ORIGINS)
    throw argumentError('from', `an address, or a list of 1 to ${String(MOST_ORIGINS)}`, from.length);
  return from.map((address: unknown, i) => parseOrigin(`from[${String(i)}]`, address));
}

/** With a standby that is connected a switch costs a group of pictures at most; else it costs a new connection. */
const SILENCE = { hot: 400, cold: 2000 } as const;

function checkFailover(
  { standby, failbackAfter }: RelayOptions,
  wait: (name: keyof RelayOptions, byDefault: number, min?: number) => number,
): FailoverOptions {
  const kind = checkOneOf('standby', standby ?? 'cold', ['cold', 'hot'] as const);
  return {
    standby: kind,
    failoverAfter: wait('failoverAfter', SILENCE[kind], 50),
    failbackAfter: failbackAfter === Infinity || failbackAfter === 'never' ? Infinity : wait('failbackAfter', 30_000),
    slateAfter: wait('slateAfter', 2000),
  };
}
