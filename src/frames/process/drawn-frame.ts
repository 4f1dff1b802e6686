// A frame that JavaScript draws: shared memory on its way into an encoder.
import { argumentError, FramerailError } from '../../base/index.js';
import type { PictureLayout } from '../../pixels/index.js';
import type { LeasedItem } from '../../workers/index.js';
import { planesOf, type FramePlane } from '../video-frame.js';
import type { DrawnFacts } from './sink-params.js';

/** An empty frame of a sink. Its memory is good until it is written. */
export class DrawnFrame {
  readonly #sink: object;
  readonly #item: LeasedItem;
  readonly #layout: PictureLayout;

  /** @internal */
  constructor(sink: object, item: LeasedItem, layout: PictureLayout) {
    this.#sink = sink;
    this.#item = item;
    this.#layout = layout;
  }

  /** Columns, in pixels. */
  get width(): number {
    return this.#layout.width;
  }

  /** Rows, in pixels. */
  get height(): number {
    return this.#layout.height;
  }

  /** All bytes of the frame; throws FR_FRAME_RELEASED once it was written. */
  get data(): Uint8Array {
    return this.#item.lease.bytes.subarray(0, this.#layout.byteLength);
  }

  /** The planes in memory order; throws FR_FRAME_RELEASED once it was written. */
  get planes(): FramePlane[] {
    return planesOf(this.data, this.#layout);
  }

  /** Copies tightly packed pixels into the frame. @internal */
  fill(pixels: Uint8Array): void {
    const { planes } = this.#layout;
    const size = planes.reduce((sum, plane) => sum + plane.rowBytes * plane.rows, 0);
    if (pixels.byteLength !== size) throw argumentError('frame', `${String(size)} bytes of pixels`, pixels.byteLength);
    let read = 0;
    for (const { data, stride, width, height } of this.planes)
      for (let row = 0; row < height; row++, read += width) data.set(pixels.subarray(read, read + width), row * stride);
  }

  /** Hands the memory on, and says which it was. @internal */
  handBack(sink: object, facts: DrawnFacts): LeasedItem {
    if (sink !== this.#sink) throw argumentError('frame', 'a frame of this video', 'one of another');
    if (this.#item.lease.released)
      throw new FramerailError('FR_FRAME_RELEASED', 'This frame was written already; ask for the next one.');
    this.#item.handBack(facts, this.#layout.byteLength);
    return this.#item;
  }

  /** The memory, for somebody else to draw on. @internal */
  takeBack(): LeasedItem {
    return this.#item;
  }
}
