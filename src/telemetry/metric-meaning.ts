// What is said of each metric.

/** What a metric counts in: base units, as Prometheus wants them. */
export type MetricUnit =
  'seconds' | 'bytes' | 'ratio' | 'items' | 'batches' | 'requests' | 'workers' | 'events' | 'level';

/** What one metric means. */
export interface MetricMeaning {
  /** A counter only grows, a gauge goes up and down, a histogram counts values by size. */
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** What its values count. */
  readonly unit: MetricUnit;
  /** What its series are told apart by. */
  readonly labels: readonly string[];
  /** One sentence for the reference and for `# HELP`. */
  readonly help: string;
  /** Upper bounds of a histogram's buckets, ascending; the last one, infinity, is implied. */
  readonly bounds?: readonly number[];
}
