// The metrics of relays.
import type { MetricMeaning } from './metric-meaning.js';

/** Every metric that a relay can report, by name. */
export const RELAY_METRICS = {
  framerail_relay_step_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: ['side', 'step'],
    help: 'When the steps of a start were done, since the start of the relay.',
    bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  },
  framerail_relay_tags_total: {
    kind: 'counter',
    unit: 'items',
    labels: ['direction'],
    help: 'Tags that came in from the origin, and that went out to all destinations.',
  },
  framerail_relay_bytes_total: {
    kind: 'counter',
    unit: 'bytes',
    labels: ['direction'],
    help: 'Bytes of media that came in from the origin, and that went out to all destinations.',
  },
  framerail_relay_dropped_tags_total: {
    kind: 'counter',
    unit: 'items',
    labels: [],
    help: 'Tags that were left out for destinations that were slow.',
  },
  framerail_relay_queued_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    labels: [],
    help: 'Bytes that wait for the destinations.',
  },
  framerail_relay_switches_total: {
    kind: 'counter',
    unit: 'events',
    labels: ['reason'],
    help: 'Times that another origin, or the slate, went on for the one that fed a relay, by why.',
  },
  framerail_relay_slate_seconds_total: {
    kind: 'counter',
    unit: 'seconds',
    labels: [],
    help: 'For how long the slate fed a relay, as no origin did.',
  },
  framerail_relay_losses_total: {
    kind: 'counter',
    unit: 'events',
    labels: ['side', 'code'],
    help: 'Connections and recordings that were lost or refused, by the code of their error; an origin may also have ended.',
  },
  framerail_relays: {
    kind: 'gauge',
    unit: 'items',
    labels: ['state'],
    help: 'Relays of a configuration by where they stand: idle, running, waiting, stopped, ended or wrong.',
  },
  framerail_relay_origin_up: {
    kind: 'gauge',
    unit: 'items',
    labels: [],
    help: 'Whether the origin plays: 1 or 0.',
  },
  framerail_relay_viewers: {
    kind: 'gauge',
    unit: 'items',
    labels: [],
    help: 'Who watches over HTTP, or waits to.',
  },
  framerail_relay_runs_total: {
    kind: 'counter',
    unit: 'events',
    labels: [],
    help: 'How often a relay of a configuration was begun.',
  },
  framerail_relay_drift_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    help: 'By how much media runs ahead of the clock on the wall; behind it, below zero.',
  },
  framerail_relay_processes: {
    kind: 'gauge',
    unit: 'workers',
    labels: [],
    help: 'Processes that run relays now.',
  },
  framerail_relay_process_deaths_total: {
    kind: 'counter',
    unit: 'workers',
    labels: [],
    help: 'Processes that ran relays, died and were replaced.',
  },
  framerail_relay_problems: {
    kind: 'gauge',
    unit: 'items',
    labels: [],
    help: 'Things that are wrong with the configuration of the relays.',
  },
} as const satisfies Record<string, MetricMeaning>;
