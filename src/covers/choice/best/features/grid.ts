// A picture as a few numbers: the means of the cells of a grid, whatever its size.
import type { Plane } from './thumbnail.js';

/** Cells along each side. */
export const GRID = 32;

/** The mean of each cell, row after row; where there are fewer samples than cells, some cells share one. */
export function gridOf({ width, height, samples }: Plane): Float64Array {
  const grid = new Float64Array(GRID * GRID);
  const [columns, rows] = [bounds(width), bounds(height)];
  for (let row = 0; row < GRID; row++) {
    const top = rows[2 * row] ?? 0;
    const bottom = rows[2 * row + 1] ?? 0;
    for (let column = 0; column < GRID; column++) {
      const left = columns[2 * column] ?? 0;
      const right = columns[2 * column + 1] ?? 0;
      let sum = 0;
      for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += samples[y * width + x] ?? 0;
      grid[row * GRID + column] = sum / ((right - left) * (bottom - top));
    }
  }
  return grid;
}

/** Where each cell begins and ends along a side. */
function bounds(length: number): Int32Array {
  const places = new Int32Array(2 * GRID);
  for (let cell = 0; cell < GRID; cell++) {
    const start = Math.floor((cell * length) / GRID);
    places[2 * cell] = start;
    places[2 * cell + 1] = Math.max(start + 1, Math.floor(((cell + 1) * length) / GRID));
  }
  return places;
}
