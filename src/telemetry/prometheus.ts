// Metrics as text in the format that Prometheus scrapes (version 0.0.4).
import type { HistogramSnapshot, MetricSnapshot, SeriesSnapshot } from './registry.js';

/** A series as it is written: percentiles are not. */
export interface WrittenSeries extends Omit<SeriesSnapshot, 'histogram'> {
  readonly histogram?: Omit<HistogramSnapshot, 'recent'> | undefined;
}

/** What is written of a metric. */
export interface WrittenMetric extends Pick<MetricSnapshot, 'name' | 'kind' | 'help'> {
  readonly series: readonly WrittenSeries[];
}

/** The media type of the text. */
export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Metrics as the text that Prometheus reads. */
export function toPrometheus(metrics: readonly WrittenMetric[]): string {
  return metrics.map(metricText).join('');
}

function metricText({ name, kind, help, series }: WrittenMetric): string {
  const lines = [`# HELP ${name} ${escape(help, false)}`, `# TYPE ${name} ${kind}`];
  for (const one of series) lines.push(...seriesLines(name, one));
  return `${lines.join('\n')}\n`;
}

function seriesLines(name: string, { labels, value, histogram }: WrittenSeries): string[] {
  if (histogram === undefined) return [sample(name, labels, value ?? 0)];
  const { count, sum, buckets } = histogram;
  return [
    ...buckets.map((bucket) => sample(`${name}_bucket`, { ...labels, le: number(bucket.le) }, bucket.count)),
    sample(`${name}_bucket`, { ...labels, le: '+Inf' }, count),
    sample(`${name}_sum`, labels, sum),
    sample(`${name}_count`, labels, count),
  ];
}

function sample(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escape(text, true)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${number(value)}`;
}

function escape(text: string, quotes: boolean): string {
  const plain = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return quotes ? plain.replaceAll('"', '\\"') : plain;
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
