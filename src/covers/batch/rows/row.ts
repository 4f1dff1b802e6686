// A row of a manifest, whatever wrote it.
import type { FramerailError } from '../../../base/index.js';

/** What a row says. */
export interface ManifestRow {
  /** The line of the file, or the row of the sheet, from 1. */
  readonly line: number;
  /** What stands in each column; has no prototype. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Names of all columns, where the first row of the manifest has them. */
  readonly columns?: readonly string[];
  /** Which part of the manifest ends with it, 0 to 1; undefined where that is not known. */
  readonly share: number | undefined;
}

/** A row that cannot be read. */
export interface BrokenRow {
  readonly line: number;
  /** One sentence without the line. */
  readonly error: FramerailError;
}

/** One step through a manifest. */
export type RowStep = ManifestRow | BrokenRow;

/** Rows of a manifest; rejects with FR_MANIFEST_INVALID where the rest of it cannot be read. */
export type Rows = AsyncGenerator<RowStep, void, undefined>;

/** Columns of a row at most; a sheet may have 16,384. */
export const MOST_COLUMNS = 1000;
/** Characters of one row at most. */
export const LONGEST_ROW = 1024 * 1024;
