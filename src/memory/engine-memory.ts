// The memory of one engine: a budget for all its pools, what they report, and their tuning.
import type { Telemetry } from '../telemetry/index.js';
import { Machine } from '../telemetry/index.js';
import { MemoryBudget, type IdleMemory } from './budget.js';
import { TIERS, tierOf, type Tier } from './tiers.js';
import { fragmentation, hitRate, planTuning } from './tuning.js';

/** What the pools of an engine hold. */
export interface MemoryStats {
  /** Bytes that all pools may hold. */
  readonly budget: number;
  /** Bytes that jobs and kept frames hold. */
  readonly used: number;
  /** Used bytes by the tier of one block. */
  readonly usedByTier: Readonly<Record<Tier, number>>;
  /** Bytes that are committed, free and kept for the next request. */
  readonly idle: number;
  /** Requests that wait for memory. */
  readonly waiting: number;
  /** Blocks that were asked for so far. */
  readonly requests: number;
  /** Share of them that were served from free committed memory, from 0 to 1; 1 before the first one. */
  readonly hitRate: number;
  /** One minus the largest run of free committed memory over all of it, summed over regions. */
  readonly fragmentation: number;
}

/** A pool that is tuned together with the others. */
export interface TunedPool extends IdleMemory {
  /** Bytes of the largest runs of idle memory: of each region or tier the largest one. */
  readonly largestIdle: number;
  /** Bytes that may stay committed when they are given back. */
  target: number;
  /** Bytes that the target never falls below. */
  readonly floor: number;
  /** Bytes that the target may grow to. */
  readonly most: number;
}

/** How the memory of an engine is set up. */
export interface EngineMemoryOptions {
  /** Bytes that all pools may hold together. @defaultValue half of the machine's memory, or of the container's */
  readonly limit?: number | undefined;
  /** Where metrics and alerts go. */
  readonly telemetry?: Telemetry | undefined;
  /** A clock in milliseconds. */
  readonly now?: (() => number) | undefined;
}

/** One minute of one pool so far. */
interface Minute {
  requests: number;
  hits: number;
  used: number;
  peakUsed: number;
}

const MACHINE_SHARE = 0.5;
/** Milliseconds between two tunings. */
const TUNE_EVERY = 60_000;
const ALERT = { above: 0.8, clearAt: 0.7 } as const;

