// The frames of a preview: small, in the samples that its format is made of, and all in memory, so that they can be
// encoded again where the file was too large.
import { borrowScaler, DRAWN, PLAIN_RGB, setColor, type Picture } from '../../av/index.js';
import { FramerailError } from '../../base/index.js';
import type { OpenedVideo } from '../../frames/index.js';
import type { Size } from '../../pixels/index.js';
import { Canvas } from '../shape/index.js';
import { SmallPictures } from '../small-pictures.js';

/** Bytes of all frames together at most. */
const MAX_BYTES = 256 * 1024 * 1024;

/** What frames are brought into. */
export interface StackWish {
  /** Columns; rows follow. */
  readonly width: number;
  /** Full-range RGB, or what players of H.264 expect: limited range and the matrix of BT.709. */
  readonly format: 'rgb24' | 'yuv420p';
  /** How many frames there will be. */
  readonly count: number;
}

/** Frames of one size in order of time. */
export class FrameStack {
  /** The frames; one that is shown for several steps is there as often. */
  readonly frames: Canvas[] = [];
  readonly #wish: StackWish;
  readonly #small: SmallPictures;
  readonly #own = new Set<Canvas>();

  constructor(opened: OpenedVideo, wish: StackWish) {
    this.#wish = wish;
    // Chroma stays whole until the last conversion.
    this.#small = new SmallPictures(opened, { width: wish.width, format: 'yuv444p' });
  }

  /** Columns and rows of every frame. */
  get size(): Size {
    const [first] = this.frames;
    if (first === undefined) throw new FramerailError('FR_INTERNAL', 'A preview has no frame.');
    const { width, height } = first.layout;
    return { width, height };
  }

  /** The transfer of HDR that the last picture was mapped from; null where it was SDR. */
  get toneMapped(): SmallPictures['toneMapped'] {
    return this.#small.toneMapped;
  }

  /** Adds a decoded picture; throws FR_MEMORY_BUDGET where all of them would be too large. */
  add(picture: Picture): void {
    const { format, count } = this.#wish;
    const small = this.#small.make(picture);
    const frame = new Canvas(format, small);
    this.#own.add(frame);
    const scaler = borrowScaler({ filter: 'bicubic+accurate_rnd' }, small, frame.picture);
    try {
      scaler.value.convert(small, frame.picture, DRAWN);
    } finally {
      scaler.release();
      small.close();
    }
    setColor(frame.picture, format === 'rgb24' ? PLAIN_RGB : DRAWN);
    const bytes = frame.layout.byteLength * count;
    if (bytes > MAX_BYTES) throw tooLarge(frame.layout, count, bytes);
    this.frames.push(frame);
  }

  /** Shows the last frame for a step more. */
  repeat(): void {
    const last = this.frames.at(-1);
    if (last !== undefined) this.frames.push(last);
  }

  /** Every so many of the frames. */
  every(step: number): Canvas[] {
    return this.frames.filter((_, i) => i % step === 0);
  }

  /** Frees what is native. */
  close(): void {
    for (const frame of this.#own) frame.close();
  }
}

function tooLarge({ width, height }: Size, count: number, bytes: number): FramerailError {
  return new FramerailError(
    'FR_MEMORY_BUDGET',
    `${String(count)} frames of ${String(width)}x${String(height)} take ${String(bytes)} bytes, and a preview has ${String(MAX_BYTES)}; ask for fewer seconds, frames a second or columns.`,
    { details: { frames: count, width, height, bytes } },
  );
}
