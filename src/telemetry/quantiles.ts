// Percentiles of a stream of values in bounded memory: counts in buckets that grow by 2 %, so every answer is within 1 %.

/** Each bucket ends 2 % above the last: its middle is within 1 % of everything in it. */
const LOG_GAMMA = Math.log(1.02);
/** Values of the middle of a bucket, as a share of its end. */
const MIDDLE = 2 / (1 + 1.02);
/** What is smaller counts as nothing, what is larger as this much: at most 2,442 buckets, and a few dozen in practice. */
const SMALLEST = 1e-9;
const LARGEST = 1e12;

/** A sketch as plain data, for another process or a file. */
export interface SketchData {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** Values too small for a bucket. */
  readonly zeros: number;
  /** Pairs of the number of a bucket and how many values it holds. */
  readonly buckets: readonly (readonly [number, number])[];
}

/** Counts values and answers percentiles within 1 %; sketches can be added to each other. */
export class Sketch {
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;
  #zeros = 0;
  readonly #buckets = new Map<number, number>();

  /** The sketch that plain data describes. */
  static from(data: SketchData): Sketch {
    const sketch = new Sketch();
    sketch.#count = data.count;
    sketch.#sum = data.sum;
    sketch.#zeros = data.zeros;
    if (data.count > 0) [sketch.#min, sketch.#max] = [data.min, data.max];
    for (const [bucket, count] of data.buckets) sketch.#buckets.set(bucket, count);
    return sketch;
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** Counts a value; what is not a finite number is left out, and what is negative counts as 0. */
  observe(value: number): void {
    if (!Number.isFinite(value)) return;
    const known = Math.min(Math.max(value, 0), LARGEST);
    this.#count += 1;
    this.#sum += known;
    this.#min = Math.min(this.#min, known);
    this.#max = Math.max(this.#max, known);
    if (known < SMALLEST) this.#zeros += 1;
    else this.#add(Math.ceil(Math.log(known) / LOG_GAMMA), 1);
  }

  /** Adds what another sketch has counted. */
  merge(other: Sketch): void {
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    this.#zeros += other.#zeros;
    for (const [bucket, count] of other.#buckets) this.#add(bucket, count);
  }

  /** The smallest value that a share of all values does not exceed; undefined before the first value. */
  quantile(share: number): number | undefined {
    if (this.#count === 0) return undefined;
    const rank = Math.min(this.#count, Math.max(1, Math.ceil(share * this.#count)));
    let seen = this.#zeros;
    if (rank <= seen) return this.#min;
    for (const [bucket, count] of this.#sorted()) {
      seen += count;
      if (seen >= rank) return Math.min(this.#max, Math.max(this.#min, Math.exp(bucket * LOG_GAMMA) * MIDDLE));
    }
    return this.#max;
  }

  /** The sketch as plain data. */
  toData(): SketchData {
    const [min, max] = this.#count === 0 ? [0, 0] : [this.#min, this.#max];
    return { count: this.#count, sum: this.#sum, min, max, zeros: this.#zeros, buckets: this.#sorted() };
  }

  #add(bucket: number, count: number): void {
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count);
  }

  #sorted(): [number, number][] {
    return [...this.#buckets].sort(([a], [b]) => a - b);
  }
}

/** p50, p95 and p99 of recent values; null before the first one. */
export interface Percentiles {
  /** Half of the values were at most this. */
  readonly p50: number | null;
  /** 95 of 100 values were at most this. */
  readonly p95: number | null;
  /** 99 of 100 values were at most this. */
  readonly p99: number | null;
}

/** Percentiles of what came lately: a window that fills and the one before it. */
export class RecentSketch {
  readonly #window: number;
  readonly #now: () => number;
  #current = new Sketch();
  #previous = new Sketch();
  #since: number;

  /**
   * @param window - milliseconds of one window; answers cover one to two of them
   * @param now - a clock in milliseconds
   */
  constructor(window: number, now: () => number) {
    this.#window = window;
    this.#now = now;
    this.#since = now();
  }

  /** Counts a value. */
  observe(value: number): void {
    this.#turn();
    this.#current.observe(value);
  }

  /** The percentiles of what is recent. */
  get percentiles(): Percentiles {
    this.#turn();
    const all = new Sketch();
    all.merge(this.#previous);
    all.merge(this.#current);
    return { p50: all.quantile(0.5) ?? null, p95: all.quantile(0.95) ?? null, p99: all.quantile(0.99) ?? null };
  }

  #turn(): void {
    const age = this.#now() - this.#since;
    if (age < this.#window) return;
    this.#previous = age < 2 * this.#window ? this.#current : new Sketch();
    this.#current = new Sketch();
    this.#since = this.#now();
  }
}
