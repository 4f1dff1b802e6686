// Where relays run: this process, or another one that does the same.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RelayEvent } from '../events.js';
import type { HistoryStep, RelaySample } from '../history.js';
import type { RelayPlan } from './config.js';
import type { HostMetrics, HostSurvey } from './status.js';

/** What may be asked of one relay. */
export type RelayCommand =
  | { readonly do: 'start' | 'stop' | 'restart' }
  | { readonly do: 'add'; readonly to: string }
  | { readonly do: 'remove'; readonly id: number };

/** Somebody who asked for a stream, with the head of the request read and nothing answered. */
export interface Visit {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly cors: boolean;
}

/** Who hears of a host. */
export interface HostHandlers {
  readonly onEvent: (relay: string, event: RelayEvent) => void;
  /** It was replaced, or could not be. */
  readonly onProcess: (state: 'started' | 'died', pid: number | null, how: string) => void;
}

/** Runs relays. */
export interface RelayHost {
  /** Its number; null while it is being replaced. */
  readonly pid: number | null;
  /** How often it died. */
  readonly deaths: number;
  /** Everybody who watches its relays. */
  readonly viewers: number;
  /** Has a relay as this plan says. */
  set(plan: RelayPlan): void;
  /** Ends a relay; resolves when it is over. */
  remove(name: string): Promise<void>;
  /** Rejects with what the relay says, or with FR_CLOSED while there is no process. */
  command(name: string, command: RelayCommand): Promise<number | boolean | undefined>;
  /** Takes somebody over who asked for the stream of a relay. */
  view(name: string, visit: Visit): void;
  /** What it knows; undefined when it does not answer in time. */
  survey(): Promise<HostSurvey | undefined>;
  /** What a relay was like; rejects with FR_CLOSED or FR_TIMEOUT where its process does not say. */
  history(name: string, step: HistoryStep): Promise<readonly RelaySample[]>;
  metrics(): Promise<HostMetrics>;
  /** Ends all relays; resolves when they are over. */
  close(): Promise<void>;
}
