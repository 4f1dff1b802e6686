// Counts the batches of a stream: what sent them, how long their items waited, and what size and delay are in force.
import type { BatchMode } from '../config/index.js';
import type { BatchTrigger } from './protocol.js';
import { RecentSketch, type Percentiles, type Telemetry } from '../telemetry/index.js';

/** One batch that its consumer is done with. */
export interface ObservedBatch {
  /** Its items. */
  readonly size: number;
  /** What sent it. */
  readonly reason: BatchTrigger;
  /** Milliseconds from its first item until the consumer got it. */
  readonly queueDelayMs: number;
  /** Milliseconds that the consumer took; undefined when it is not known. */
  readonly consumerMs?: number | undefined;
}

/** The batches of one stream so far. */
export interface BatchStats {
  /** How many batches. */
  readonly batches: number;
  /** How many items in all of them. */
  readonly items: number;
  /** How many batches each trigger sent. */
  readonly reasons: Readonly<Record<BatchTrigger, number>>;
  /** Items of a full batch now. */
  readonly size: number;
  /** Milliseconds that the first item of a batch waits at most now. */
  readonly delay: number;
  /** Milliseconds that first items waited until the consumer got them, within 1 %, of the last half to one minute. */
  readonly queueDelay: Percentiles;
  /** Milliseconds that the consumer took for a batch, likewise. */
  readonly consumer: Percentiles;
}

/** How a meter is set up. */
export interface BatchMeterOptions {
  /** The mode of the batches; it gives the default of `alertAbove`. */
  readonly mode: BatchMode;
  /** Milliseconds of the queueing delay's p95 that are worth an alert. @defaultValue four times the longest delay of the mode: 32 for low-latency, 64 for fixed, else 256 */
  readonly alertAbove?: number | undefined;
  /** Where metrics and alerts go. */
  readonly telemetry?: Telemetry | undefined;
  /** Names the stream in alerts. @defaultValue 'frames' */
  readonly stream?: string | undefined;
  /** A clock in milliseconds. */
  readonly now?: (() => number) | undefined;
}

const ALERT_ABOVE = { 'low-latency': 32, fixed: 64, throughput: 256, adaptive: 256 } as const;
/** The alert clears at this share of its mark. */
const CLEAR_SHARE = 0.5;
/** A slow first batch is no trend: the alert looks from this many on. */
const BATCHES_BEFORE_ALERT = 5;
const WINDOW = 30_000;

/** Counts the batches of one stream; close it when the stream ends. */
export class BatchMeter {
  readonly #options: BatchMeterOptions;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #above: number;
  readonly #reasons: Record<BatchTrigger, number> = { size: 0, time: 0, flush: 0, end: 0, slots: 0 };
  readonly #queue: RecentSketch;
  readonly #consumer: RecentSketch;
  #batches = 0;
  #items = 0;
  #rule = { size: 0, delay: 0 };

  constructor(options: BatchMeterOptions) {
    const now = options.now ?? (() => performance.now());
    this.#options = options;
    this.#labels = { stream: options.stream ?? 'frames' };
    this.#above = options.alertAbove ?? ALERT_ABOVE[options.mode];
    this.#queue = new RecentSketch(WINDOW, now);
    this.#consumer = new RecentSketch(WINDOW, now);
  }

  /** Says what size and delay are in force; `delay` is in milliseconds. */
  setRule(rule: { readonly size: number; readonly delay: number }): void {
    this.#rule = { size: rule.size, delay: rule.delay };
    const metrics = this.#options.telemetry?.metrics;
    metrics?.gauge('framerail_batch_size_items', {}).set(rule.size);
    metrics?.gauge('framerail_batch_delay_seconds', {}).set(rule.delay / 1000);
  }

  /** Counts a batch. */
  observeBatch({ size, reason, queueDelayMs, consumerMs }: ObservedBatch): void {
    this.#batches += 1;
    this.#items += size;
    this.#reasons[reason] += 1;
    this.#queue.observe(queueDelayMs);
    if (consumerMs !== undefined) this.#consumer.observe(consumerMs);
    const { telemetry } = this.#options;
    if (telemetry === undefined) return;
    telemetry.metrics.counter('framerail_batches_total', { reason }).add();
    telemetry.metrics.histogram('framerail_batch_items', {}).observe(size);
    telemetry.metrics.histogram('framerail_batch_queue_seconds', {}).observe(queueDelayMs / 1000);
    if (consumerMs !== undefined)
      telemetry.metrics.histogram('framerail_batch_consumer_seconds', {}).observe(consumerMs / 1000);
    if (this.#batches >= BATCHES_BEFORE_ALERT) this.#alert(telemetry, this.#queue.percentiles.p95 ?? 0);
  }

  /** The batches so far. */
  stats(): BatchStats {
    return {
      batches: this.#batches,
      items: this.#items,
      reasons: { ...this.#reasons },
      ...this.#rule,
      queueDelay: this.#queue.percentiles,
      consumer: this.#consumer.percentiles,
    };
  }

  /** The stream has ended: its alert, if any, is over. */
  close(): void {
    this.#options.telemetry?.alerts.gone('batch-delay', 'The stream has ended.', this.#labels);
  }

  #alert(telemetry: Telemetry, p95: number): void {
    telemetry.alerts.level(
      'batch-delay',
      p95,
      { above: this.#above, clearAt: this.#above * CLEAR_SHARE },
      () =>
        `Batches of ${this.#labels['stream'] ?? ''} reach their consumer after ${p95.toFixed(0)} ms (p95), against a mark of ${String(this.#above)} ms.`,
      this.#labels,
    );
  }
}
