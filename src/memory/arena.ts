// An arena: the region of one worker and the ranges taken from it. It closes when its worker is gone and nobody reads.
import { FramerailError, isFramerailError } from '../base/index.js';
import type { PoolStart } from '../config/index.js';
import type { WaitOptions } from './budget.js';
import type { EngineMemory, TunedPool } from './engine-memory.js';
import { RangeAllocator, wholePages, type Range } from './ranges.js';
import { CONTROL_BYTES, controlWords, type Region } from './region.js';

/** How many bytes of returned ranges stay committed for the next job at first; more goes back to the system. */
const KEEP_WARM_BYTES = 64 * 1024 * 1024;
/** A job with fewer slots could not fill one while its consumer reads another. */
const LEAST_SLOTS = 2;

/** What an arena shares with the others of its engine. */
export interface ArenaOptions {
  /** The budget and the reports of the engine. */
  readonly memory?: EngineMemory | undefined;
  /** Blocks that are committed from the start, in this order, as far as they fit. */
  readonly pools?: readonly PoolStart[] | undefined;
}

/** The memory of one worker, as its parent manages it. */
export class Arena implements TunedPool {
  readonly region: Region;
  /** The control words that both sides read through Atomics. */
  readonly control: Int32Array;
  readonly floor: number;
  readonly most: number;
  target: number;
  readonly #ranges: RangeAllocator;
  readonly #memory: EngineMemory | undefined;
  readonly #leave: () => void;
  #taken = 0;
  /** Taken ranges that nobody used yet, by their offset. */
  readonly #unused = new Map<number, { readonly warm: boolean; readonly seconds: number }>();
  #retired = false;

  constructor(region: Region, options: ArenaOptions = {}) {
    this.region = region;
    this.control = controlWords(region);
    this.#ranges = new RangeAllocator(CONTROL_BYTES, region.byteLength);
    this.#memory = options.memory;
    this.most = region.byteLength - CONTROL_BYTES;
    this.floor = Math.min(this.most, KEEP_WARM_BYTES);
    this.target = this.floor;
    this.#leave = options.memory?.join(this) ?? (() => undefined);
    if (options.pools !== undefined) this.#prepare(options.pools);
  }

  /** Ranges that are in use now. */
  get taken(): number {
    return this.#taken;
  }

  get idleBytes(): number {
    return this.#ranges.warmBytes;
  }

  get largestIdle(): number {
    return this.#ranges.largestWarm;
  }

  /**
   * Takes up to `count` ranges of `bytes`, as many as the region and the budget of the engine have, and at least two of
   * them when more than one is asked for. Waits while the budget is used up; the region does not wait for what its own
   * caller retains. Rejects with FR_MEMORY_BUDGET when it can never fit or the region is full, with FR_TIMEOUT and
   * with the signal's reason.
   */
  async reserve(bytes: number, count: number, options: WaitOptions = {}): Promise<Range[]> {
    const length = wholePages(bytes);
    const least = Math.min(LEAST_SLOTS, count);
    try {
      const room = this.#ranges.fits(bytes);
      if (room < least) throw this.#fullError(bytes, least);
      const granted = await this.#acquire(length, least, Math.min(count, room), options);
      const ranges = this.#take(bytes, granted);
      // Another call may have taken what was free when this one began to wait.
      this.#memory?.budget.release((granted - ranges.length) * length);
      if (ranges.length >= least) {
        // What one job needs at once stays warm for the next one like it; what a minute does not ask for goes.
        this.target = Math.min(this.most, Math.max(this.target, ranges.length * length));
        return ranges;
      }
      this.give(ranges);
      throw this.#fullError(bytes, least);
    } catch (error) {
      if (isFramerailError(error) && error.code !== 'FR_ABORTED') this.#memory?.refused(bytes);
      throw error;
    }
  }

  /** Counts a taken range as a request of the pool, once: those that nobody ever uses cost nothing. */
  use(range: Range): void {
    const taken = this.#unused.get(range.offset);
    if (taken === undefined) return;
    this.#unused.delete(range.offset);
    this.#memory?.took(this, range.length, taken.warm, taken.seconds);
  }

