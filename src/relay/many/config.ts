// The configuration of many relays, as it is written.
import type { RelayOptions } from '../options.js';
import type { RELAY_KEYS } from './keys.js';

type Written<Name extends keyof RelayOptions> = (typeof RELAY_KEYS)[Name] extends
  'time' | 'timeOrNever' | 'bytes' | 'addresses'
  ? RelayOptions[Name] | string
  : RelayOptions[Name];

/**
 * One relay of a configuration: the options of `createRelay()`, where times may be written as `1s` or `300ms`, bytes as
 * `8M` and a single destination without its list; and:
 */
export type RelayConfig = { readonly [Name in keyof RelayOptions]?: Written<Name> | undefined } & DemandConfig;

/** When a relay of a configuration runs. */
export interface DemandConfig {
  /** Whether it runs only while somebody watches it over HTTP, added a destination, or started it. @defaultValue false */
  readonly onDemand?: boolean | undefined;
  /** How long it goes on when the last one has left: milliseconds, or text such as `10s`. @defaultValue 10,000 */
  readonly idleTimeout?: number | string | undefined;
}

/** What `createRelays()` takes, and what its file holds. */
export interface RelaysConfig {
  /** The relays by their names, which addresses and metrics call them by. */
  readonly relays: Readonly<Record<string, RelayConfig>>;
  /** What holds for every relay that does not say otherwise: all but `from`, `to` and `record`. */
  readonly defaults?: RelayConfig | undefined;
  /** Where HTTP is served, such as `127.0.0.1:8080`; a port alone is on the loopback. @defaultValue nowhere */
  readonly http?: string | number | undefined;
  /** What whoever controls relays over HTTP must show, of 16 characters or more. @defaultValue HTTP controls nothing */
  readonly token?: string | undefined;
  /** Whether pages of other sites may read streams and status. @defaultValue false */
  readonly cors?: boolean | undefined;
  /** Viewers over HTTP at once, of all relays. @defaultValue 1,000 */
  readonly maxViewers?: number | undefined;
  /** Processes that relays are spread over: 1 is this one, `auto` as many as the load needs. @defaultValue 'auto' */
  readonly processes?: number | 'auto' | undefined;
}

/** Something of a configuration that is wrong. */
export interface ConfigProblem {
  /** The relay that it costs; null when it concerns all of them, and the configuration is not used. */
  readonly relay: string | null;
  /** The line of the file; null where there is none. */
  readonly line: number | null;
  /** FR_ARG_INVALID, or what reading the file or a slate failed with. */
  readonly code: string;
  /** One sentence for a person. */
  readonly message: string;
}

/** A relay of a configuration as it is run; plain data. */
export interface RelayPlan {
  readonly name: string;
  readonly options: RelayOptions;
  readonly onDemand: boolean;
  /** Milliseconds. */
  readonly idleTimeout: number;
}

/** A configuration that was read. */
export interface CheckedRelays {
  readonly plans: ReadonlyMap<string, RelayPlan>;
  /** What is wrong with single relays. */
  readonly problems: readonly ConfigProblem[];
  readonly http: { readonly host: string; readonly port: number } | undefined;
  readonly token: string | undefined;
  readonly cors: boolean;
  readonly maxViewers: number;
  readonly processes: number | 'auto';
}
