// Brings pictures into the format and size that an encoder takes: converts them, and pads what does not align.
import { formatShape, planLayout, type PictureLayout, type Size } from '../pixels/index.js';
import { setColor, type ColorTags } from './color.js';
import type { ContextLease } from './context-pool.js';
import { blankPicture, copyPicture, pictureOver, refresh, type Picture } from './picture.js';
import { borrowScaler, type Scaler } from './scaler.js';

/** What comes out of a fitter. */
export interface Fit {
  readonly format: string;
  /** The size of what is meant to be seen. */
  readonly size: Size;
  /** The size with its padding. */
  readonly padded: Size;
  readonly color: ColorTags;
  /** Whether samples must be converted even where format and size fit: they mean something else there. */
  readonly recolor?: boolean;
}

/** Fits one picture after another; what it gives is its own and good until the next one. */
export class PictureFitter {
  readonly #fit: Fit;
  readonly #threads: number;
  readonly #padding: Padding | undefined;
  /** Where converted pictures go. */
  readonly #target: Picture;
  #scaler: ContextLease<Scaler> | undefined;

  /** @param threads - that convert one picture */
  constructor(fit: Fit, threads = 1) {
    this.#fit = fit;
    this.#threads = threads;
    const { size, padded } = fit;
    const exact = size.width === padded.width && size.height === padded.height;
    this.#padding = exact ? undefined : new Padding(fit);
    this.#target = this.#padding?.visible ?? blankPicture(fit.format, size);
  }

  /** The picture itself where it fits, or one made from it. */
  fit(picture: Picture): Picture {
    const { format, size, color, recolor = false } = this.#fit;
    const same =
      !recolor && picture.format === format && picture.width === size.width && picture.height === size.height;
    if (same && this.#padding === undefined) return picture;
    if (same) {
      copyPicture(picture, this.#target);
    } else {
      // Somebody may still hold what was given last: the next picture then gets memory of its own.
      if (this.#padding === undefined) refresh(this.#target, format, size);
      this.#scaler ??= borrowScaler({ filter: 'bicubic', threads: this.#threads }, picture, this.#target);
      this.#scaler.value.convert(picture, this.#target, color);
    }
    return this.#padding?.complete() ?? this.#target;
  }

  close(): void {
    this.#target.close();
    this.#padding?.close();
    this.#scaler?.release();
  }
}

/** A picture with room beside and below what is seen. */
class Padding {
  /** The part that is seen. */
  readonly visible: Picture;
  readonly #memory: Buffer;
  readonly #layout: PictureLayout;
  readonly #whole: Picture;
  readonly #size: Size;

  constructor({ format, size, padded, color }: Fit) {
    this.#layout = planLayout(format, padded.width, padded.height, false);
    this.#memory = Buffer.alloc(this.#layout.byteLength);
    this.#size = size;
    this.visible = pictureOver(this.#memory, this.#layout, size);
    this.#whole = pictureOver(this.#memory, this.#layout);
    setColor(this.#whole, color);
  }

  /** Goes on with the edge into the padding, as black there would bleed into what is seen; gives the whole picture. */
  complete(): Picture {
    const shape = formatShape(this.#layout.format) ?? [];
    for (const [i, plane] of this.#layout.planes.entries()) {
      const { step = 1, shiftX = 0, shiftY = 0 } = shape[i] ?? {};
      const { offset, stride, rowBytes, rows } = plane;
      const seenBytes = Math.ceil(this.#size.width / (1 << shiftX)) * step;
      const seenRows = Math.ceil(this.#size.height / (1 << shiftY));
      if (seenBytes < rowBytes)
        for (let row = 0; row < seenRows; row++) {
          const end = offset + row * stride;
          for (let at = seenBytes; at < rowBytes; at += step)
            this.#memory.copyWithin(end + at, end + seenBytes - step, end + seenBytes);
        }
      const last = offset + (seenRows - 1) * stride;
      for (let row = seenRows; row < rows; row++) this.#memory.copyWithin(offset + row * stride, last, last + rowBytes);
    }
    return this.#whole;
  }

  close(): void {
    this.#whole.close();
  }
}
