// A part of `bench frames`: one question, its sides in a table, and its targets.
import type { Target } from './target.js';

/** What came of measuring a part. */
export interface Part {
  readonly name: string;
  /** What was measured, in one line. */
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly targets: readonly Target[];
  /** How it was measured. */
  readonly method: string;
  /** Every figure, for `--json`. */
  readonly raw: unknown;
}
