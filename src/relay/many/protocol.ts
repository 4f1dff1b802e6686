// What is said between the process that was configured and those that run relays for it.
import type { ErrorData } from '../../base/index.js';
import type { RelayEvent } from '../events.js';
import type { HistoryStep } from '../history.js';
import type { RelayPlan } from './config.js';
import type { RelayCommand } from './host.js';

/** What is asked and answered under a number. */
export type Question =
  | { readonly ask: 'remove'; readonly name: string }
  | { readonly ask: 'command'; readonly name: string; readonly command: RelayCommand }
  | { readonly ask: 'history'; readonly name: string; readonly step: HistoryStep }
  | { readonly ask: 'survey' | 'metrics' | 'alive' | 'close' };

/** To a process that runs relays; `view` comes with a connection. */
export type ToHost =
  | { readonly type: 'set'; readonly plan: RelayPlan }
  | { readonly type: 'view'; readonly name: string; readonly cors: boolean }
  | { readonly type: 'question'; readonly call: number; readonly question: Question };

/** From it. */
export type FromHost =
  | { readonly type: 'event'; readonly relay: string; readonly event: RelayEvent }
  | { readonly type: 'viewers'; readonly count: number }
  | { readonly type: 'answer'; readonly call: number; readonly value: unknown }
  | { readonly type: 'failure'; readonly call: number; readonly error: ErrorData };
