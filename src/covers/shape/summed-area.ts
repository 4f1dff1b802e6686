// Sums over rectangles of a plane of numbers, each in the same short time.

/** A rectangle whose edges may lie inside of cells. */
export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** A summed-area table (Crow, "Summed-area tables for texture mapping", SIGGRAPH 1984). */
export class SummedArea {
  readonly width: number;
  readonly height: number;
  /** What lies above and left of each corner of a cell. */
  readonly #sums: Float64Array;

  constructor(values: Float32Array, width: number, height: number) {
    this.width = width;
    this.height = height;
    const pitch = width + 1;
    this.#sums = new Float64Array(pitch * (height + 1));
    for (let y = 0; y < height; y++) {
      let row = 0;
      for (let x = 0; x < width; x++) {
        row += values[y * width + x] ?? 0;
        this.#sums[(y + 1) * pitch + x + 1] = (this.#sums[y * pitch + x + 1] ?? 0) + row;
      }
    }
  }

  /** The sum of everything. */
  get total(): number {
    return this.#sums.at(-1) ?? 0;
  }

  /** The sum inside of a rectangle; of cells that it cuts through, what lies inside; nothing where it is empty. */
  sum({ left, top, right, bottom }: Bounds): number {
    if (right <= left || bottom <= top) return 0;
    return (
      this.#before(right, bottom) - this.#before(left, bottom) - this.#before(right, top) + this.#before(left, top)
    );
  }

  /** The mean around each cell, as far as `radius` cells away in both directions. */
  means(radius: number): Float32Array {
    const { width, height } = this;
    const pitch = width + 1;
    const means = new Float32Array(width * height);
    for (let y = 0; y < height; y++) {
      const top = Math.max(0, y - radius) * pitch;
      const bottom = Math.min(height, y + radius + 1) * pitch;
      for (let x = 0; x < width; x++) {
        const left = Math.max(0, x - radius);
        const right = Math.min(width, x + radius + 1);
        const below = (this.#sums[bottom + right] ?? 0) - (this.#sums[bottom + left] ?? 0);
        const above = (this.#sums[top + right] ?? 0) - (this.#sums[top + left] ?? 0);
        means[y * width + x] = ((below - above) * pitch) / ((bottom - top) * (right - left));
      }
    }
    return means;
  }

  /** The sum above and left of a point. */
  #before(x: number, y: number): number {
    const [column, row] = [Math.min(this.width, Math.max(0, x)), Math.min(this.height, Math.max(0, y))];
    const [x0, y0] = [Math.min(Math.floor(column), this.width - 1), Math.min(Math.floor(row), this.height - 1)];
    const [right, down] = [column - x0, row - y0];
    const at = y0 * (this.width + 1) + x0;
    const below = at + this.width + 1;
    const sums = this.#sums;
    const upper = (sums[at] ?? 0) * (1 - right) + (sums[at + 1] ?? 0) * right;
    const lower = (sums[below] ?? 0) * (1 - right) + (sums[below + 1] ?? 0) * right;
    return upper * (1 - down) + lower * down;
  }
}