/** The memory that all pools of one engine share. */
export class EngineMemory {
  /** The bytes that they may hold together. */
  readonly budget: MemoryBudget;
  readonly #telemetry: Telemetry | undefined;
  readonly #now: () => number;
  readonly #minutes = new Map<TunedPool, Minute>();
  readonly #usedByTier: Record<Tier, number> = { small: 0, medium: 0, large: 0 };
  #requests = 0;
  #hits = 0;
  #tunedAt: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: EngineMemoryOptions = {}) {
    const limit = options.limit ?? Math.floor(new Machine().memory().limit * MACHINE_SHARE);
    this.#telemetry = options.telemetry;
    this.#now = options.now ?? (() => performance.now());
    this.#tunedAt = this.#now();
    this.budget = new MemoryBudget(limit, () => {
      this.#watchUse();
    });
    this.#telemetry?.metrics.collect(() => {
      this.#report();
    });
  }

  /** Has a pool share the budget and be tuned; returns how to end that. */
  join(pool: TunedPool): () => void {
    const leave = this.budget.join(pool);
    this.#minutes.set(pool, { requests: 0, hits: 0, used: 0, peakUsed: 0 });
    return () => {
      leave();
      this.#minutes.delete(pool);
    };
  }

  /** Counts a block that a pool handed out; `seconds` is how long finding it took. */
  took(pool: TunedPool, bytes: number, hit: boolean, seconds: number): void {
    const tier = tierOf(bytes);
    this.#requests += 1;
    this.#hits += hit ? 1 : 0;
    this.#usedByTier[tier] += bytes;
    const minute = this.#minutes.get(pool);
    if (minute !== undefined) {
      minute.requests += 1;
      minute.hits += hit ? 1 : 0;
      minute.used += bytes;
      minute.peakUsed = Math.max(minute.peakUsed, minute.used);
    }
    const metrics = this.#telemetry?.metrics;
    metrics?.counter('framerail_pool_requests_total', { tier, outcome: hit ? 'hit' : 'miss' }).add();
    metrics?.histogram('framerail_pool_allocation_seconds', { tier }).observe(seconds);
    this.tuneWhenDue();
  }

  /** Counts a block that came back. */
  gave(pool: TunedPool, bytes: number): void {
    this.#usedByTier[tierOf(bytes)] -= bytes;
    const minute = this.#minutes.get(pool);
    if (minute !== undefined) minute.used -= bytes;
    this.#keepTuning();
  }

  /** Counts a request for blocks of so many bytes that was refused. */
  refused(bytes: number): void {
    this.#telemetry?.metrics
      .counter('framerail_pool_requests_total', { tier: tierOf(bytes), outcome: 'refused' })
      .add();
  }

  /** Counts how long a request waited for the budget, in milliseconds. */
  waited(milliseconds: number): void {
    this.#telemetry?.metrics.histogram('framerail_pool_wait_seconds', {}).observe(milliseconds / 1000);
  }

  /** Everything that is known now. */
  stats(): MemoryStats {
    let [idle, largest] = [0, 0];
    for (const pool of this.#minutes.keys()) {
      idle += pool.idleBytes;
      largest += pool.largestIdle;
    }
    return {
      budget: this.budget.limit,
      used: this.budget.used,
      usedByTier: { ...this.#usedByTier },
      idle,
      waiting: this.budget.waiting,
      requests: this.#requests,
      hitRate: hitRate(this.#hits, this.#requests),
      fragmentation: fragmentation(largest, idle),
    };
  }

  /** Tunes every pool when the last time is a minute ago; called on use, and by a timer while memory idles. */
  tuneWhenDue(): void {
    if (this.#now() - this.#tunedAt < TUNE_EVERY) return;
    this.#tunedAt = this.#now();
    for (const [pool, minute] of this.#minutes) {
      const { idleBytes: idle, largestIdle, target, floor, most } = pool;
      const plan = planTuning({ ...minute, idle, largestIdle, target, floor, most });
      pool.target = plan.target;
      if (plan.trim > 0) pool.trim(plan.trim);
      for (const action of plan.actions)
        this.#telemetry?.metrics.counter('framerail_pool_tunings_total', { action }).add();
      Object.assign(minute, { requests: 0, hits: 0, peakUsed: minute.used });
    }
  }

  /** Stops the timer. */
  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Memory that idles is tuned although nobody uses it; the timer keeps no process alive, and ends with the idle bytes. */
  #keepTuning(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.tuneWhenDue();
      if (this.budget.idle > 0) this.#keepTuning();
    }, TUNE_EVERY).unref();
  }

  #watchUse(): void {
    const { used, limit } = this.budget;
    this.#telemetry?.alerts.level(
      'pool-use',
      used / limit,
      ALERT,
      () => `${((100 * used) / limit).toFixed(0)} % of the memory budget of ${String(limit)} bytes are in use.`,
    );
  }

  #report(): void {
    const metrics = this.#telemetry?.metrics;
    if (metrics === undefined) return;
    const stats = this.stats();
    metrics.gauge('framerail_pool_budget_bytes', {}).set(stats.budget);
    for (const tier of TIERS) metrics.gauge('framerail_pool_used_bytes', { tier }).set(stats.usedByTier[tier]);
    metrics.gauge('framerail_pool_idle_bytes', {}).set(stats.idle);
    metrics.gauge('framerail_pool_use_ratio', {}).set(stats.used / stats.budget);
    metrics.gauge('framerail_pool_hit_ratio', {}).set(stats.hitRate);
    metrics.gauge('framerail_pool_fragmentation_ratio', {}).set(stats.fragmentation);
    metrics.gauge('framerail_pool_waiting_requests', {}).set(stats.waiting);
  }
}
