// A picture over memory of our own: what others are pasted on, and what is read pixel by pixel.
import { copyPicture, pictureOver, type Picture } from '../../av/index.js';
import { planLayout, type PictureLayout, type Size } from '../../pixels/index.js';
import type { OwnPixels } from './paste.js';

/** Memory with a layout, and the picture that libav sees in it. */
export class Canvas implements OwnPixels {
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

  /** The pixels of a picture that libav may own, in memory of our own. */
  static copyOf(picture: Picture): Canvas {
    const canvas = new Canvas(picture.format, picture);
    copyPicture(picture, canvas.picture);
    return canvas;
  }

  /** The top left part of it as a picture that shares the memory; the caller closes it. */
  part(size: Size): Picture {
    return pictureOver(this.memory, this.layout, size);
  }

  /** Copies the rows of its first plane into memory without padding between them; gives where they end. */
  packInto(target: Uint8Array, start: number): number {
    const { offset = 0, stride = 0, rowBytes = 0, rows = 0 } = this.layout.planes[0] ?? {};
    for (let row = 0; row < rows; row++) {
      const from = offset + row * stride;
      target.set(this.memory.subarray(from, from + rowBytes), start + row * rowBytes);
    }
    return start + rows * rowBytes;
  }

  /** Frees what is native. */
  close(): void {
    this.picture.close();
  }
}
