// Which way the edges of a picture run, quarter by quarter.

/** Quarters along each side, and directions that are told apart. */
const [CELLS, DIRECTIONS] = [2, 8];
/** How many figures there are. */
export const EDGE_LENGTH = CELLS * CELLS * DIRECTIONS;

/**
 * Histograms of directions, weighed by the strength of edges, as in N. Dalal and B. Triggs, "Histograms of oriented gradients
 * for human detection" (2005); an edge and its opposite are the same. @param side - columns and rows
 */
export function edgeHistogram(luma: Uint8Array, side: number): Float64Array {
  const histogram = new Float64Array(EDGE_LENGTH);
  for (let row = 1; row < side - 1; row++)
    for (let column = 1; column < side - 1; column++) {
      const at = row * side + column;
      const across = (luma[at + 1] ?? 0) - (luma[at - 1] ?? 0);
      const down = (luma[at + side] ?? 0) - (luma[at - side] ?? 0);
      const strength = Math.sqrt(across * across + down * down);
      if (strength < FAINT) continue;
      const turn = Math.atan2(down, across) / Math.PI + 1;
      const place = (turn % 1) * DIRECTIONS;
      const [below, share] = [Math.floor(place) % DIRECTIONS, place - Math.floor(place)];
      const cell = (Math.floor((row * CELLS) / side) * CELLS + Math.floor((column * CELLS) / side)) * DIRECTIONS;
      histogram[cell + below] = (histogram[cell + below] ?? 0) + strength * (1 - share);
      const next = cell + ((below + 1) % DIRECTIONS);
      histogram[next] = (histogram[next] ?? 0) + strength * share;
    }
  return histogram.map(Math.sqrt);
}

/** What is weaker than this is noise: levels between two pixels. */
const FAINT = 4;
