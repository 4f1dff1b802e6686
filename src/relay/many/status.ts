// What many relays say of themselves: plain JSON, as /status serves it and processes tell each other.
import type { RelayEvent } from '../events.js';
import type { RelayStatus } from '../status.js';
import type { MetricSnapshot } from '../../telemetry/index.js';
import type { EventError } from '../event-error.js';
import type { ConfigProblem } from './config.js';

/**
 * Where a relay of a configuration stands: `idle` until somebody wants it, `running`, `waiting` to be begun again after
 * it failed, `stopped` by hand, `ended` with its origin, or `wrong` in the configuration.
 */
export type ManagedState = 'idle' | 'running' | 'waiting' | 'stopped' | 'ended' | 'wrong';

/** One relay of many. */
export interface ManagedRelayStatus {
  /** Its name in the configuration. */
  readonly name: string;
  /** Where it stands. */
  readonly state: ManagedState;
  /** Whether it runs only while somebody wants it. */
  readonly onDemand: boolean;
  /** Who watches it over HTTP, or waits to. */
  readonly viewers: number;
  /** Tags that were left out for viewers who were slow. */
  readonly viewersDropped: number;
  /** How often it was begun. */
  readonly runs: number;
  /** What its last run failed for, or what is wrong with it in the configuration; null when all is well. */
  readonly error: EventError | null;
  /** The process that runs it; null while none does. */
  readonly pid: number | null;
  /** What is known of the run; null while it does not run. */
  readonly relay: RelayStatus | null;
}

/** One process that runs relays. */
export interface RelayProcessStatus {
  /** Its number; null while it is being replaced. */
  readonly pid: number | null;
  /** Relays that it has. */
  readonly relays: number;
  /** Share of a core that it took since it was asked last. */
  readonly cpu: number;
  /** Bytes of memory that it holds. */
  readonly memoryBytes: number;
  /** How often it died and was replaced. */
  readonly deaths: number;
}

/** All that is known of many relays at a moment. */
export interface RelaysStatus {
  /** Seconds since they were begun. */
  readonly uptimeSeconds: number;
  /** Where HTTP is served; null when it is not. */
  readonly http: string | null;
  /** Everybody who watches over HTTP. */
  readonly viewers: number;
  /** The processes that relays are spread over. */
  readonly processes: readonly RelayProcessStatus[];
  /** What is wrong with the configuration. */
  readonly problems: readonly ConfigProblem[];
  /** By their names. */
  readonly relays: readonly ManagedRelayStatus[];
}

/** What a reload did; numbers of relays. */
export interface ReloadReport {
  /** Ones that were not there before. */
  readonly added: number;
  /** Ones that are no longer there. */
  readonly removed: number;
  /** Ones that began again since something of them changed. */
  readonly restarted: number;
  /** Ones that run on with other destinations, or other rules of when they run. */
  readonly adapted: number;
  /** Ones that did not change, and were not touched. */
  readonly untouched: number;
  /** What is wrong with the configuration. */
  readonly problems: readonly ConfigProblem[];
}

/** Everything that many relays tell beside the events of each of them, by name. */
export interface RelaysEventMap {
  /** Something of the configuration is wrong. */
  problem: ConfigProblem;
  /** A configuration was taken over. */
  configured: ReloadReport;
  /** A process that runs relays was started, or died and is replaced; `how` is a signal or an exit code. */
  process: { readonly pid: number | null; readonly state: 'started' | 'died'; readonly how: string };
  /** HTTP is served somewhere else than before; null when it no longer is. */
  serving: { readonly http: string | null };
}

/** What many relays tell: events of one relay with its name as `relay`, and those of {@link RelaysEventMap}. */
export type RelaysEvent =
  | (RelayEvent & NamedRelay)
  | {
      readonly [Name in keyof RelaysEventMap]: { readonly event: Name } & RelaysEventMap[Name];
    }[keyof RelaysEventMap];

/** Which relay an event is of. */
export interface NamedRelay {
  /** The name of the relay in the configuration. */
  readonly relay: string;
}

/** What a process says of itself. */
export interface HostSurvey {
  readonly pid: number;
  readonly cpu: number;
  readonly memoryBytes: number;
  readonly relays: readonly ManagedRelayStatus[];
}

/** The metrics of the relays of a process. */
export type HostMetrics = readonly { readonly relay: string; readonly metrics: readonly MetricSnapshot[] }[];
