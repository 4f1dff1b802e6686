// Watches the batches of one stream, and has the worker size the next ones by what it saw.
import { monotonicNow } from '../base/index.js';
import type { BatchMode } from '../config/index.js';
import { Machine, type Telemetry } from '../telemetry/index.js';
import { BatchController } from './batch-controller.js';
import { BatchMeter, type BatchStats } from './batch-stats.js';
import type { JobRun, LeasedBatch } from './job-run.js';
import type { BatchRule } from './protocol.js';

/** How the batches of a stream are sized. */
export interface BatchPlan {
  readonly mode: BatchMode;
  /** Items of a full batch; with `adaptive`, of the first one; undefined for the habit of the mode. */
  readonly size: number | undefined;
  /** Milliseconds that the first item waits at most, for `fixed`; undefined for the habit. */
  readonly delay: number | undefined;
  /** Slots of the job. */
  readonly slots: number;
  /** How many batches of full size the slots shall hold: one is filled while others travel. */
  readonly inFlight: number;
}

/** One machine for all streams of this process: its load is the same for everybody. */
const machine = new Machine();

/** Paces one stream. */
export class BatchPacer {
  /** The rule that the job starts with. */
  readonly first: BatchRule;
  readonly #controller: BatchController;
  readonly #meter: BatchMeter;
  readonly #slots: number;
  #rule: BatchRule;
  #run: JobRun | undefined;
  /** The batch that the consumer has, and since when. */
  #current: { readonly batch: LeasedBatch; readonly since: number } | undefined;
  #lastItem: number | undefined;

  constructor(plan: BatchPlan, telemetry: Telemetry | undefined, stream: string) {
    // The controller keeps batches to half of its slots; a two-way job needs room for a third share.
    this.#slots = Math.max(2, Math.floor((2 * plan.slots) / plan.inFlight));
    const { mode, size, delay } = plan;
    this.#controller = new BatchController({ mode, size, delay, slots: this.#slots });
    this.#meter = new BatchMeter({ mode, telemetry, stream });
    this.first = ruleOf(this.#controller.decision);
    this.#rule = this.first;
    this.#meter.setRule(this.first);
  }

  /** Names the run that is paced. */
  start(run: JobRun): void {
    this.#run = run;
  }

  /** The consumer asks for the next batch: it is done with the one before. */
  asked(): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    const { batch, since } = current;
    const [first, last] = batch.times;
    const size = batch.items.length;
    const consumerMs = monotonicNow() - since;
    this.#meter.observeBatch({ size, reason: batch.trigger, queueDelayMs: Math.max(0, since - first), consumerMs });
    const spread = size > 1 ? (last - first) / (size - 1) : first - (this.#lastItem ?? first);
    this.#lastItem = last;
    const { memoryPressure, cpuLoad } = machine.load();
    const arrivalInterval = Math.max(0, spread);
    const slots = this.#slots;
    const seen = { arrivalInterval, consumerTime: consumerMs, items: size, memoryPressure, cpuLoad, slots };
    this.#apply(ruleOf(this.#controller.next(seen)));
  }

  /** The consumer gets a batch. */
  gave(batch: LeasedBatch): void {
    this.#current = { batch, since: monotonicNow() };
  }

  #apply(rule: BatchRule): void {
    if (rule.size === this.#rule.size && rule.delay === this.#rule.delay) return;
    this.#rule = rule;
    this.#meter.setRule(rule);
    this.#run?.pace(rule);
  }

  /** The batches so far. */
  get stats(): BatchStats {
    return this.#meter.stats();
  }

  /** The stream has ended. */
  close(): void {
    this.asked();
    this.#meter.close();
  }
}

function ruleOf({ size, delay }: BatchRule): BatchRule {
  return { size, delay };
}
