// What a relay tells while it runs; each event is plain JSON.
import type { DestinationState } from './destination.js';
import type { EventError } from './event-error.js';
import type { Switch } from './failover/terms.js';
import type { ReadyReason } from './readiness.js';

/** Everything that a relay tells, by name; `sinceStartMs` is milliseconds since `start()`. */
export interface RelayEventMap {
  /** The origin answered, and media may come. */
  origin: { readonly origin: string; readonly timings: OriginTimings };
  /** The origin ended, or was lost; `retryInMs` is null when it is not dialled again. */
  originLost: { readonly origin: string; readonly error: EventError | null; readonly retryInMs: number | null };
  /** Another origin feeds the relay, or the slate does. */
  switch: Switch;
  /** The streams are known, and destinations are fed. */
  ready: {
    readonly reason: ReadyReason;
    /** The codec of the sound, as FFmpeg calls it; null where there is none. */
    readonly audio: string | null;
    /** The same of the pictures. */
    readonly video: string | null;
    /** Whether the sound is silence, as `fillAudio` asks for where there is none. */
    readonly silence: boolean;
  };
  /** A stream appeared after the relay had begun (`late`), or its parameters changed. */
  stream: { readonly kind: 'audio' | 'video'; readonly codec: string | null; readonly late: boolean };
  /** A destination accepted to be published to. */
  connected: { readonly destination: string; readonly id: number; readonly timings: DestinationTimings };
  /** The first tag of a connection was sent to a destination. */
  started: { readonly destination: string; readonly id: number };
  /** The first picture that can be decoded was sent on a connection to a destination. */
  picture: { readonly destination: string; readonly id: number };
  /** A destination was lost or refused; `retryInMs` is null when it is given up. */
  lost: {
    readonly destination: string;
    readonly id: number;
    readonly error: EventError;
    readonly retryInMs: number | null;
  };
  /** A destination is somewhere else than before. */
  state: { readonly destination: string; readonly id: number; readonly state: DestinationState };
  /**
   * Something is not as it should be, and the rest goes on: a stream of the origin that cannot be carried, for instance. It is
   * about the origin, about the destination of this number, or about a recording where neither is named.
   */
  warning: {
    readonly origin?: string;
    readonly destination?: string;
    readonly id?: number;
    readonly message: string;
  };
  /** A file of the recording is complete under its name, an absolute path; where `record` was taken, the next one. */
  recorded: { readonly file: string };
  /**
   * The recording could not go on, as on a full disk; what was written is kept, and destinations go on. It begins anew in
   * another file; `retryInMs` is null when it does not. `file` is the absolute path that was asked for.
   */
  recordingLost: { readonly file: string; readonly error: EventError; readonly retryInMs: number | null };
  /** The relay is over; `error` is null when it was stopped, or its origin ended. */
  end: { readonly error: EventError | null };
}

/** One event with its name and time. */
export type RelayEvent = {
  readonly [Name in keyof RelayEventMap]: { readonly event: Name; readonly sinceStartMs: number } & RelayEventMap[Name];
}[keyof RelayEventMap];

/** When the steps towards the origin were done, in milliseconds since the start; what did not happen is missing. */
export interface OriginTimings {
  /** The connection was begun. */
  dialled?: number;
  /** Its name was resolved; missing where an address was dialled. */
  dns?: number;
  /** The connection of TCP stood. */
  tcp?: number;
  /** The connection of TLS stood. */
  tls?: number;
  /** Both sides had shaken hands, as RTMP does. */
  handshake?: number;
  /** It accepted what it was asked for: what FFmpeg calls opening the input. */
  play?: number;
  /** Its first tag of sound came. */
  firstAudio?: number;
  /** Its first tag of video came. */
  firstVideo?: number;
  /** The streams are known: what FFmpeg needs its analysis for. */
  ready?: number;
}

/** When the steps towards a destination were done, in milliseconds since the start; what did not happen is missing. */
export interface DestinationTimings {
  /** The connection was begun. */
  dialled?: number;
  /** Its name was resolved; missing where an address was dialled. */
  dns?: number;
  /** The connection of TCP stood. */
  tcp?: number;
  /** The connection of TLS stood. */
  tls?: number;
  /** Both sides had shaken hands, as RTMP does. */
  handshake?: number;
  /** It answered `connect`. */
  connected?: number;
  /** It accepted to be published to. */
  publish?: number;
  /** The first tag was sent to it. */
  firstTag?: number;
  /** The first picture that can be decoded was sent to it. */
  firstPicture?: number;
}
