// Plain memory by leases, for parts without a shared region: each block has a buffer of its own and is used again.
import { checkInteger } from '../base/index.js';
import type { PoolStart } from '../config/index.js';
import type { WaitOptions } from './budget.js';
import { EngineMemory, type TunedPool } from './engine-memory.js';
import { Lease } from './lease.js';
import { wholePages } from './ranges.js';
import { TIERS, tierOf, type Tier } from './tiers.js';

/** A block is used again for a request that leaves at most this share of it unused. */
const WASTE = 1 / 8;
const KEEP_WARM_BYTES = 16 * 1024 * 1024;
const MOST_BYTES = 2 ** 32;

/** How a pool of buffers is set up. */
export interface BufferPoolOptions {
  /** The budget and the reports that it shares; undefined for some of its own. */
  readonly memory?: EngineMemory | undefined;
  /** Blocks that are made at once, as far as the budget has room. */
  readonly pools?: readonly PoolStart[] | undefined;
}

/** Hands out buffers and takes them back; what they hold when they come is arbitrary. */
export class BufferPool implements TunedPool {
  readonly floor: number;
  readonly most: number;
  target: number;
  readonly #memory: EngineMemory;
  readonly #leave: () => void;
  /** Free buffers, by tier and in ascending order of length. */
  readonly #free: Record<Tier, ArrayBuffer[]> = { small: [], medium: [], large: [] };
  #idle = 0;

  constructor(options: BufferPoolOptions = {}) {
    this.#memory = options.memory ?? new EngineMemory();
    const { budget } = this.#memory;
    this.most = budget.limit;
    this.floor = Math.min(this.most, KEEP_WARM_BYTES);
    this.target = this.floor;
    this.#leave = this.#memory.join(this);
    for (const { bytes, count } of options.pools ?? [])
      for (let i = 0; i < count && wholePages(bytes) <= budget.room; i++) {
        this.target = Math.max(this.target, this.#idle + wholePages(bytes));
        this.#keep(new ArrayBuffer(wholePages(bytes)));
      }
  }

  get idleBytes(): number {
    return this.#idle;
  }

  /** Free buffers of one length can stand for each other: the largest such run of each tier. */
  get largestIdle(): number {
    return TIERS.reduce((sum, tier) => sum + Math.max(0, ...runsOf(this.#free[tier]).values()), 0);
  }

  /**
   * Leases a buffer of exactly `bytes`; waits while the budget is used up.
   * Rejects with FR_MEMORY_BUDGET when it can never fit, with FR_TIMEOUT and with the signal's reason.
   */
  async acquire(bytes: number, options: WaitOptions = {}): Promise<Lease> {
    checkInteger('bytes', bytes, 1, MOST_BYTES);
    const began = performance.now();
    const length = wholePages(bytes);
    try {
      await this.#memory.budget.acquire(length, length, `${String(bytes)} bytes`, options);
    } catch (error) {
      this.#memory.refused(bytes);
      throw error;
    }
    this.#memory.waited(performance.now() - began);
    return this.#lease(bytes);
  }

  /** Leases a buffer of exactly `bytes` at once; undefined when others wait or the budget is used up. */
  tryAcquire(bytes: number): Lease | undefined {
    checkInteger('bytes', bytes, 1, MOST_BYTES);
    const length = wholePages(bytes);
    if (this.#memory.budget.tryAcquire(length, length) !== undefined) return this.#lease(bytes);
    this.#memory.refused(bytes);
    return undefined;
  }

  trim(bytes: number): void {
    let left = bytes;
    // The rarest length of all goes first: it is the least likely to be asked for again.
    while (left > 0 && this.#idle > 0) {
      const tier = this.#scarcest();
      const [[length] = [0]] = [...runsOf(this.#free[tier])].sort(([, a], [, b]) => a - b);
      const place = this.#free[tier].findIndex((buffer) => buffer.byteLength === length);
      this.#free[tier].splice(place, 1);
      this.#idle -= length;
      left -= length;
    }
  }

  /** Lets go of what is free; leases stay good until they end. */
  close(): void {
    this.trim(this.#idle);
    this.target = 0;
    this.#leave();
  }

  /** A lease over memory that the budget has granted in whole pages. */
  #lease(bytes: number): Lease {
    const began = performance.now();
    const length = wholePages(bytes);
    const found = this.#find(length);
    const buffer = found ?? new ArrayBuffer(length);
    this.#memory.took(this, buffer.byteLength, found !== undefined, (performance.now() - began) / 1000);
    this.#memory.budget.settle();
    return new Lease(
      new Uint8Array(buffer, 0, bytes),
      () => {
        this.#giveBack(buffer);
      },
      'buffer',
    );
  }

  #find(length: number): ArrayBuffer | undefined {
    const longest = length / (1 - WASTE);
    const free = this.#free[tierOf(length)];
    const place = free.findIndex(({ byteLength }) => byteLength >= length && byteLength <= longest);
    const found = free[place];
    if (found === undefined) return undefined;
    const extra = found.byteLength - length;
    // What it is longer than the need counts too, so that the budget is kept.
    if (extra > 0 && this.#memory.budget.tryAcquire(extra, extra) === undefined) return undefined;
    free.splice(place, 1);
    this.#idle -= found.byteLength;
    return found;
  }

  #giveBack(buffer: ArrayBuffer): void {
    this.#memory.gave(this, buffer.byteLength);
    if (this.#idle + buffer.byteLength <= this.target) this.#keep(buffer);
    this.#memory.budget.release(buffer.byteLength);
  }

  #keep(buffer: ArrayBuffer): void {
    const free = this.#free[tierOf(buffer.byteLength)];
    const place = free.findIndex(({ byteLength }) => byteLength >= buffer.byteLength);
    free.splice(place < 0 ? free.length : place, 0, buffer);
    this.#idle += buffer.byteLength;
  }

  /** The tier with the smallest run of all. */
  #scarcest(): Tier {
    const runs = TIERS.filter((tier) => this.#free[tier].length > 0).map((tier) => ({
      tier,
      bytes: Math.min(...runsOf(this.#free[tier]).values()),
    }));
    return runs.sort((a, b) => a.bytes - b.bytes)[0]?.tier ?? 'small';
  }
}

/** Length of a buffer -> bytes of all free buffers of that length. */
function runsOf(free: readonly ArrayBuffer[]): Map<number, number> {
  const runs = new Map<number, number>();
  for (const { byteLength } of free) runs.set(byteLength, (runs.get(byteLength) ?? 0) + byteLength);
  return runs;
}
