// Counts what a batch has done, how fast it is, and when it will be done.
import type { ErrorCode } from '../../../base/index.js';
import type { CoverTimings } from '../../stage-clock.js';
import type { BatchProgress, BatchSummary, FailedCover, MadeCover } from './events.js';

/** Milliseconds that the rate looks back on. */
const WINDOW = 10_000;
/** Moments that are remembered of it. */
const MOMENTS = 20;

const NO_TIME: CoverTimings = { open: 0, seek: 0, decode: 0, analyse: 0, scale: 0, encode: 0, total: 0 };

/** Counts of one batch. */
export class BatchTally {
  readonly #started = performance.now();
  readonly #failures = new Map<ErrorCode, number>();
  readonly #stages: { -readonly [Stage in keyof CoverTimings]: number } = { ...NO_TIME };
  /** When how many were made and settled, lately. */
  readonly #moments: { readonly at: number; readonly made: number; readonly settled: number }[] = [];
  #made = 0;
  #kept = 0;
  #failed = 0;
  #passedOver = 0;
  #files = 0;
  #bytes = 0;
  /** Rows of sources that are behind, those of the one that is being read, and which part of it they are. */
  #readBefore = 0;
  #read = 0;
  #share: number | undefined;
  #isFile = false;
  /** What is known of sources ahead; undefined where one of them tells only on its way. */
  total: number | undefined;

  /** A cover was made. */
  made({ files, covers: { timings } }: Pick<MadeCover, 'files' | 'covers'>): void {
    this.#made += 1;
    this.#files += files.length;
    this.#bytes += files.reduce((sum, file) => sum + file.bytes, 0);
    for (const stage of Object.keys(NO_TIME) as (keyof CoverTimings)[]) this.#stages[stage] += timings[stage];
  }

  /** A cover of before was kept. */
  kept(): void {
    this.#kept += 1;
  }

  /** A row was passed over. */
  passed(): void {
    this.#passedOver += 1;
  }

  /** A cover failed. */
  failed({ code }: Pick<FailedCover, 'code'>): void {
    this.#failed += 1;
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
  }

  /** Something was read. @param share - which part of its source ends with it; undefined where nobody knows */
  read(share: number | undefined, isFile: boolean): void {
    this.#read += 1;
    this.#share = share;
    this.#isFile = isFile;
  }

  /** A source came to its end. */
  sourceEnded(): void {
    this.#readBefore += this.#read;
    [this.#read, this.#share] = [0, undefined];
  }

  /** How far it is. */
  progress(): BatchProgress {
    const now = performance.now();
    const [made, settled] = [this.#made, this.#made + this.#kept + this.#failed + this.#passedOver];
    const oldest = this.#moments[0] ?? { at: this.#started, made: 0, settled: 0 };
    const seconds = Math.max(0.001, (now - oldest.at) / 1000);
    if (now - (this.#moments.at(-1)?.at ?? 0) > WINDOW / MOMENTS) {
      this.#moments.push({ at: now, made, settled });
      while ((this.#moments[0]?.at ?? now) < now - WINDOW) this.#moments.shift();
    }
    const pace = (settled - oldest.settled) / seconds;
    const total = this.#reckon();
    return {
      ...{ made, kept: this.#kept, failed: this.#failed, passedOver: this.#passedOver, settled },
      total: total ?? null,
      rate: (made - oldest.made) / seconds,
      remaining: total === undefined || pace <= 0 ? null : Math.max(0, total - settled) / pace,
      elapsedMs: now - this.#started,
    };
  }

  /** How it went. */
  summary(stopped: boolean): BatchSummary {
    const progress = this.progress();
    const failures = Object.fromEntries([...this.#failures].sort(([, a], [, b]) => b - a));
    return {
      ...progress,
      ...(!stopped && { total: progress.settled, remaining: 0 }),
      rate: progress.made / Math.max(0.001, progress.elapsedMs / 1000),
      ...{ stopped, failures, files: this.#files, bytes: this.#bytes, stages: { ...this.#stages } },
    };
  }

  #reckon(): number | undefined {
    if (this.total !== undefined) return this.total;
    if (this.#isFile || this.#share === undefined || this.#share <= 0) return undefined;
    return this.#readBefore + Math.round(this.#read / this.#share);
  }
}
