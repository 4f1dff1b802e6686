// Where in a picture it is light and where it has which colour, roughly: the lowest frequencies of its planes.

/** Cells along each side. */
const GRID = 8;
/** Frequencies that are kept of luma and of each plane of chroma, by their sum, then from left to right. */
const [OF_LUMA, OF_CHROMA] = [15, 6];
/** How many figures there are. */
export const LAYOUT_LENGTH = OF_LUMA + 2 * OF_CHROMA;

const FREQUENCIES = Array.from({ length: GRID * GRID }, (_, at) => [Math.floor(at / GRID), at % GRID] as const).sort(
  ([a, b], [c, d]) => a + b - c - d || b - d,
);
const COSINES = Float64Array.from({ length: GRID * GRID }, (_, at) => {
  const [frequency, place] = [Math.floor(at / GRID), at % GRID];
  return Math.cos(((2 * place + 1) * frequency * Math.PI) / (2 * GRID)) * (frequency === 0 ? Math.SQRT1_2 : 1);
});

/**
 * Low coefficients of a cosine transform over 8x8 means, as the colour layout descriptor of MPEG-7 has them (E. Kasutani and
 * A. Yamada, 2001). Planes are without gaps. @param side - columns and rows, a multiple of 8
 */
export function layoutOf(
  planes: readonly [luma: Uint8Array, cb: Uint8Array, cr: Uint8Array],
  side: number,
): Float64Array {
  const figures = new Float64Array(LAYOUT_LENGTH);
  let at = 0;
  for (const [index, plane] of planes.entries()) {
    const means = meansOf(plane, side);
    for (const [down, across] of FREQUENCIES.slice(0, index === 0 ? OF_LUMA : OF_CHROMA))
      figures[at++] = coefficient(means, down, across);
  }
  return figures;
}

function coefficient(means: Float64Array, down: number, across: number): number {
  let sum = 0;
  for (let row = 0; row < GRID; row++)
    for (let column = 0; column < GRID; column++)
      sum +=
        (means[row * GRID + column] ?? 0) * (COSINES[down * GRID + row] ?? 0) * (COSINES[across * GRID + column] ?? 0);
  return sum;
}

/** Means of the cells, around grey. */
function meansOf(plane: Uint8Array, side: number): Float64Array {
  const [means, cell] = [new Float64Array(GRID * GRID), side / GRID];
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const at = Math.floor(row / cell) * GRID + Math.floor(column / cell);
      means[at] = (means[at] ?? 0) + ((plane[row * side + column] ?? 0) - 128) / (cell * cell);
    }
  return means;
}
