// What a cache counts, as metrics of the engine that it belongs to.
import type { Counter, Histogram, Registry } from '../telemetry/index.js';
import type { CacheTier, TierName, TierReports } from './tier.js';

/** Where a lookup ended. */
export type LookupEnd = TierName | 'none';

/** Counts for one cache. */
export class CacheMetrics {
  readonly #metrics: Registry;
  /** Series that every call writes are found once. */
  readonly #asked = new Map<string, Counter>();
  readonly #looked = new Map<LookupEnd, Histogram>();

  constructor(metrics: Registry) {
    this.#metrics = metrics;
  }

  /** How full tiers are, worked out whenever metrics are read. */
  watch(tiers: readonly CacheTier[]): () => void {
    return this.#metrics.collect(() => {
      for (const { name: tier, ...rest } of tiers.map((one) => ({ name: one.name, ...one.stats() }))) {
        this.#metrics.gauge('framerail_cache_bytes', { tier }).set(rest.bytes);
        this.#metrics.gauge('framerail_cache_capacity_bytes', { tier }).set(rest.capacity);
      }
    });
  }

  /** What happens in a tier. */
  reports(tier: TierName): TierReports {
    return {
      evicted: (why) => {
        this.#metrics.counter('framerail_cache_evictions_total', { tier, why }).add();
      },
      failed: (code) => {
        this.#metrics.counter('framerail_cache_errors_total', { tier, code }).add();
      },
    };
  }

  /** A tier was asked. */
  asked(tier: TierName, outcome: 'hit' | 'miss'): void {
    const name = `${tier} ${outcome}`;
    const known = this.#asked.get(name);
    const counter = known ?? this.#metrics.counter('framerail_cache_requests_total', { tier, outcome });
    if (known === undefined) this.#asked.set(name, counter);
    counter.add();
  }

  /** A lookup is over. */
  looked(tier: LookupEnd, milliseconds: number): void {
    const known = this.#looked.get(tier);
    const histogram = known ?? this.#metrics.histogram('framerail_cache_lookup_seconds', { tier });
    if (known === undefined) this.#looked.set(tier, histogram);
    histogram.observe(milliseconds / 1000);
  }

  /** Too much waits for the disk. */
  unwritten(): void {
    this.#metrics.counter('framerail_cache_unwritten_total', {}).add();
  }

  /** A call waited for an equal one. */
  joined(): void {
    this.#metrics.counter('framerail_cache_joins_total', {}).add();
  }

  /** Preheating looked at an entry. */
  preheated(outcome: string): void {
    this.#metrics.counter('framerail_cache_preheats_total', { outcome }).add();
  }

  /** An entry that was preheated was asked for. */
  preheatedHit(): void {
    this.#metrics.counter('framerail_cache_preheated_hits_total', {}).add();
  }
}
