// How like one picture another one looks: the structural similarity index of their luma.

/** One plane of bytes. */
export interface Plane {
  readonly data: Uint8Array;
  /** Bytes from one row to the next. */
  readonly stride: number;
  readonly width: number;
  readonly height: number;
}

/** Windows have twice the side of a block and lie a block apart, so that each block is summed up once. */
const BLOCK = 4;
/** The constants of Wang et al. for samples of 8 bits: K1 = 0.01, K2 = 0.03. */
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/** What is summed up: samples of both planes, their squares, their products. */
interface Sums {
  readonly a: number;
  readonly b: number;
  readonly squares: number;
  readonly products: number;
}

/**
 * The mean structural similarity of two planes of the same size (Wang, Bovik, Sheikh, Simoncelli, "Image quality
 * assessment: from error visibility to structural similarity", IEEE Transactions on Image Processing 13/4, 2004,
 * equation 13), over windows of 8x8 samples that lie 4 apart, as FFmpeg's filter `ssim` and x264 take them.
 * @returns 1 for equal planes, less the more they differ
 */
export function ssim(a: Plane, b: Plane): number {
  const { width, height } = a;
  // What is smaller than a window is one window.
  if (width < 2 * BLOCK || height < 2 * BLOCK)
    return similarity([blockSums(a, b, { x: 0, y: 0, width, height })], width * height);
  const [columns, rows] = [Math.floor(width / BLOCK), Math.floor(height / BLOCK)];
  const row = (y: number): Sums[] =>
    Array.from({ length: columns }, (_, x) =>
      blockSums(a, b, { x: x * BLOCK, y: y * BLOCK, width: BLOCK, height: BLOCK }),
    );
  let sum = 0;
  let above = row(0);
  for (let y = 1; y < rows; y++) {
    const below = row(y);
    for (let x = 1; x < columns; x++) {
      const blocks = [above[x - 1], above[x], below[x - 1], below[x]].filter((block) => block !== undefined);
      sum += similarity(blocks, (2 * BLOCK) ** 2);
    }
    above = below;
  }
  return sum / ((columns - 1) * (rows - 1));
}

function blockSums(
  a: Plane,
  b: Plane,
  { x, y, width, height }: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): Sums {
  let [sumA, sumB, squares, products] = [0, 0, 0, 0];
  for (let row = y; row < y + height; row++) {
    const [startA, startB] = [row * a.stride + x, row * b.stride + x];
    for (let column = 0; column < width; column++) {
      const [p, q] = [a.data[startA + column] ?? 0, b.data[startB + column] ?? 0];
      sumA += p;
      sumB += q;
      squares += p * p + q * q;
      products += p * q;
    }
  }
  return { a: sumA, b: sumB, squares, products };
}

/** The similarity of the window that some blocks make up. */
function similarity(blocks: readonly Sums[], count: number): number {
  let [sumA, sumB, squares, products] = [0, 0, 0, 0];
  for (const block of blocks) {
    sumA += block.a;
    sumB += block.b;
    squares += block.squares;
    products += block.products;
  }
  const [meanA, meanB] = [sumA / count, sumB / count];
  // Estimates without bias, as the paper has them; a window of a single sample has no variance.
  const unbiased = Math.max(1, count - 1);
  const variances = (squares - count * (meanA * meanA + meanB * meanB)) / unbiased;
  const covariance = (products - count * meanA * meanB) / unbiased;
  const luminance = (2 * meanA * meanB + C1) / (meanA * meanA + meanB * meanB + C1);
  return (luminance * (2 * covariance + C2)) / (variances + C2);
}
