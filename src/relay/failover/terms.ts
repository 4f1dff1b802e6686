// The words of failover: how it is asked for, and what is said of it.
import type { EventError } from '../event-error.js';

/** Whether the next origin is connected all the time, or dialled when it is needed. */
export type Standby = 'cold' | 'hot';

/** When another origin goes on. Milliseconds. */
export interface FailoverOptions {
  readonly standby: Standby;
  /** Without media, after which another one is wanted. */
  readonly failoverAfter: number;
  /** For which one that is wanted more must have been well until it feeds the relay again; infinite for never. */
  readonly failbackAfter: number;
  /** Without media, after which the slate is shown. */
  readonly slateAfter: number;
}

/** Why another source went on: the one before was lost, ended, fell silent, lost a track, or a better one is well. */
export type SwitchReason = 'lost' | 'ended' | 'silent' | 'stalled' | 'failback' | 'back';

/** One source went on for another. */
export interface Switch {
  /** The address of who fed the relay, without secrets, or `slate`. */
  readonly from: string;
  /** The same of who feeds it now. */
  readonly to: string;
  /** `back` is an origin that takes over from the slate. */
  readonly reason: SwitchReason;
  /** Milliseconds in which no media went to destinations. */
  readonly gapMs: number;
}

/** Where an origin stands: `active` feeds the relay, `standby` is connected beside it, `failed` refused again and again. */
export type OriginState = 'idle' | 'dialling' | 'active' | 'standby' | 'waiting' | 'failed' | 'ended';

/** One origin of those that a relay has. */
export interface OriginStatus {
  /** Its address without secrets. */
  readonly address: string;
  /** Where it stands. */
  readonly state: OriginState;
  /** How often it was dialled. */
  readonly connections: number;
  /** What it was lost for last. */
  readonly lastError: EventError | null;
}
