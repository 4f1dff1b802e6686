// Brings pictures into the format and size that an encoder takes: converts them, and pads what does not align.
import type { Size } from '../pixels/index.js';
import type { ColorTags } from './color.js';
import { setColor } from './color.js';
import { FilterChain } from './filter-chain.js';
import { blankPicture, Picture, refresh } from './picture.js';
import type { ContextLease } from './context-pool.js';
import { borrowScaler, type Scaler } from './scaler.js';

/** What comes out of a fitter. */
export interface Fit {
  readonly format: string;
  /** The size of what is meant to be seen. */
  readonly size: Size;
  /** The size with its padding. */
  readonly padded: Size;
  readonly color: ColorTags;
}

/** Fits one picture after another; what it gives is its own and good until the next one. */
export class PictureFitter {
  readonly #fit: Fit;
  readonly #target: Picture;
  readonly #padding: FilterChain | undefined;
  readonly #paddedPicture = new Picture();
  readonly #threads: number;
  #scaler: ContextLease<Scaler> | undefined;

  /** @param threads - that convert one picture */
  constructor(fit: Fit, threads = 1) {
    this.#fit = fit;
    this.#threads = threads;
    this.#target = blankPicture(fit.format, fit.size);
    const { size, padded } = fit;
    const [right, bottom] = [padded.width - size.width, padded.height - size.height];
    if (right + bottom === 0) return;
    // The edge goes on into the padding: black there would bleed into what is seen.
    const smear = `fillborders=left=0:top=0:right=${String(right)}:bottom=${String(bottom)}:mode=smear`;
    // Formats in two planes go through their planar likes and back, which changes no sample; left alone they would stay.
    const spec = `pad=${String(padded.width)}:${String(padded.height)}:0:0,${smear},format=${fit.format}`;
    const timing = { timeBase: { num: 1, den: 1 }, frameRate: { num: 0, den: 1 }, pixelAspect: { num: 1, den: 1 } };
    this.#padding = new FilterChain(spec, timing);
  }

  /** The picture itself where it fits, or one made from it. */
  fit(picture: Picture): Picture {
    const { format, size, color } = this.#fit;
    let fitted = picture;
    if (picture.format !== format || picture.width !== size.width || picture.height !== size.height) {
      // Somebody may still hold what was given last: the next picture then gets memory of its own.
      refresh(this.#target, format, size);
      this.#scaler ??= borrowScaler({ filter: 'bicubic', threads: this.#threads }, picture, this.#target);
      this.#scaler.value.convert(picture, this.#target, color);
      fitted = this.#target;
    }
    if (this.#padding === undefined) return fitted;
    setColor(fitted, color);
    this.#padding.send(fitted);
    this.#padding.receive(this.#paddedPicture);
    return this.#paddedPicture;
  }

  close(): void {
    this.#target.close();
    this.#paddedPicture.close();
    this.#padding?.close();
    this.#scaler?.release();
  }
}
