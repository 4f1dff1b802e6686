// A stream of frames through a batch rule in simulated time: who waits how long, and how often the rule changes its mind.
import { random } from './random.js';

/** What a rule is told after each batch. */
export interface Seen {
  readonly arrivalInterval: number;
  readonly consumerTime: number;
  readonly items: number;
  readonly memoryPressure: number;
  readonly cpuLoad: number;
  readonly slots: number;
}

/** Anything that decides about the next batch. */
export interface Rule {
  readonly size: number;
  readonly delay: number;
  next(seen: Seen): void;
}

/** What a stream is like; all times in milliseconds. */
export interface Load {
  /** Between two frames. */
  readonly arrival: number;
  /** What the consumer needs for each batch, and for each frame. */
  readonly perBatch: number;
  readonly perFrame: number;
  readonly memory: number;
  readonly cpu: number;
  readonly slots: number;
  /** How far times and loads stray to both sides, as a share of them. */
  readonly noise: number;
  /** The same for CPU load alone, which jumps more. @defaultValue as `noise` */
  readonly cpuNoise?: number;
  /** Memory pressure that a batch of 50 adds. @defaultValue 0 */
  readonly memoryPerSize?: number;
}

/** How it went. */
export interface Outcome {
  /** The size after each batch. */
  readonly sizes: number[];
  /** From the arrival of a frame to the moment when its consumer begins with its batch, in milliseconds. */
  readonly waits: { readonly mean: number; readonly p95: number };
  /** Frames in a second. */
  readonly throughput: number;
}

/** Plays batches of one load after another; `loads` says which load each batch is under. */
export function simulate(rule: Rule, batches: number, loads: (batch: number) => Load, seed: number): Outcome {
  const next = random(seed);
  const stray = (value: number, noise: number): number => value * (1 + (2 * next() - 1) * noise);
  const sizes: number[] = [];
  const waits: number[] = [];
  /** When each slot in use becomes free. */
  let inUse: number[] = [];
  let arrives = 0;
  let consumerFree = 0;
  let frames = 0;
  for (let batch = 0; batch < batches; batch++) {
    const load = loads(batch);
    const arrivals: number[] = [];
    let ready = Infinity;
    // The producer waits for a free slot; a batch goes when it is full, too old, or holds every slot that is left.
    while (arrivals.length < rule.size) {
      if (inUse.length + arrivals.length >= load.slots) {
        const free = Math.min(...inUse);
        if (!Number.isFinite(free)) break;
        inUse.splice(inUse.indexOf(free), 1);
        arrives = Math.max(arrives, free);
      }
      if (arrivals.length > 0 && arrives > arrivals[0]! + rule.delay) {
        ready = arrivals[0]! + rule.delay;
        break;
      }
      arrivals.push(arrives);
      arrives += stray(load.arrival, load.noise);
    }
    const sent = Number.isFinite(ready) ? ready : arrivals.at(-1)!;
    const begins = Math.max(sent, consumerFree);
    const consumerTime = stray(load.perBatch + load.perFrame * arrivals.length, load.noise);
    consumerFree = begins + consumerTime;
    for (const arrival of arrivals) {
      waits.push(begins - arrival);
      inUse.push(consumerFree);
    }
    inUse = inUse.filter((free) => free > Math.min(arrives, consumerFree));
    frames += arrivals.length;
    rule.next({
      arrivalInterval: stray(load.arrival, load.noise),
      consumerTime,
      items: arrivals.length,
      memoryPressure: Math.min(1, stray(load.memory + ((load.memoryPerSize ?? 0) * rule.size) / 50, load.noise)),
      cpuLoad: Math.min(1, stray(load.cpu, load.cpuNoise ?? load.noise)),
      slots: load.slots,
    });
    sizes.push(rule.size);
  }
  const sorted = waits.toSorted((a, b) => a - b);
  return {
    sizes,
    waits: {
      mean: waits.reduce((sum, wait) => sum + wait, 0) / waits.length,
      p95: sorted[Math.floor(sorted.length * 0.95)]!,
    },
    throughput: (frames / consumerFree) * 1000,
  };
}

/** The published rule: 0.8 times the size above 0.8 of memory or 0.7 of CPU, 1.2 times below 0.5 and 0.4. */
export class PublishedRule implements Rule {
  size = 10;
  readonly delay = 16;

  next({ memoryPressure, cpuLoad, slots }: Seen): void {
    if (memoryPressure > 0.8 || cpuLoad > 0.7) this.size *= 0.8;
    else if (memoryPressure < 0.5 && cpuLoad < 0.4) this.size *= 1.2;
    this.size = Math.min(Math.max(5, Math.round(this.size)), 50, Math.floor(slots / 2));
  }
}

/** How often the size changes. */
export function changes(sizes: readonly number[]): number {
  return sizes.filter((size, i) => i > 0 && size !== sizes[i - 1]).length;
}

/** How often the size turns from growing to shrinking or back. */
export function turns(sizes: readonly number[]): number {
  const steps = sizes.flatMap((size, i) => (i > 0 && size !== sizes[i - 1] ? [Math.sign(size - sizes[i - 1]!)] : []));
  return steps.filter((step, i) => i > 0 && step !== steps[i - 1]).length;
}
