// The table of every metric: its kind, unit, labels and meaning; `docs/reference/metrics.md` is made from it.
import type { MetricMeaning } from './metric-meaning.js';
import { RELAY_METRICS } from './relay-metrics.js';

const SHORT_TIMES = [0.00001, 0.0001, 0.001, 0.01, 0.1, 1];
const WAIT_TIMES = [0.001, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Every metric that an engine or a relay can report, by name. */
export const METRICS = {
  framerail_pool_budget_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    labels: [],
    help: 'Bytes that all pools of the engine may hold together.',
  },
  framerail_pool_used_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    labels: ['tier'],
    help: 'Bytes that jobs and kept frames hold, by the tier of one block.',
  },
  framerail_pool_idle_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    labels: [],
    help: 'Bytes that are committed and free, kept for the next request.',
  },
  framerail_pool_use_ratio: {
    kind: 'gauge',
    unit: 'ratio',
    labels: [],
    help: 'Used bytes as a share of the budget.',
  },
  framerail_pool_hit_ratio: {
    kind: 'gauge',
    unit: 'ratio',
    labels: [],
    help: 'Share of the requests since the start that were served from free committed memory.',
  },
  framerail_pool_fragmentation_ratio: {
    kind: 'gauge',
    unit: 'ratio',
    labels: [],
    help: 'One minus the largest run of free committed memory over all of it, summed over regions.',
  },
  framerail_pool_waiting_requests: {
    kind: 'gauge',
    unit: 'requests',
    labels: [],
    help: 'Requests that wait for memory of the budget.',
  },
  framerail_pool_requests_total: {
    kind: 'counter',
    unit: 'requests',
    labels: ['tier', 'outcome'],
    help: 'Blocks asked for: hit (free committed memory), miss (fresh memory) or refused.',
  },
  framerail_pool_wait_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: [],
    help: 'How long requests waited for memory of the budget.',
    bounds: WAIT_TIMES,
  },
  framerail_pool_allocation_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: ['tier'],
    help: 'How long finding one block took, without the wait for the budget.',
    bounds: SHORT_TIMES,
  },
  framerail_pool_tunings_total: {
    kind: 'counter',
    unit: 'events',
    labels: ['action'],
    help: 'What the tuning of a pool did: grow, compact or shrink.',
  },
  framerail_region_failures_total: {
    kind: 'counter',
    unit: 'events',
    labels: [],
    help: 'Memory regions that the operating system refused to make or to fill.',
  },
  framerail_workers: {
    kind: 'gauge',
    unit: 'workers',
    labels: [],
    help: 'Workers that are alive.',
  },
  framerail_worker_starts_total: {
    kind: 'counter',
    unit: 'workers',
    labels: [],
    help: 'Workers that were started.',
  },
  framerail_worker_deaths_total: {
    kind: 'counter',
    unit: 'workers',
    labels: ['how'],
    help: 'Workers that ended although nobody closed them: the signal, or exit.',
  },
  framerail_worker_recycles_total: {
    kind: 'counter',
    unit: 'workers',
    labels: ['reason'],
    help: 'Workers that were stopped between two jobs: they kept much memory, or were idle for long.',
  },
  framerail_worker_start_pauses_total: {
    kind: 'counter',
    unit: 'events',
    labels: [],
    help: 'Times that no worker was started for a while, as they ended one after the other.',
  },
  framerail_worker_alive_seconds_total: {
    kind: 'counter',
    unit: 'seconds',
    labels: [],
    help: 'For how long workers were alive, all together.',
  },
  framerail_worker_busy_seconds_total: {
    kind: 'counter',
    unit: 'seconds',
    labels: [],
    help: 'For how long workers had a job, all together; divided by the seconds that they were alive it is their utilisation.',
  },
  framerail_jobs_waiting: {
    kind: 'gauge',
    unit: 'items',
    labels: [],
    help: 'Jobs that wait for a worker.',
  },
  framerail_job_queue_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: [],
    help: 'How long jobs waited for a worker.',
    bounds: WAIT_TIMES,
  },
  framerail_job_steals_total: {
    kind: 'counter',
    unit: 'events',
    labels: [],
    help: 'Times that an idle worker took jobs that waited for another one.',
  },
  framerail_jobs_stolen_total: {
    kind: 'counter',
    unit: 'items',
    labels: [],
    help: 'Jobs that idle workers took from the deques of others.',
  },
  framerail_jobs_kept_total: {
    kind: 'counter',
    unit: 'items',
    labels: [],
    help: 'Jobs that began on a worker that had read their input before.',
  },
  framerail_job_reruns_total: {
    kind: 'counter',
    unit: 'items',
    labels: [],
    help: 'Jobs that ran once more, as their worker had died.',
  },
  framerail_inputs_quarantined_total: {
    kind: 'counter',
    unit: 'items',
    labels: [],
    help: 'Inputs that ended too many workers and are not tried again until they change.',
  },
  framerail_worker_sandbox_level: {
    kind: 'gauge',
    unit: 'level',
    labels: [],
    help: 'How far workers are locked down, from 0 to 3: the least of those that are alive.',
  },
  ...RELAY_METRICS,
  framerail_batches_total: {
    kind: 'counter',
    unit: 'batches',
    labels: ['reason'],
    help: 'Batches by what sent them: size, time, flush, end or slots.',
  },
  framerail_batch_items: {
    kind: 'histogram',
    unit: 'items',
    labels: [],
    help: 'Items of a batch.',
    bounds: [1, 2, 5, 10, 15, 20, 30, 40, 50, 100],
  },
  framerail_batch_queue_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: [],
    help: 'How long the first item of a batch waited until its consumer got it.',
    bounds: WAIT_TIMES,
  },
  framerail_batch_consumer_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: [],
    help: 'How long a consumer took for a batch.',
    bounds: WAIT_TIMES,
  },
  framerail_batch_size_items: {
    kind: 'gauge',
    unit: 'items',
    labels: [],
    help: 'Items of a full batch now; of the stream that was set last.',
  },
  framerail_batch_delay_seconds: {
    kind: 'gauge',
    unit: 'seconds',
    labels: [],
    help: 'How long the first item of a batch waits at most now; of the stream that was set last.',
  },
  framerail_cache_requests_total: {
    kind: 'counter',
    unit: 'requests',
    labels: ['tier', 'outcome'],
    help: 'Entries that a tier of the cache was asked for: hit or miss.',
  },
  framerail_cache_lookup_seconds: {
    kind: 'histogram',
    unit: 'seconds',
    labels: ['tier'],
    help: 'How long finding an entry took, by the tier that had it; none where no tier did.',
    bounds: SHORT_TIMES,
  },
  framerail_cache_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    labels: ['tier'],
    help: 'Bytes that the entries of a tier take; on a disk as far as this process knows.',
  },
  framerail_cache_capacity_bytes: {
    kind: 'gauge',
    unit: 'bytes',
    labels: ['tier'],
    help: 'Bytes that the entries of a tier may take; 0 where the tier is absent.',
  },
  framerail_cache_evictions_total: {
    kind: 'counter',
    unit: 'items',
    labels: ['tier', 'why'],
    help: 'Entries that went: for want of room, after their time (preheated and not used), or damaged.',
  },
  framerail_cache_errors_total: {
    kind: 'counter',
    unit: 'events',
    labels: ['tier', 'code'],
    help: 'What the system or the device refused to a tier, by its name of that, such as ENOSPC.',
  },
  framerail_cache_unwritten_total: {
    kind: 'counter',
    unit: 'items',
    labels: [],
    help: 'Entries that were not written to the disk, as too much waited for it already.',
  },
  framerail_cache_joins_total: {
    kind: 'counter',
    unit: 'requests',
    labels: [],
    help: 'Calls that waited for an equal one instead of doing the work again.',
  },
  framerail_cache_preheats_total: {
    kind: 'counter',
    unit: 'items',
    labels: ['outcome'],
    help: 'Entries that preheating looked at, by what became of them: memory, device, disk, present, gone or budget.',
  },
  framerail_cache_preheated_hits_total: {
    kind: 'counter',
    unit: 'requests',
    labels: [],
    help: 'Entries found in memory or on the device because they had been preheated.',
  },
  framerail_alerts_total: {
    kind: 'counter',
    unit: 'events',
    labels: ['alert'],
    help: 'Alerts that fired.',
  },
} as const satisfies Record<string, MetricMeaning>;

/** The name of a metric. */
export type MetricName = keyof typeof METRICS;

/** The names of the metrics of one kind. */
export type MetricOf<Kind extends MetricMeaning['kind']> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];

/** The labels that a series of a metric needs. */
export type LabelsOf<Name extends MetricName> = Readonly<Record<(typeof METRICS)[Name]['labels'][number], string>>;
