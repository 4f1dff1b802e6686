// An arena: the region of one worker and the ranges taken from it. It closes when its worker is gone and nobody reads.
import { FramerailError } from '../base/index.js';
import { RangeAllocator, type Range } from './ranges.js';
import { CONTROL_BYTES, type Region } from './region.js';

/** How many bytes of returned ranges stay committed for the next job; more goes back to the system. */
const KEEP_WARM_BYTES = 64 * 1024 * 1024;

/** The memory of one worker, as its parent manages it. */
export class Arena {
  readonly region: Region;
  readonly #ranges: RangeAllocator;
  #taken = 0;
  #warm = 0;
  #retired = false;

  constructor(region: Region) {
    this.region = region;
    this.#ranges = new RangeAllocator(CONTROL_BYTES, region.buffer.byteLength);
  }

  /** The control words that both sides read through Atomics. */
  get control(): Int32Array {
    return new Int32Array(this.region.buffer, 0, CONTROL_BYTES / 4);
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
    if (ranges.length === 0)
      throw new FramerailError(
        'FR_MEMORY_BUDGET',
        `A frame of ${String(bytes)} bytes does not fit into the ${String(this.region.buffer.byteLength)} bytes of a worker's region; ask for a smaller \`size\` or raise \`regionBytes\`.`,
        { details: { bytes, regionBytes: this.region.buffer.byteLength, largestFree: this.#ranges.largestFree } },
      );
    this.#taken += ranges.length;
    return ranges;
  }

  /** Gives ranges back. */
  give(ranges: readonly Range[]): void {
    for (const range of ranges) {
      this.#ranges.give(range);
      this.#warm += range.length;
    }
    this.#taken -= ranges.length;
    if (this.#taken === 0 && this.#warm > KEEP_WARM_BYTES) {
      this.region.decommit(CONTROL_BYTES, this.region.buffer.byteLength - CONTROL_BYTES);
      this.#warm = 0;
    }
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
