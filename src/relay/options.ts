// What a relay is told, checked once.
import {
  argumentError,
  checkInteger,
  checkNames,
  checkNumber,
  checkOneOf,
  checkOptions,
  checkSwitch,
  optionNames,
} from '../base/index.js';
import type { DestinationOptions, LateStream } from './destination.js';
import type { FeedOptions } from './feed.js';
import { parseOrigin, type OriginSource } from './origin.js';
import type { Waits } from './readiness.js';
import { recordFormat } from './record/format.js';
import type { RecordOptions } from './record/recorder.js';

/** What is done when the origin ends or is lost: dial it again, or end. */
export type OnOriginEnd = 'retry' | 'exit';

/** A relay: from where, to where, and how. */
export interface RelayOptions {
  /**
   * Where the stream is: `rtmp://` or `rtmps://` to play it from a server, `http://` or `https://` for FLV, or
   * `rtmp://0.0.0.0:1935/app/KEY?listen` to take what is pushed there.
   */
  readonly from: string;
  /** Where it goes, more can be added while it runs: each `rtmp://` or `rtmps://`, `udp://host:port` for MPEG-TS in datagrams
   * (`?ttl=`, `?pkt_size=`, `?localaddr=`), or a file that ends with `.m3u8` for HLS beside it. */
  readonly to: readonly string[];
  /** What is done when the origin ends. @defaultValue 'retry' */
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
   * For destinations that are a playlist of HLS (`folder/live.m3u8`): milliseconds of a segment, which then ends with the next
   * keyframe. @defaultValue 2,000
   */
  readonly hlsSegment?: number | undefined;
  /** Segments that such a playlist has, 3 to 1,000. @defaultValue 6 */
  readonly hlsList?: number | undefined;
  /**
   * A file that the stream is recorded to, by its ending as FLV (`.flv`), MPEG-TS (`.ts`) or MP4 (`.mp4`, `.m4v`, `.mov`). It
   * appears when the relay ends; until then it grows beside its place, with `.part` in its name. An MP4 is made when the relay
   * ends; where its streams change their parameters, another one begins (`name.1.mp4`).
   */
  readonly record?: string | undefined;
  /**
   * Milliseconds after which the recording goes on in another file, from a keyframe on: `name-20261120T174500Z.mp4`, each
   * named by its beginning and published when it is complete. @defaultValue one file
   */
  readonly recordEvery?: number | undefined;
}

/** Checked options. */
export interface CheckedRelay {
  readonly from: OriginSource;
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
  stallTimeout: true,
  queueBytes: true,
  gopBytes: true,
  verifyTls: true,
  allowHosts: true,
  hlsSegment: true,
  hlsList: true,
  record: true,
  recordEvery: true,
});
const MIB = 1024 * 1024;
const MOST_FRAMES = 10_000;
const MOST_BYTES = 1024 * MIB;

/** Checks options; throws FR_ARG_INVALID. */
export function checkRelay(options: RelayOptions): CheckedRelay {
  checkOptions(options);
  checkNames('the options of a relay', options, NAMES);
  const { from, to, onEnd, publishEarly, lateStream, verifyTls } = options;
  if (!Array.isArray(to)) throw argumentError('to', 'a list of addresses', to);
  const wait = (name: keyof RelayOptions, byDefault: number, min = 0): number =>
    checkNumber(name, options[name] ?? byDefault, min, 'milliseconds');
  return {
    from: parseOrigin('from', from),
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
      connectTimeout: wait('connectTimeout', 10_000, 1),
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
    allowHosts: checkHosts(options.allowHosts),
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

function checkHosts(hosts: unknown): readonly string[] {
  if (hosts === undefined) return [];
  const known = Array.isArray(hosts) && hosts.every((host) => typeof host === 'string' && host !== '');
  if (!known) throw argumentError('allowHosts', 'a list of hosts, addresses or networks', hosts);
  return hosts as readonly string[];
}