  /** Gives ranges back; those that were used stay committed as far as the target goes. */
  give(ranges: readonly Range[]): void {
    let bytes = 0;
    for (const range of ranges) {
      bytes += range.length;
      const unused = this.#unused.get(range.offset);
      this.#unused.delete(range.offset);
      if (unused === undefined) this.#memory?.gave(this, range.length);
      const committed = unused === undefined || unused.warm;
      const warm = committed && !this.#retired && this.idleBytes + range.length <= this.target;
      this.#ranges.give(range, warm);
      // Also what was never used: a job that was stopped may have begun to write there.
      if (!warm) this.region.decommit(range.offset, range.length);
    }
    this.#taken -= ranges.length;
    this.#memory?.budget.release(bytes);
    this.#closeWhenUnused();
  }

  trim(bytes: number): void {
    for (const range of this.#ranges.cool(bytes)) this.region.decommit(range.offset, range.length);
  }

  /** The worker is gone: what idles goes back at once, and the region closes as soon as the last range is back. */
  retire(): void {
    this.#retired = true;
    this.trim(this.idleBytes);
    this.#leave();
    this.#closeWhenUnused();
  }

  async #acquire(length: number, least: number, most: number, options: WaitOptions): Promise<number> {
    const budget = this.#memory?.budget;
    if (budget === undefined) return most;
    const began = performance.now();
    const what = `${String(least)} slots of ${String(length)} bytes`;
    const bytes = await budget.acquire(least * length, most * length, what, options);
    this.#memory?.waited(performance.now() - began);
    const count = Math.floor(bytes / length);
    if (bytes > count * length) budget.release(bytes - count * length);
    return count;
  }

  #take(bytes: number, count: number): Range[] {
    const began = performance.now();
    const ranges = this.#ranges.takeMany(bytes, count);
    const seconds = (performance.now() - began) / 1000 / Math.max(1, ranges.length);
    for (const { offset, length, warm } of ranges) this.#unused.set(offset, { warm: warm === length, seconds });
    this.#taken += ranges.length;
    return ranges.map(({ offset, length }) => ({ offset, length }));
  }

  /**
   * Commits blocks while the worker starts, one in each turn of the event loop; less when the machine, the budget or
   * the region has less.
   */
  #prepare(pools: readonly PoolStart[]): void {
    // Elsewhere a region is committed by touch alone.
    if (this.region.kind !== 'memfd' && this.region.kind !== 'shm') return;
    const lengths = pools.flatMap(({ bytes, count }) => Array<number>(count).fill(wholePages(bytes)));
    this.target = Math.min(this.most, Math.max(this.floor, sum(lengths)));
    const next = (): void => {
      const length = lengths.shift();
      if (length !== undefined && !this.#retired && this.#commitAhead(length)) setImmediate(next);
    };
    next();
  }

  #commitAhead(length: number): boolean {
    if (length > (this.#memory?.budget.room ?? this.most)) return false;
    try {
      const range = this.#ranges.warmUp(length, ({ offset }) => {
        this.region.commit(offset, length);
      });
      return range !== undefined;
    } catch (error) {
      if (!isFramerailError(error)) throw error;
      // Nothing is needed yet: the first job that needs it is told.
      return false;
    }
  }

  #fullError(bytes: number, least: number): FramerailError {
    const regionBytes = this.region.byteLength;
    const why =
      least * wholePages(bytes) > regionBytes - CONTROL_BYTES
        ? `the ${String(regionBytes)} bytes of a worker's region; ask for a smaller \`size\` or raise \`regionBytes\``
        : `what retained frames left of the ${String(regionBytes)} bytes of a worker's region; release them`;
    const details = { bytes, slots: least, regionBytes, largestFree: this.#ranges.largestFree };
    const what = least === 1 ? `${String(bytes)} bytes` : `${String(least)} frames of ${String(bytes)} bytes`;
    return new FramerailError('FR_MEMORY_BUDGET', `${what} do not fit into ${why}.`, { details });
  }

  #closeWhenUnused(): void {
    if (this.#retired && this.#taken === 0) this.region.close();
  }
}

function sum(lengths: readonly number[]): number {
  return lengths.reduce((total, length) => total + length, 0);
}
