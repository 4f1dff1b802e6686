// Black bars beside a picture of another shape: they are not what it shows, so they do not count in its features.
import type { Rect } from '../../../../pixels/index.js';
import type { Plane, Thumbnail } from './thumbnail.js';

/** How much of a picture its black bars take, as shares of its height and width. */
export interface Bars {
  /** The share of each of the bars above and below. */
  readonly rows: number;
  /** The share of each of the bars to the left and right. */
  readonly columns: number;
}

/** The brightest sample that a bar may have: black with some noise and ringing. */
const BLACK = 24;
/** How much of the lines next to the bars is brighter: a bar ends at once, a dark scene fades. */
const BESIDE = 0.25;
/** Bars take at most this share of a side: 9:16 in 16:9 leaves a little less than this on each. */
const LARGEST = 0.36;

/**
 * Finds bars, which lie in pairs of the same size: a dark sky or floor has no counterpart.
 * @returns the part between them in coarse samples; the line that mixes bar and picture is left out, as its edge is neither's
 */
export function findBars({ middle }: Pick<Thumbnail, 'middle'>): { readonly bars: Bars; readonly content: Rect } {
  const { width, height } = middle;
  const rows = pair(height, (row) => brightShare(middle, { x: 0, y: row, width, height: 1 }));
  // Only beside the picture: rows of bars are black in every column.
  const beside = { y: rows, height: height - 2 * rows };
  const columns = pair(width, (column) => brightShare(middle, { x: column, width: 1, ...beside }));
  const [x, y] = [coarse(columns), coarse(rows)];
  return {
    bars: { rows: rows / height, columns: columns / width },
    content: { x, y, width: (width >> 1) - 2 * x, height: (height >> 1) - 2 * y },
  };
}

function coarse(lines: number): number {
  return lines === 0 ? 0 : Math.ceil((lines + 1) / 2);
}

/** How many lines on both ends are black; none where so many are that it is the picture that is black. */
function pair(count: number, brightIn: (line: number) => number): number {
  const most = Math.floor(count * LARGEST);
  let lines = 0;
  while (lines <= most && brightIn(lines) === 0 && brightIn(count - 1 - lines) === 0) lines += 1;
  const ends = lines <= most && brightIn(lines) >= BESIDE && brightIn(count - 1 - lines) >= BESIDE;
  return ends ? lines : 0;
}

function brightShare({ width: stride, samples }: Plane, { x, y, width, height }: Rect): number {
  let bright = 0;
  for (let row = y; row < y + height; row++)
    for (let at = row * stride + x, end = at + width; at < end; at++) if ((samples[at] ?? 0) > BLACK) bright += 1;
  return bright / Math.max(1, width * height);
}
