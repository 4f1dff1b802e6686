// The metrics of many relays as one text: what each counts under its name, and the steps of their starts together.
import {
  METRICS,
  toPrometheus,
  type LabelsOf,
  type MetricName,
  type WrittenMetric,
  type WrittenSeries,
} from '../../telemetry/index.js';
import type { HostMetrics, ManagedState, RelaysStatus } from './status.js';

const STATES: readonly ManagedState[] = ['idle', 'running', 'waiting', 'stopped', 'ended', 'wrong'];

/** The text that Prometheus reads. */
export function manyToPrometheus(metrics: HostMetrics, status: RelaysStatus): string {
  const collected = new Collected();
  for (const { relay, metrics: own } of metrics)
    for (const { name, series } of own)
      for (const one of series)
        // Each start has hundreds of buckets: under the name of each relay they would be megabytes.
        if (one.histogram === undefined) collected.add(name, { ...one, labels: { relay, ...one.labels } });
        else collected.sum(name, one);
  for (const state of STATES)
    collected.value('framerail_relays', { state }, status.relays.filter((one) => one.state === state).length);
  for (const { name: relay, relay: run, viewers, runs, state } of status.relays) {
    if (state === 'wrong') continue;
    collected.value('framerail_relay_origin_up', { relay }, run?.origin.open === true ? 1 : 0);
    collected.value('framerail_relay_viewers', { relay }, viewers);
    collected.value('framerail_relay_runs_total', { relay }, runs);
    if (run !== null) collected.value('framerail_relay_drift_seconds', { relay }, run.feed.driftSeconds);
  }
  const alive = status.processes.filter(({ pid }) => pid !== null);
  const deaths = status.processes.reduce((sum, one) => sum + one.deaths, 0);
  collected.value('framerail_relay_processes', {}, alive.length);
  collected.value('framerail_relay_process_deaths_total', {}, deaths);
  collected.value('framerail_relay_problems', {}, status.problems.length);
  return toPrometheus(collected.written());
}

/** Series of many relays by their metrics. */
class Collected {
  readonly #series = new Map<MetricName, WrittenSeries[]>();
  /** By their labels, in the order in which they came. */
  readonly #sums = new Map<MetricName, Map<string, WrittenSeries>>();

  add(name: MetricName, series: WrittenSeries): void {
    const known = this.#series.get(name);
    if (known === undefined) this.#series.set(name, [series]);
    else known.push(series);
  }

  value<Name extends MetricName>(name: Name, labels: LabelsOf<Name> & { relay?: string }, value: number): void {
    this.add(name, { labels, value });
  }

  /** Adds a histogram to that of the others. */
  sum(name: MetricName, { labels, histogram }: WrittenSeries): void {
    const known = this.#sums.get(name) ?? new Map<string, WrittenSeries>();
    this.#sums.set(name, known);
    const key = JSON.stringify(labels);
    const before = known.get(key)?.histogram;
    if (histogram === undefined) return;
    const buckets = histogram.buckets.map(({ le, count }, i) => ({
      le,
      count: count + (before?.buckets[i]?.count ?? 0),
    }));
    const { count, sum } = histogram;
    known.set(key, {
      labels,
      histogram: { count: count + (before?.count ?? 0), sum: sum + (before?.sum ?? 0), buckets },
    });
  }

  /** All of it, in the order of the table of metrics. */
  written(): WrittenMetric[] {
    return (Object.keys(METRICS) as MetricName[]).flatMap((name) => {
      const series = [...(this.#series.get(name) ?? []), ...(this.#sums.get(name)?.values() ?? [])];
      const { kind, help } = METRICS[name];
      return series.length === 0 ? [] : [{ name, kind, help, series }];
    });
  }
}
