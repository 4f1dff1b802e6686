// A picture over memory of our own: what composed pictures are pasted on and read from.
import { copyPicture, pictureOver, type Picture } from '../../av/index.js';
import { formatShape, planLayout, type PictureLayout, type Rect, type Size } from '../../pixels/index.js';

/** Memory with a layout, and the picture that libav sees in it. */
export class Canvas {
  /** The whole of it; it shares the memory. */
  readonly picture: Picture;
  readonly layout: PictureLayout;
  readonly memory: Buffer;

  /** Makes an empty one: all samples are 0. */
  constructor(format: string, { width, height }: Size) {
    this.layout = planLayout(format, width, height, false);
    this.memory = Buffer.alloc(this.layout.byteLength);
    this.picture = pictureOver(this.memory, this.layout);
  }

  /** The pixels of a picture that libav owns, in memory of our own. */
  static copyOf(picture: Picture): Canvas {
    const canvas = new Canvas(picture.format, picture);
    copyPicture(picture, canvas.picture);
    return canvas;
  }

  /** Fills every plane with one sample. @param samples - one for each plane */
  fill(samples: readonly number[]): void {
    for (const [index, { offset, stride, rows }] of this.layout.planes.entries())
      this.memory.fill(samples[index] ?? 0, offset, offset + stride * rows);
  }

  /** Copies a canvas of the same format to a place, even in both directions, where it fits whole. */
  paste(from: Canvas, { x, y }: Pick<Rect, 'x' | 'y'>): void {
    const shape = formatShape(this.layout.format) ?? [];
    for (const [index, plane] of this.layout.planes.entries()) {
      const source = from.layout.planes[index];
      if (source === undefined) continue;
      const { step = 1, shiftX = 0, shiftY = 0 } = shape[index] ?? {};
      for (let row = 0; row < source.rows; row++) {
        const to = plane.offset + ((y >> shiftY) + row) * plane.stride + (x >> shiftX) * step;
        const start = source.offset + row * source.stride;
        from.memory.copy(this.memory, to, start, start + source.rowBytes);
      }
    }
  }

  /** The top left part of it as a picture that shares the memory; the caller closes it. */
  part(size: Size): Picture {
    return pictureOver(this.memory, this.layout, size);
  }

  /** Copies the rows of the top left part of its first plane into memory without padding; gives where they end. */
  packInto(target: Uint8Array, start: number, { width, height }: Size): number {
    const { offset = 0, stride = 0 } = this.layout.planes[0] ?? {};
    const rowBytes = width * (formatShape(this.layout.format)?.[0]?.step ?? 1);
    for (let row = 0; row < height; row++) {
      const from = offset + row * stride;
      target.set(this.memory.subarray(from, from + rowBytes), start + row * rowBytes);
    }
    return start + height * rowBytes;
  }

  /** Frees what is native. */
  close(): void {
    this.picture.close();
  }
}
