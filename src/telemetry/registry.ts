// Counters, gauges and histograms of one engine, by the table of metrics; bounded in memory, cheap to write.
import type { MetricMeaning } from './metric-meaning.js';
import { METRICS, type LabelsOf, type MetricName, type MetricOf } from './metrics.js';
import { RecentSketch, type Percentiles } from './quantiles.js';

/** Only grows. */
export interface Counter {
  /** Adds to it; what is not a positive number adds nothing. */
  add(amount?: number): void;
}

/** Goes up and down. */
export interface Gauge {
  /** Sets its value. */
  set(value: number): void;
}

/** Counts values by their size. */
export interface Histogram {
  /** Counts one value, in the unit of the metric. */
  observe(value: number): void;
}

/** What a histogram has counted. */
export interface HistogramSnapshot {
  /** How many values since the start. */
  readonly count: number;
  /** The sum of all values since the start. */
  readonly sum: number;
  /** How many values were at most each bound of the metric, ascending. */
  readonly buckets: readonly { readonly le: number; readonly count: number }[];
  /** Percentiles within 1 % of what came in the last half to one minute. */
  readonly recent: Percentiles;
}

/** One series: a number, or what a histogram has counted. */
export interface SeriesSnapshot {
  /** What tells this series from the others of its metric. */
  readonly labels: Readonly<Record<string, string>>;
  /** The value of a counter or a gauge; undefined for a histogram. */
  readonly value?: number | undefined;
  /** What a histogram has counted; undefined for the other kinds. */
  readonly histogram?: HistogramSnapshot | undefined;
}

/** One metric and its series. */
export interface MetricSnapshot {
  /** The name in the table of metrics. */
  readonly name: MetricName;
  /** Counter, gauge or histogram. */
  readonly kind: MetricMeaning['kind'];
  /** What its values count. */
  readonly unit: MetricMeaning['unit'];
  /** One sentence about it. */
  readonly help: string;
  /** Every series that was written so far. */
  readonly series: readonly SeriesSnapshot[];
}

/** Series of one metric at most; the labels of further ones read `other`. */
const MOST_SERIES = 100;
/** Milliseconds of one window of the recent percentiles. */
const WINDOW = 30_000;

/** A written series. */
interface Series {
  readonly labels: Readonly<Record<string, string>>;
  read(): Omit<SeriesSnapshot, 'labels'>;
}

/** The metrics of one engine or process. */
export class Registry {
  readonly #series = new Map<MetricName, Map<string, Series>>();
  readonly #collectors = new Set<() => void>();
  readonly #now: () => number;

  /** @param now - a clock in milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A counter; the same one for the same labels. */
  counter<Name extends MetricOf<'counter'>>(name: Name, labels: LabelsOf<Name>): Counter {
    return this.#find(name, labels, CounterSeries);
  }

  /** A gauge; the same one for the same labels. */
  gauge<Name extends MetricOf<'gauge'>>(name: Name, labels: LabelsOf<Name>): Gauge {
    return this.#find(name, labels, GaugeSeries);
  }

  /** A histogram; the same one for the same labels. */
  histogram<Name extends MetricOf<'histogram'>>(name: Name, labels: LabelsOf<Name>): Histogram {
    return this.#find(name, labels, HistogramSeries);
  }

  /** Calls back before each reading, for gauges that are worked out; returns how to stop that. */
  collect(collector: () => void): () => void {
    this.#collectors.add(collector);
    return () => this.#collectors.delete(collector);
  }

  /** Every metric with at least one series, in the order of the table. */
  read(): MetricSnapshot[] {
    for (const collector of this.#collectors) collector();
    return (Object.keys(METRICS) as MetricName[]).flatMap((name) => {
      const series = [...(this.#series.get(name)?.values() ?? [])];
      if (series.length === 0) return [];
      const { kind, unit, help } = METRICS[name];
      return [{ name, kind, unit, help, series: series.map((one) => ({ labels: one.labels, ...one.read() })) }];
    });
  }

  #find<Found extends Series>(
    name: MetricName,
    labels: Readonly<Record<string, string>>,
    make: new (labels: Readonly<Record<string, string>>, meaning: MetricMeaning, now: () => number) => Found,
  ): Found {
    const meaning: MetricMeaning = METRICS[name];
    const known = this.#series.get(name) ?? new Map<string, Series>();
    this.#series.set(name, known);
    let values = meaning.labels.map((label) => labels[label] ?? '');
    let found = known.get(JSON.stringify(values));
    if (found === undefined) {
      if (known.size >= MOST_SERIES) values = values.map(() => 'other');
      const key = JSON.stringify(values);
      found = known.get(key);
      if (found === undefined) {
        found = new make(
          Object.fromEntries(meaning.labels.map((label, i) => [label, values[i] ?? ''])),
          meaning,
          this.#now,
        );
        known.set(key, found);
      }
    }
    // A name is of one kind in the table, so all its series were made by the same class.
    return found as Found;
  }
}

class CounterSeries implements Series, Counter {
  readonly labels: Readonly<Record<string, string>>;
  #value = 0;

  constructor(labels: Readonly<Record<string, string>>) {
    this.labels = labels;
  }

  add(amount = 1): void {
    if (amount > 0 && Number.isFinite(amount)) this.#value += amount;
  }

  read(): { value: number } {
    return { value: this.#value };
  }
}

class GaugeSeries implements Series, Gauge {
  readonly labels: Readonly<Record<string, string>>;
  #value = 0;

  constructor(labels: Readonly<Record<string, string>>) {
    this.labels = labels;
  }

  set(value: number): void {
    this.#value = value;
  }

  read(): { value: number } {
    return { value: this.#value };
  }
}

class HistogramSeries implements Series, Histogram {
  readonly labels: Readonly<Record<string, string>>;
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  readonly #recent: RecentSketch;
  #count = 0;
  #sum = 0;

  constructor(labels: Readonly<Record<string, string>>, { bounds = [] }: MetricMeaning, now: () => number) {
    this.labels = labels;
    this.#bounds = bounds;
    this.#counts = bounds.map(() => 0);
    this.#recent = new RecentSketch(WINDOW, now);
  }

  observe(value: number): void {
    if (!Number.isFinite(value)) return;
    const known = Math.max(0, value);
    this.#count += 1;
    this.#sum += known;
    const bucket = this.#bounds.findIndex((bound) => known <= bound);
    if (bucket >= 0) this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#recent.observe(known);
  }

  read(): { histogram: HistogramSnapshot } {
    let below = 0;
    const buckets = this.#bounds.map((le, i) => ({ le, count: (below += this.#counts[i] ?? 0) }));
    return { histogram: { count: this.#count, sum: this.#sum, buckets, recent: this.#recent.percentiles } };
  }
}
