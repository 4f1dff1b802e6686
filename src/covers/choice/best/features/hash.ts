// A fingerprint of what a picture looks like: alike pictures have alike bits.
import { GRID } from './grid.js';

/** Coefficients along each side that make the hash: the lowest frequencies. */
const SIDE = 8;

/** The cosines of a DCT-II over the grid, for the frequencies that are kept. */
const COSINES = Float64Array.from({ length: SIDE * GRID }, (_, at) => {
  const [frequency, place] = [Math.floor(at / GRID), at % GRID];
  return Math.cos(((2 * place + 1) * frequency * Math.PI) / (2 * GRID));
});

/**
 * The perceptual hash of a picture's grid, 64 bits as 16 hexadecimal digits: which of the 8x8 lowest coefficients of its
 * cosine transform lie above their median (Zauner, "Implementation and benchmarking of perceptual image hash functions",
 * 2010). Brightness and contrast do not change it.
 */
export function hashOf(grid: Float64Array): string {
  const coefficients = transform(grid);
  // The first coefficient is the brightness, and says nothing about what is shown.
  const sorted = [...coefficients.subarray(1)].sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1] ?? 0;
  let hash = '';
  for (let at = 0; at < coefficients.length; at += 4) {
    let digit = 0;
    for (let bit = 0; bit < 4; bit++) {
      const isAbove = at + bit > 0 && (coefficients[at + bit] ?? 0) > median + ROUNDING;
      digit = 2 * digit + (isAbove ? 1 : 0);
    }
    hash += digit.toString(16);
  }
  return hash;
}

/** Coefficients of plain areas are zero but for the rounding of their sums. */
const ROUNDING = 1e-6;

function transform(grid: Float64Array): Float64Array {
  const lines = new Float64Array(GRID * SIDE);
  for (let row = 0; row < GRID; row++)
    for (let frequency = 0; frequency < SIDE; frequency++) {
      let sum = 0;
      for (let place = 0; place < GRID; place++)
        sum += (grid[row * GRID + place] ?? 0) * (COSINES[frequency * GRID + place] ?? 0);
      lines[row * SIDE + frequency] = sum;
    }
  const coefficients = new Float64Array(SIDE * SIDE);
  for (let down = 0; down < SIDE; down++)
    for (let across = 0; across < SIDE; across++) {
      let sum = 0;
      for (let row = 0; row < GRID; row++) sum += (lines[row * SIDE + across] ?? 0) * (COSINES[down * GRID + row] ?? 0);
      coefficients[down * SIDE + across] = sum;
    }
  return coefficients;
}

/** In how many of 64 bits two hashes differ. */
export function hashDistance(one: string, other: string): number {
  let bits = 0;
  for (let at = 0; at < one.length; at++)
    for (let left = Number.parseInt(one[at] ?? '0', 16) ^ Number.parseInt(other[at] ?? '0', 16); left > 0; left >>= 1)
      bits += left & 1;
  return bits;
}
