// The plan of a storyboard: how far its steps are apart, how large its tiles are, and where each one lies. Arithmetic.
import { FramerailError } from '../../base/index.js';
import type { Rect, Size } from '../../pixels/index.js';
import { MAX_SIDE } from '../shape/shape.js';

/** Columns or rows of a sheet at most: what phones of the last ten years decode as one texture. */
export const MAX_SHEET_SIDE = MAX_SIDE;
/** Steps of one storyboard at most. */
const MAX_STEPS = 20_000;
/** Steps that are usually enough: two sheets. */
const USUAL_STEPS = 200;
/** Seconds between tiles that people choose. */
const USUAL_INTERVALS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300];
/** Where nobody knows how long a video is. Seconds. */
const USUAL_INTERVAL = 10;
/** Container times are rational, steps decimal: differences below this are none. Seconds. */
const EPSILON = 1e-6;

/** Seconds between tiles for a video of some length: a second at least, and 200 tiles at most in up to 16 hours. */
export function usualInterval(duration: number | undefined): number {
  if (duration === undefined) return USUAL_INTERVAL;
  return USUAL_INTERVALS.find((seconds) => duration / seconds <= USUAL_STEPS) ?? 600;
}

/** The first step at or after a time. */
export function stepFrom(time: number, every: number): number {
  return Math.max(0, Math.ceil((time - EPSILON) / every));
}

/** Throws FR_ARG_INVALID for more steps than a storyboard may have. */
export function checkSteps(steps: number, every: number, name: string): void {
  if (steps <= MAX_STEPS) return;
  throw new FramerailError(
    'FR_ARG_INVALID',
    `A storyboard of ${name} every ${String(every)} s would have more than ${String(MAX_STEPS)} tiles; give a longer \`every\`.`,
    { details: { argument: 'every', every, steps } },
  );
}

/** How many tiles lie on a sheet. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
}

/** As many columns and rows as wanted, within the largest sheet. */
export function gridFor(tile: Size, wanted: Grid): Grid {
  return {
    columns: Math.min(wanted.columns, Math.floor(MAX_SHEET_SIDE / tile.width)),
    rows: Math.min(wanted.rows, Math.floor(MAX_SHEET_SIDE / tile.height)),
  };
}

/** Where a cell lies: its sheet, and its place on it. */
export function placeOf(cell: number, grid: Grid, tile: Size): { readonly sheet: number } & Pick<Rect, 'x' | 'y'> {
  const onSheet = cell % (grid.columns * grid.rows);
  return {
    sheet: Math.floor(cell / (grid.columns * grid.rows)),
    x: (onSheet % grid.columns) * tile.width,
    y: Math.floor(onSheet / grid.columns) * tile.height,
  };
}

/** The part of a sheet that its cells take: whole rows, and fewer columns where there is only one row of the board. */
export function usedPart(cells: number, grid: Grid, first: boolean): Grid {
  return {
    columns: first ? Math.min(cells, grid.columns) : grid.columns,
    rows: Math.ceil(cells / grid.columns),
  };
}
