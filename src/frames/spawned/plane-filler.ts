// Puts the bytes of a tightly packed picture, as they come out of a pipe, where its rows belong.
import type { PlaneLayout } from '../../pixels/index.js';

/** Fills one picture. */
export class PlaneFiller {
  readonly #target: Uint8Array;
  readonly #planes: readonly PlaneLayout[];
  #plane = 0;
  #row = 0;
  #column = 0;

  /**
   * @param planes - in the order of the bytes that come; wherever they lie in `target`
   */
  constructor(target: Uint8Array, planes: readonly PlaneLayout[]) {
    this.#target = target;
    this.#planes = planes;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.byteLength;) {
      const plane = this.#planes[this.#plane];
      if (plane === undefined) return;
      const { offset, stride, rowBytes, rows } = plane;
      // Without padding all that is left of a plane is one run; with it, each row is.
      const tight = stride === rowBytes;
      const run = tight ? rowBytes * (rows - this.#row) - this.#column : rowBytes - this.#column;
      const piece = bytes.subarray(at, Math.min(at + run, bytes.byteLength));
      this.#target.set(piece, offset + this.#row * stride + this.#column);
      at += piece.byteLength;
      this.#advance(plane, piece.byteLength);
    }
  }

  #advance({ rowBytes, rows }: PlaneLayout, count: number): void {
    this.#column += count;
    this.#row += Math.floor(this.#column / rowBytes);
    this.#column %= rowBytes;
    if (this.#row < rows) return;
    this.#plane += 1;
    this.#row = 0;
    this.#column = 0;
  }
}
