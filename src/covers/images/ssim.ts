// How like one picture another one looks: the structural similarity index of their luma.

/** One plane of bytes. */
export interface Plane {
  readonly data: Uint8Array;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly width: number;
  readonly height: number;
}

/** Columns and rows of a window, and how far the windows lie apart. */
const WINDOW = 8;
const STEP = 4;
/** The constants of Wang et al. for samples of 8 bits: K1 = 0.01, K2 = 0.03. */
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/**
 * The mean structural similarity of two planes of the same size (Wang, Bovik, Sheikh, Simoncelli, "Image quality
 * assessment: from error visibility to structural similarity", IEEE Transactions on Image Processing 13/4, 2004,
 * equation 13), over windows of 8x8 samples that lie 4 apart, as FFmpeg's filter `ssim` and x264 take them.
 * @returns 1 for equal planes, less the more they differ
 */
export function ssim(a: Plane, b: Plane): number {
  // What is smaller than a window is one window.
  const [columns, rows] = [Math.min(WINDOW, a.width), Math.min(WINDOW, a.height)];
  let [sum, windows] = [0, 0];
  for (let y = 0; y + rows <= a.height; y += STEP)
    for (let x = 0; x + columns <= a.width; x += STEP) {
      sum += windowSsim(a, b, { x, y, columns, rows });
      windows += 1;
    }
  return sum / windows;
}

function windowSsim(
  a: Plane,
  b: Plane,
  { x, y, columns, rows }: { readonly x: number; readonly y: number; readonly columns: number; readonly rows: number },
): number {
  let [sumA, sumB, squares, products] = [0, 0, 0, 0];
  for (let row = y; row < y + rows; row++) {
    const [startA, startB] = [row * a.stride + x, row * b.stride + x];
    for (let column = 0; column < columns; column++) {
      const [p, q] = [a.data[startA + column] ?? 0, b.data[startB + column] ?? 0];
      sumA += p;
      sumB += q;
      squares += p * p + q * q;
      products += p * q;
    }
  }
  const count = columns * rows;
  const [meanA, meanB] = [sumA / count, sumB / count];
  // Estimates without bias, as the paper has them; a window of a single sample has no variance.
  const unbiased = Math.max(1, count - 1);
  const variances = (squares - count * (meanA * meanA + meanB * meanB)) / unbiased;
  const covariance = (products - count * meanA * meanB) / unbiased;
  const luminance = (2 * meanA * meanB + C1) / (meanA * meanA + meanB * meanB + C1);
  return (luminance * (2 * covariance + C2)) / (variances + C2);
}
