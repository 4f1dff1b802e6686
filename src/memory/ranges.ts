// Hands out ranges of a region: which bytes are free, and which of those are warm, that is committed from earlier use.

/** A range of bytes. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** Ranges start and end on pages, so that one can be given back to the system without its neighbours. */
export const PAGE = 4096;

/** Disjoint ranges in order of their offsets; neighbours are merged. */
export class RangeSet {
  readonly #ranges: Range[] = [];

  /** The ranges in order. */
  get ranges(): readonly Range[] {
    return this.#ranges;
  }

  /** Bytes in all ranges. */
  get bytes(): number {
    return this.#ranges.reduce((sum, range) => sum + range.length, 0);
  }

  /** Bytes of the largest range. */
  get largest(): number {
    return this.#ranges.reduce((largest, range) => Math.max(largest, range.length), 0);
  }

  /** Adds a range that overlaps none of them. */
  add(range: Range): void {
    if (range.length <= 0) return;
    const index = this.#ranges.findIndex((known) => known.offset > range.offset);
    const at = index < 0 ? this.#ranges.length : index;
    this.#ranges.splice(at, 0, range);
    this.#merge(at);
    if (at > 0) this.#merge(at - 1);
  }

  /** Takes out what lies within a range; returns how many bytes that was. */
  remove({ offset, length }: Range): number {
    const end = offset + length;
    let removed = 0;
    for (let i = 0; i < this.#ranges.length; i++) {
      const known = this.#ranges[i];
      if (known === undefined || known.offset >= end) break;
      const knownEnd = known.offset + known.length;
      if (knownEnd <= offset) continue;
      removed += Math.min(end, knownEnd) - Math.max(offset, known.offset);
      const rest = [
        { offset: known.offset, length: offset - known.offset },
        { offset: end, length: knownEnd - end },
      ].filter((range) => range.length > 0);
      this.#ranges.splice(i, 1, ...rest);
      i += rest.length - 1;
    }
    return removed;
  }

  /** The first range that is long enough. */
  first(length: number): Range | undefined {
    return this.#ranges.find((range) => range.length >= length);
  }

  /** The shortest range that is long enough; the first of equal ones. */
  best(length: number): Range | undefined {
    let best: Range | undefined;
    for (const range of this.#ranges)
      if (range.length >= length && range.length < (best?.length ?? Infinity)) best = range;
    return best;
  }

  #merge(at: number): void {
    const [left, right] = [this.#ranges[at], this.#ranges[at + 1]];
    if (left === undefined || right === undefined || left.offset + left.length !== right.offset) return;
    this.#ranges.splice(at, 2, { offset: left.offset, length: left.length + right.length });
  }
}

/** A range that was taken, and whether its memory was committed before. */
export interface TakenRange extends Range {
  /** Bytes of it that were warm: all of them for a hit. */
  readonly warm: number;
}

/** The free ranges of one region. Warm ones are used first, the shortest that fits; else the first that fits. */
export class RangeAllocator {
  readonly #free = new RangeSet();
  /** Free and committed; each lies within a free range. */
  readonly #warm = new RangeSet();

  constructor(offset: number, end: number) {
    this.#free.add({ offset, length: end - offset });
  }

  /** Bytes that are free, in however many pieces. */
  get freeBytes(): number {
    return this.#free.bytes;
  }

  /** Bytes of the largest free piece. */
  get largestFree(): number {
    return this.#free.largest;
  }

  /** Bytes that are free and committed. */
  get warmBytes(): number {
    return this.#warm.bytes;
  }

  /** Bytes of the largest piece that is free and committed. */
  get largestWarm(): number {
    return this.#warm.largest;
  }

  /** How many blocks of `bytes` fit into what is free. */
  fits(bytes: number): number {
    const length = wholePages(bytes);
    return this.#free.ranges.reduce((sum, range) => sum + Math.floor(range.length / length), 0);
  }

  /** Takes a range of at least `bytes`, or gives undefined when no free piece is large enough. */
  take(bytes: number): TakenRange | undefined {
    const length = wholePages(bytes);
    return this.#cut(this.#warm.best(length) ?? this.#free.first(length), length);
  }

  /** Takes up to `count` ranges of at least `bytes`, as many as fit. */
  takeMany(bytes: number, count: number): TakenRange[] {
    const wanted = Math.min(count, this.fits(bytes));
    if (wanted === 0) return [];
    const taken = this.#fill(wanted, () => this.take(bytes));
    if (taken.length === wanted) return taken;
    // Warm pieces lay so that they cut up the rest: from the start of each free piece all of them fit.
    for (const range of taken) this.give(range, range.warm === range.length);
    return this.#fill(wanted, () => this.#cut(this.#free.first(wholePages(bytes)), wholePages(bytes)));
  }

  #fill(count: number, take: () => TakenRange | undefined): TakenRange[] {
    const taken: TakenRange[] = [];
    for (let range = take(); range !== undefined; range = take()) {
      taken.push(range);
      if (taken.length >= count) break;
    }
    return taken;
  }

  #cut(found: Range | undefined, length: number): TakenRange | undefined {
    if (found === undefined) return undefined;
    const range = { offset: found.offset, length };
    this.#free.remove(range);
    return { ...range, warm: this.#warm.remove(range) };
  }

  /** Gives a taken range back; it is warm when it was committed. */
  give(range: Range, warm = false): void {
    this.#free.add({ offset: range.offset, length: range.length });
    if (warm) this.#warm.add({ offset: range.offset, length: range.length });
  }

  /** Has a free, cold range committed and calls it warm; gives undefined when there is none of that length. */
  warmUp(bytes: number, commit: (range: Range) => void): Range | undefined {
    const range = this.#findCold(wholePages(bytes));
    if (range === undefined) return undefined;
    commit(range);
    this.#warm.add(range);
    return range;
  }

  /** Cools free warm ranges, short ones first, until at least so many bytes are cold; returns what is to be decommitted. */
  cool(bytes: number): Range[] {
    const cooled: Range[] = [];
    let left = Math.ceil(bytes / PAGE) * PAGE;
    for (const range of this.#warm.ranges.toSorted((a, b) => a.length - b.length)) {
      if (left <= 0) break;
      const length = Math.min(left, range.length);
      // The end of a long range goes, so that its start stays in one piece.
      const part = { offset: range.offset + range.length - length, length };
      this.#warm.remove(part);
      cooled.push(part);
      left -= length;
    }
    return cooled;
  }

  #findCold(length: number): Range | undefined {
    for (const range of this.#free.ranges) {
      const cold = new RangeSet();
      cold.add(range);
      for (const warm of this.#warm.ranges) cold.remove(warm);
      const found = cold.first(length);
      if (found !== undefined) return { offset: found.offset, length };
    }
    return undefined;
  }
}

/** Bytes rounded up to pages; at least one. */
export function wholePages(bytes: number): number {
  return Math.max(PAGE, Math.ceil(bytes / PAGE) * PAGE);
}
