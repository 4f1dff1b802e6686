// How much of a picture is text: credits, titles, subtitles, slides. A rule of thumb without a model.
import type { Plane, Thumbnail } from './thumbnail.js';

/** Figures of text. */
export interface Text {
  /** Share of the picture inside the boxes of lines of text, 0 to 1. */
  readonly textCoverage: number;
  /** Share of all horizontal detail inside those boxes, 0 to 1: near 1 where there is little but text. */
  readonly textDetail: number;
}

/** A change of luma over two pixels that counts as the side of a stroke: text is made to be read, textures are softer. */
const SIDE = 56;
/** Pixels between the two sides of a stroke, or of a gap between strokes, at most. */
const REACH = 8;
/** Columns and rows of a cell; one row of it is looked at. */
const CELL = { columns: 8, rows: 2 };
/** Sides of strokes in three cells beside each other: about two letters. */
const SIDES = 5;
/** Rows of pixels of a line of text, and how many times wider than tall it is. */
const ROWS = { least: 4, most: 28 };
const ASPECT = 2;
/** Cells beside each other that make a line at least. */
const LENGTH = 3;
/** How much of its box a line fills: the areas that textures make are ragged. */
const FILL = 0.6;

/** A picture as cells: which belong to text, and how much horizontal detail is in each. */
interface Cells {
  readonly columns: number;
  readonly rows: number;
  readonly dense: Uint8Array;
  readonly detail: Uint16Array;
}

/**
 * Finds lines of text: rows in which dark and bright strokes follow each other closely (after the gradient differences of
 * Wong and Chen, "A new robust algorithm for video text extraction", 2003), connected to boxes that are wide, not tall,
 * and filled. Works on three scales; letters from about 5 to 100 rows of 180 are found.
 */
export function textOf({ fine, middle, coarse }: Thumbnail): Text {
  const cells = cellsOf(fine);
  const marked = new Uint8Array(cells.dense.length);
  markLines(marked, cells, cells, 1);
  // Text of other sizes looks the same in a smaller picture.
  markLines(marked, cells, cellsOf(middle), 2);
  markLines(marked, cells, cellsOf(coarse.luma), 4);
  return shares(cells, marked);
}

/** Looks at one row of each cell. */
function cellsOf({ width, height, samples }: Plane): Cells {
  const columns = Math.ceil(width / CELL.columns);
  const rows = Math.ceil(height / CELL.rows);
  const dense = new Uint8Array(columns * rows);
  const detail = new Uint16Array(columns * rows);
  const sides = new Uint8Array(columns + 2);
  for (let row = 0; row < rows; row++) {
    sides.fill(0);
    const start = row * CELL.rows * width;
    let direction = 0;
    let last = -REACH;
    let before = samples[start] ?? 0;
    let here = samples[start + 1] ?? 0;
    for (let cell = 0; cell < columns; cell++) {
      let [sum, count] = [0, 0];
      const end = Math.min(width - 1, (cell + 1) * CELL.columns);
      for (let column = Math.max(1, cell * CELL.columns); column < end; column++) {
        const after = samples[start + column + 1] ?? 0;
        const change = after - before;
        before = here;
        here = after;
        sum += change < 0 ? -change : change;
        if (change < SIDE && change > -SIDE) continue;
        if (change > 0 !== direction > 0 && column - last <= REACH) count += 1;
        direction = change;
        last = column;
      }
      detail[row * columns + cell] = sum;
      sides[cell + 1] = count;
    }
    for (let cell = 0; cell < columns; cell++) {
      const around = (sides[cell] ?? 0) + (sides[cell + 1] ?? 0) + (sides[cell + 2] ?? 0);
      if (around >= SIDES) dense[row * columns + cell] = 1;
    }
  }
  return { columns, rows, dense, detail };
}

/** Marks the cells of the largest plane that lie in lines of one that is `scale` times smaller. */
function markLines(marked: Uint8Array, { columns, rows }: Cells, plane: Cells, scale: number): void {
  // Taking components out empties the cells.
  const dense = plane.dense.slice();
  for (let start = 0; start < dense.length; start++) {
    if (dense[start] !== 1) continue;
    const { left, right, top, bottom, area } = takeComponent(dense, plane.columns, start);
    const wide = right - left + 1;
    const tall = bottom - top + 1;
    const high = tall * CELL.rows;
    const isLine = high >= ROWS.least && high <= ROWS.most && wide >= LENGTH && wide * CELL.columns >= high * ASPECT;
    if (!isLine || area < FILL * wide * tall) continue;
    const end = Math.min(columns, (right + 1) * scale);
    for (let row = top * scale; row < Math.min(rows, (bottom + 1) * scale); row++)
      marked.fill(1, row * columns + left * scale, row * columns + end);
  }
}

/** The box of the cells that hang together with one, which are taken away, and how many they are. */
function takeComponent(
  dense: Uint8Array,
  cells: number,
  start: number,
): { left: number; right: number; top: number; bottom: number; area: number } {
  const first = { column: start % cells, row: Math.floor(start / cells) };
  const box = { left: first.column, right: first.column, top: first.row, bottom: first.row, area: 0 };
  const open = [start];
  dense[start] = 0;
  for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
    const [column, row] = [cell % cells, Math.floor(cell / cells)];
    box.left = Math.min(box.left, column);
    box.right = Math.max(box.right, column);
    box.top = Math.min(box.top, row);
    box.bottom = Math.max(box.bottom, row);
    box.area += 1;
    const beside = [column > 0 ? cell - 1 : -1, column < cells - 1 ? cell + 1 : -1, cell - cells, cell + cells];
    for (const next of beside) {
      if (dense[next] !== 1) continue;
      dense[next] = 0;
      open.push(next);
    }
  }
  return box;
}

function shares({ detail }: Cells, marked: Uint8Array): Text {
  let [area, inside, all] = [0, 0, 0];
  for (let cell = 0; cell < marked.length; cell++) {
    const here = detail[cell] ?? 0;
    all += here;
    if (marked[cell] !== 1) continue;
    area += 1;
    inside += here;
  }
  return { textCoverage: area / Math.max(1, marked.length), textDetail: all === 0 ? 0 : inside / all };
}
