// Where a picture has edges, and how many: what there is to look at, and whether it lies where one looks.
import type { Plane } from './thumbnail.js';

/** Figures of edges. */
export interface Edges {
  /** Share of pixels on an edge: where a Sobel operator (Sobel and Feldman, 1968) finds more than 10 % of white. */
  readonly edgeDensity: number;
  /** Share of all edges that lies in the middle ninth of the picture; 1/9 where they are spread evenly. */
  readonly centreEnergy: number;
  /** Share of all edges around the four points of the rule of thirds; 1/9 where they are spread evenly. */
  readonly thirdsEnergy: number;
}

/** The Sobel operator weighs four differences over two pixels each: an edge between 0 and 255 gives 4 * 255. */
const EDGE = 0.1 * 4 * 255;
/** Cells of the grid that edges are summed up in, along each side. */
const CELLS = 12;

/** Computes them from luma. */
export function edgesOf({ width, height, samples }: Plane): Edges {
  const cells = new Float64Array(CELLS * CELLS);
  let [edges, pixels] = [0, 0];
  // Every second row is as good a sample as all.
  for (let row = 1; row < height - 1; row += 2) {
    const cellRow = Math.floor((row * CELLS) / height) * CELLS;
    for (let cell = 0; cell < CELLS; cell++) {
      const first = row * width + Math.max(1, Math.ceil((cell * width) / CELLS));
      const end = row * width + Math.min(width - 1, Math.ceil(((cell + 1) * width) / CELLS));
      let sum = 0;
      for (let at = first; at < end; at++) {
        const topLeft = samples[at - width - 1] ?? 0;
        const topRight = samples[at - width + 1] ?? 0;
        const bottomLeft = samples[at + width - 1] ?? 0;
        const bottomRight = samples[at + width + 1] ?? 0;
        const beside = (samples[at + 1] ?? 0) - (samples[at - 1] ?? 0);
        const below = (samples[at + width] ?? 0) - (samples[at - width] ?? 0);
        const across = topRight - topLeft + 2 * beside + bottomRight - bottomLeft;
        const down = bottomLeft - topLeft + 2 * below + bottomRight - topRight;
        const strength = Math.sqrt(across * across + down * down);
        if (strength > EDGE) edges += 1;
        sum += strength;
      }
      cells[cellRow + cell] = (cells[cellRow + cell] ?? 0) + sum;
      pixels += Math.max(0, end - first);
    }
  }
  const total = cells.reduce((sum, energy) => sum + energy, 0);
  const share = (isIn: (column: number, row: number) => boolean): number => {
    let sum = 0;
    for (const [cell, energy] of cells.entries()) if (isIn(cell % CELLS, Math.floor(cell / CELLS))) sum += energy;
    return total === 0 ? 0 : sum / total;
  };
  const isMiddle = (cell: number): boolean => cell >= 4 && cell < 8;
  const isByThird = (cell: number): boolean => cell === 3 || cell === 4 || cell === 7 || cell === 8;
  return {
    edgeDensity: edges / Math.max(1, pixels),
    centreEnergy: share((column, row) => isMiddle(column) && isMiddle(row)),
    thirdsEnergy: share((column, row) => isByThird(column) && isByThird(row)),
  };
}
