// Decides how many items a batch holds and how long the first one waits, from what was seen of the last batch. Pure.
import { checkInteger, checkNumber } from '../base/index.js';
import type { BatchMode } from '../config/index.js';
import { ConsumerBand, LADDER, rungAtMost } from './batch-band.js';
import { MemoryCeiling } from './batch-ceiling.js';

/** What was seen of one batch. */
export interface BatchObservation {
  /** Milliseconds between two items as they come. */
  readonly arrivalInterval: number;
  /** Milliseconds that the consumer took for the batch. */
  readonly consumerTime: number;
  /** Items of that batch. @defaultValue as many as the last decision allows */
  readonly items?: number | undefined;
  /** Memory in use, from 0 to 1. */
  readonly memoryPressure: number;
  /** Processor time in use, from 0 to 1. */
  readonly cpuLoad: number;
  /** Slots of the job; a batch holds half of them at most, since the other half is filled meanwhile. */
  readonly slots: number;
}

/**
 * Why a batch is as large as it is: `start` is the first size, `hold` no reason to change; the consumer is too slow for
 * small batches or idle with large ones; memory is short or free again; no more `slots`; `mode` never changes its size.
 */
export type BatchReason =
  'start' | 'hold' | 'consumer-slow' | 'consumer-idle' | 'memory-short' | 'memory-free' | 'slots' | 'mode';

/** What the next batch shall be. */
export interface BatchDecision {
  /** Items after which it is sent. */
  readonly size: number;
  /** Milliseconds after its first item when it is sent even if it is not full. */
  readonly delay: number;
  /** Why its size is what it is. */
  readonly reason: BatchReason;
}

/** How a controller begins. */
export interface BatchControllerOptions {
  /** How size and delay are chosen. @defaultValue 'fixed' */
  readonly mode?: BatchMode | undefined;
  /** Items of a full batch; with `adaptive`, of the first one. @defaultValue 10; 5 for low-latency, 50 for throughput */
  readonly size?: number | undefined;
  /** Milliseconds, for `fixed`. @defaultValue 16 */
  readonly delay?: number | undefined;
  /** Slots of the job. @defaultValue no bound */
  readonly slots?: number | undefined;
}

/** Bounds of the delay of each mode in milliseconds. */
const DELAYS = { 'low-latency': [4, 8], throughput: [32, 64], adaptive: [4, 64] } as const;
const SIZES = { fixed: 10, 'low-latency': 5, throughput: 50, adaptive: 10 } as const;
const DEFAULT_DELAY = 16;
/** For a consumer with time to spare. */
const IDLE_DELAY = 8;
/** Delays are powers of two between the bounds of a mode, so that small changes of pace change nothing. */
const DELAY_STEP = 2;
/** A batch waits a little longer than it should take to fill. */
const DELAY_MARGIN = 1.25;
/** The weight of what was seen last in the pace of arrivals. */
const PACE_WEIGHT = 0.3;

/** Chooses size and delay for one stream; feed it after every batch. */
export class BatchController {
  /** The way that it chooses. */
  readonly mode: BatchMode;
  readonly #fixedSize: number;
  readonly #fixedDelay: number;
  readonly #band = new ConsumerBand();
  readonly #ceiling = new MemoryCeiling();
  #pace: number | undefined;
  /** The place on the ladder that is wanted, before slots and memory bound it. */
  #rung: number;
  #decision: BatchDecision;

  constructor(options: BatchControllerOptions = {}) {
    this.mode = options.mode ?? 'fixed';
    this.#fixedSize = checkInteger('size', options.size ?? SIZES[this.mode], 1, 256);
    this.#fixedDelay = checkNumber('delay', options.delay ?? DEFAULT_DELAY, 0, 'milliseconds');
    this.#rung = rungAtMost(this.#fixedSize);
    const size = this.mode === 'adaptive' ? (LADDER[this.#rung] ?? 0) : this.#fixedSize;
    const delay = this.mode === 'fixed' ? this.#fixedDelay : DELAYS[this.mode][0];
    const slots = options.slots ?? Infinity;
    this.#decision = { ...boundBySlots(size, 'start', slots), delay: this.mode === 'adaptive' ? DEFAULT_DELAY : delay };
  }

  /** What was decided last. */
  get decision(): BatchDecision {
    return this.#decision;
  }

  /** Takes in what was seen of a batch and decides about the next one. */
  next(seen: BatchObservation): BatchDecision {
    this.#pace = smooth(this.#pace, seen.arrivalInterval, PACE_WEIGHT);
    const [size, reason] = this.mode === 'adaptive' ? this.#adapt(seen) : ([this.#fixedSize, 'mode'] as const);
    const bounded = boundBySlots(size, reason, seen.slots);
    this.#decision = { ...bounded, delay: this.#delay(bounded.size) };
    return this.#decision;
  }

  #adapt(seen: BatchObservation): readonly [number, BatchReason] {
    const items = Math.max(1, seen.items ?? this.#decision.size);
    const arrival = items * seen.arrivalInterval;
    const step = this.#band.next(arrival > 0 ? seen.consumerTime / arrival : 1, seen.cpuLoad);
    const before = this.#decision.size;
    const most = LADDER.length - 1;
    // From the size in force: what memory or slots have forbidden is not remembered as a wish that comes true at once.
    if (step !== 0) this.#rung = Math.min(most, Math.max(0, Math.min(this.#rung, rungAtMost(before)) + step));
    const ceiling = this.#ceiling.next(seen.memoryPressure, this.#rung);
    const size = LADDER[Math.min(this.#rung, ceiling)] ?? 0;
    if (size < before) return [size, ceiling < this.#rung ? 'memory-short' : 'consumer-idle'];
    if (size > before) return [size, step > 0 ? 'consumer-slow' : 'memory-free'];
    return [size, ceiling < this.#rung ? 'memory-short' : 'hold'];
  }

  #delay(size: number): number {
    if (this.mode === 'fixed') return this.#fixedDelay;
    const [least, most] = DELAYS[this.mode];
    const current = this.#decision.delay;
    const fill = (this.#pace ?? 0) * size * DELAY_MARGIN;
    // A consumer that idles even with the smallest batches needs no waiting for more items.
    if (this.mode === 'adaptive' && this.#band.idle && this.#rung === 0) return Math.min(IDLE_DELAY, most);
    if (fill <= current * 1.1 && fill > (current / DELAY_STEP) * 0.9) return current;
    let delay: number = least;
    while (delay < fill && delay < most) delay *= DELAY_STEP;
    return delay;
  }
}

function boundBySlots(size: number, reason: BatchReason, slots: number): { size: number; reason: BatchReason } {
  const most = Math.max(1, Math.floor(slots / 2));
  return size > most ? { size: most, reason: 'slots' } : { size, reason };
}

function smooth(before: number | undefined, value: number, weight: number): number {
  return before === undefined ? value : before + (value - before) * weight;
}
