// Hands out ranges of a region: first fit over a sorted list of what is free, neighbours merged on return.

/** A range of bytes. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** Ranges start and end on pages, so that one can be given back to the system without its neighbours. */
export const PAGE = 4096;

/** The free ranges of one region. */
export class RangeAllocator {
  readonly #free: Range[];

  constructor(offset: number, end: number) {
    this.#free = [{ offset, length: end - offset }];
  }

  /** Bytes that are free, in however many pieces. */
  get freeBytes(): number {
    return this.#free.reduce((sum, range) => sum + range.length, 0);
  }

  /** Bytes of the largest free piece. */
  get largestFree(): number {
    return this.#free.reduce((largest, range) => Math.max(largest, range.length), 0);
  }

  /** Takes a range of at least `bytes`, or gives undefined when no free piece is large enough. */
  take(bytes: number): Range | undefined {
    const length = Math.max(PAGE, Math.ceil(bytes / PAGE) * PAGE);
    const index = this.#free.findIndex((range) => range.length >= length);
    const found = this.#free[index];
    if (found === undefined) return undefined;
    const rest = { offset: found.offset + length, length: found.length - length };
    this.#free.splice(index, 1, ...(rest.length > 0 ? [rest] : []));
    return { offset: found.offset, length };
  }

  /** Gives a taken range back. */
  give(range: Range): void {
    const index = this.#free.findIndex((free) => free.offset > range.offset);
    const at = index < 0 ? this.#free.length : index;
    this.#free.splice(at, 0, range);
    this.#merge(at);
    if (at > 0) this.#merge(at - 1);
  }

  #merge(at: number): void {
    const [left, right] = [this.#free[at], this.#free[at + 1]];
    if (left === undefined || right === undefined || left.offset + left.length !== right.offset) return;
    this.#free.splice(at, 2, { offset: left.offset, length: left.length + right.length });
  }
}
