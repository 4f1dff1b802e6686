// How sharp a picture is: what a Laplacian finds in it, beside how much contrast there is to be found.
import type { Plane } from './thumbnail.js';

/** Variance of luma (levels squared) that noise alone may have: flat pictures are not sharp for their noise. */
const NOISE = 64;

/**
 * The variance of the Laplacian (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", 2000) divided by
 * that of luma: the same picture with less contrast is as sharp. 0 for a plain picture, about 0.02 for a blurred one, 0.1
 * to 1 for a sharp one, 64 for single pixels in turn.
 */
export function sharpnessOf({ width, height, samples }: Plane): number {
  let [count, sum, squares, lumaSum, lumaSquares] = [0, 0, 0, 0, 0];
  // Every second row is as good a sample as all.
  for (let row = 1; row < height - 1; row += 2) {
    const start = row * width;
    for (let at = start + 1; at < start + width - 1; at++) {
      const middle = samples[at] ?? 0;
      const beside = (samples[at - 1] ?? 0) + (samples[at + 1] ?? 0);
      const laplacian = beside + (samples[at - width] ?? 0) + (samples[at + width] ?? 0) - 4 * middle;
      sum += laplacian;
      squares += laplacian * laplacian;
      lumaSum += middle;
      lumaSquares += middle * middle;
    }
    count += width - 2;
  }
  if (count < 1) return 0;
  return variance(sum, squares, count) / (variance(lumaSum, lumaSquares, count) + NOISE);
}

function variance(sum: number, squares: number, count: number): number {
  return Math.max(0, squares / count - (sum / count) ** 2);
}
