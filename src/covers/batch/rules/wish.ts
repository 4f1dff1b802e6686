// What one row asks for.
import type { CoverSetOptions } from '../../cover-options.js';

/** A row as the rules understand it. */
export interface RowWish {
  /** A path or an address, as the row has it. */
  readonly input: string;
  /** What its covers are called, without an ending; undefined where the row does not say. */
  readonly name: string | undefined;
  /** The caller's own name of the video, and of those that it is for. */
  readonly id: string | undefined;
  readonly segment: string | undefined;
  /** What it says of its covers; the rest is as for all of them. */
  readonly options: CoverSetOptions;
}
