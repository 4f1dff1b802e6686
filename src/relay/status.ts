// What a relay says of itself at a moment: plain JSON, for the terminal, the service and metrics.
import type { Destination, DestinationState } from './destination.js';
import { eventError, type EventError } from './event-error.js';
import { type DestinationTimings, type OriginTimings } from './events.js';
import type { OriginStatus } from './failover/terms.js';
import type { Feed } from './feed.js';
import type { ReadyReason } from './readiness.js';

/** All that is known of a relay at a moment; plain JSON. */
export interface RelayStatus {
  /** Where the stream comes from: its address without secrets, whether it plays now, and how often it was dialled. */
  readonly origin: { readonly address: string; readonly open: boolean; readonly connections: number };
  /** All origins, in their order. */
  readonly origins: readonly OriginStatus[];
  /** What is shown while no origin lives; null where there is none. */
  readonly slate: SlateStatus | null;
  /** Why destinations are fed; null while they are not. */
  readonly ready: ReadyReason | null;
  /** What comes in. */
  readonly feed: FeedStatus;
  /** Where it goes. */
  readonly destinations: readonly DestinationStatus[];
  /** The recording; null where there is none. */
  readonly recording: RecordingStatus | null;
  /** When the steps of the last start were done. */
  readonly timings: RelayTimings;
}

/** When everything happened, in milliseconds since the start. */
export interface RelayTimings {
  /** Of the origin. */
  readonly origin: OriginTimings;
  /** By the number of the destination. */
  readonly destinations: Readonly<Record<number, DestinationTimings>>;
}

/** The stream that comes in. */
export interface FeedStatus {
  /** Sound; null while there is none. */
  readonly audio: TrackStatus | null;
  /** Pictures; null while there are none. */
  readonly video: TrackStatus | null;
  /** Columns and rows, as the sequence header says, else the metadata. */
  readonly size: readonly [number, number] | null;
  /** Seconds between the last two keyframes. */
  readonly gopSeconds: number | null;
  /** Bytes that are kept for those who join. */
  readonly gopBytes: number;
  /** Seconds of media since the start. */
  readonly mediaSeconds: number;
  /** Seconds by which media has run ahead of the clock on the wall since its first tag (behind it: negative). */
  readonly driftSeconds: number;
  /**
   * Seconds by which sound has come to be later than pictures since the first ones (earlier: negative), measured by when
   * they come: an origin whose two clocks differ shows here. Null for the first ten seconds, and without one of them.
   */
  readonly avDriftSeconds: number | null;
  /** Seconds by which the evening out of jumps moved sound against pictures; 0 unless one track jumped alone. */
  readonly avShiftSeconds: number;
  /** Jumps of the origin's clock that were evened out. */
  readonly jumps: number;
  /** Tags that came ahead of their sequence header, or of a keyframe where the origin had been lost. */
  readonly undecodable: number;
  /** Tags that a new connection brought a second time, and that were left out. */
  readonly replayed: number;
}

/** One stream of those that come in. */
export interface TrackStatus {
  /** As FFmpeg calls it, or unknown. */
  readonly codec: string;
  /** Tags so far. */
  readonly tags: number;
  /** Bytes of media so far. */
  readonly bytes: number;
  /** Bits a second, over the last second. */
  readonly bitsPerSecond: number;
  /** Tags a second, over the last second; of video they are its frames. */
  readonly tagsPerSecond: number;
}

/** One destination of those that are fed. */
export interface DestinationStatus {
  /** Its number, as `add()` gave it. */
  readonly id: number;
  /** Its address without secrets. */
  readonly address: string;
  /** Where it stands. */
  readonly state: DestinationState;
  /** Tags that were sent to it. */
  readonly tags: number;
  /** Bytes of media that were sent to it. */
  readonly bytes: number;
  /** Tags that were left out since it was slow. */
  readonly dropped: number;
  /** Bytes that wait for it. */
  readonly queuedBytes: number;
  /** How often it was dialled. */
  readonly connections: number;
  /** What it was lost for last. */
  readonly lastError: EventError | null;
}

/**
 * Where a recording stands: `idle` until there is something to record, `recording`, `waiting` to begin anew after it could
 * not go on, `failed` when it does not any more, `closed` with the relay.
 */
export type RecordingState = 'idle' | 'recording' | 'waiting' | 'failed' | 'closed';

/** The recording of a relay. */
export interface RecordingStatus {
  /** The file that was asked for, as an absolute path. */
  readonly file: string;
  /** Where it stands. */
  readonly state: RecordingState;
  /** Files that are complete under their names. */
  readonly files: number;
  /** What it could not go on for last, or what the last file could not be published for. */
  readonly lastError: EventError | null;
}

/** The slate of a relay. */
export interface SlateStatus {
  /** Whether it is prepared. */
  readonly ready: boolean;
  /** Columns and rows of what is prepared: those of the live stream once they are known. */
  readonly size: readonly [number, number] | null;
  /** Whether it is shown now. */
  readonly shown: boolean;
  /** Seconds for which it was shown so far. */
  readonly seconds: number;
}

/** Describes the stream that comes in. */
export function describeFeed(feed: Feed, now: number): FeedStatus {
  const { statistics, codecs, clock, gop, drift } = feed;
  const track = (kind: 'audio' | 'video'): TrackStatus | null => {
    const codec = codecs[kind];
    if (codec === undefined) return null;
    const { tags, bits } = statistics[kind].rates(now);
    const { tags: count, bytes } = statistics[kind];
    return { codec, tags: count, bytes, bitsPerSecond: Math.round(bits), tagsPerSecond: Math.round(tags * 10) / 10 };
  };
  const seconds = clock.latest / 1000;
  return {
    audio: track('audio'),
    video: track('video'),
    size: statistics.size ?? null,
    gopSeconds: statistics.gop ?? null,
    gopBytes: gop.bytes,
    mediaSeconds: seconds,
    driftSeconds: feed.firstAt === undefined ? 0 : toSeconds(clock.latest - (now - feed.firstAt)),
    avDriftSeconds: drift.soundAgainstPictures === undefined ? null : toSeconds(drift.soundAgainstPictures),
    avShiftSeconds: toSeconds(clock.shift),
    jumps: clock.jumps,
    undecodable: statistics.undecodable,
    replayed: statistics.replayed,
  };
}

function toSeconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}

/** Describes a destination. */
export function describeDestination(id: number, destination: Destination): DestinationStatus {
  const { shown, state, counts, queued, lastError } = destination;
  return {
    id,
    address: shown,
    state,
    ...counts,
    queuedBytes: queued,
    lastError: lastError === undefined ? null : eventError(lastError),
  };
}
