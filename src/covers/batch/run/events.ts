// What a batch tells while it runs, and in the end.
import type { ErrorCode, ErrorDetails } from '../../../base/index.js';
import type { CoverSet } from '../../cover.js';
import type { CoverTimings } from '../../stage-clock.js';
import type { CoverFileRecord } from '../state/batch-state.js';

/** Where a cover was wanted. */
export interface CoverOrigin {
  /** The path or the address of the video; of an address without what may be secret. Of a row without one, its manifest. */
  readonly source: string;
  /** The manifest and the line of its row; null for what is no row. */
  readonly manifest: string | null;
  readonly line: number | null;
  /** The caller's own name of the video; null where there is none. */
  readonly id: string | null;
}

/** A cover that was made, and is in its place. */
export interface MadeCover extends CoverOrigin {
  readonly files: readonly CoverFileRecord[];
  readonly covers: CoverSet;
  /** Milliseconds that it waited for a worker, and that making it took. */
  readonly queueMs: number;
  readonly runMs: number;
}

/** A cover of an earlier run that is as good as a new one. */
export interface KeptCover extends CoverOrigin {
  readonly files: readonly CoverFileRecord[];
}

/** A cover that could not be made. */
export interface FailedCover extends CoverOrigin {
  readonly code: ErrorCode;
  /** One sentence. */
  readonly message: string;
  readonly details: ErrorDetails;
}

/** Who hears of a batch; what these throw ends it. */
export interface BatchHandlers {
  readonly onMade?: (cover: MadeCover) => void | Promise<void>;
  readonly onKept?: (cover: KeptCover) => void;
  readonly onFailed?: (cover: FailedCover) => void;
  /** A sentence about the batch itself, such as that rules have changed. */
  readonly onNote?: (sentence: string) => void;
}

/** How far a batch is. */
export interface BatchProgress {
  readonly made: number;
  readonly kept: number;
  readonly failed: number;
  /** Rows that rules pass over. */
  readonly passedOver: number;
  /** All of these together. */
  readonly settled: number;
  /** How many there will be, as far as that can be known or reckoned; null where it cannot. */
  readonly total: number | null;
  /** Covers made in a second, lately. */
  readonly rate: number;
  /** Seconds until the end, at that rate; null where nobody knows. */
  readonly remaining: number | null;
  /** Milliseconds since the start. */
  readonly elapsedMs: number;
}

/** How a batch went. */
export interface BatchSummary extends BatchProgress {
  /** Whether it was stopped before its end. */
  readonly stopped: boolean;
  /** How many failed with each code, the most frequent first. */
  readonly failures: Readonly<Partial<Record<ErrorCode, number>>>;
  /** Files that were written, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  /** Milliseconds that all covers together took in each stage. */
  readonly stages: CoverTimings;
}
