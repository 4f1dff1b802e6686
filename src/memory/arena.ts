// An arena: the region of one worker and the ranges taken from it. It closes when its worker is gone and nobody reads.
import { FramerailError } from '../base/index.js';
import { RangeAllocator, type Range } from './ranges.js';
import { CONTROL_BYTES, controlWords, type Region } from './region.js';

/** How many bytes of returned ranges stay committed for the next job; more goes back to the system. */
const KEEP_WARM_BYTES = 64 * 1024 * 1024;

/** The memory of one worker, as its parent manages it. */
export class Arena {
  readonly region: Region;
  /** The control words that both sides read through Atomics. */
  readonly control: Int32Array;
  readonly #ranges: RangeAllocator;
  #taken = 0;
  #warm = 0;
  #retired = false;

  constructor(region: Region) {
    this.region = region;
    this.control = controlWords(region);
    this.#ranges = new RangeAllocator(CONTROL_BYTES, region.byteLength);
  }

  /** Ranges that are in use now. */
  get taken(): number {
    return this.#taken;
  }

  /**
   * Takes up to `count` ranges of `bytes`, as many as fit; throws FR_MEMORY_BUDGET when not even one does.
   */
  take(bytes: number, count: number): Range[] {
    const ranges: Range[] = [];
    while (ranges.length < count) {
      const range = this.#ranges.take(bytes);
      if (range === undefined) break;
      ranges.push(range);
    }
    if (ranges.length === 0) throw this.#budgetError(bytes);
    this.#taken += ranges.length;
    for (const range of ranges) this.#warm = Math.max(0, this.#warm - range.length);
    return ranges;
  }

  #budgetError(bytes: number): FramerailError {
    const regionBytes = this.region.byteLength;
    const why =
      bytes > regionBytes - CONTROL_BYTES
        ? `the ${String(regionBytes)} bytes of a worker's region; ask for a smaller \`size\` or raise \`regionBytes\``
        : `what retained frames left of the ${String(regionBytes)} bytes of a worker's region; release them`;
    const details = { bytes, regionBytes, largestFree: this.#ranges.largestFree };
    return new FramerailError('FR_MEMORY_BUDGET', `Frames of ${String(bytes)} bytes do not fit into ${why}.`, {
      details,
    });
  }

  /** Gives ranges back. */
  give(ranges: readonly Range[]): void {
    for (const range of ranges) {
      this.#ranges.give(range);
      if (this.#warm + range.length <= KEEP_WARM_BYTES) this.#warm += range.length;
      else this.region.decommit(range.offset, range.length);
    }
    this.#taken -= ranges.length;
    this.#closeWhenUnused();
  }

  /** The worker is gone: the region closes as soon as the last range is back. */
  retire(): void {
    this.#retired = true;
    this.#closeWhenUnused();
  }

  #closeWhenUnused(): void {
    if (this.#retired && this.#taken === 0) this.region.close();
  }
}
