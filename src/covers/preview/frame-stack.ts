// The frames of a preview: small, in the samples that its format is made of, and all in memory, so that they can be
// encoded again where the file was too large.
import { colorAfter, setColor, type ColorTags, type Picture, type VideoStreamInfo } from '../../av/index.js';
import { FramerailError } from '../../base/index.js';
import type { Size } from '../../pixels/index.js';
import { Canvas, composeCover, shownSize, smallSize, type ComposedForm } from '../shape/index.js';

/** Bytes of all frames together at most. */
const MAX_BYTES = 256 * 1024 * 1024;

/** What frames are brought into. */
export interface StackForm {
  /** Columns; rows follow. */
  readonly width: number;
  readonly form: ComposedForm;
  /** How many frames there will be. */
  readonly count: number;
}

/** Frames of one size in order of time. */
export class FrameStack {
  /** The frames; one that is shown for several steps is there as often. */
  readonly frames: Canvas[] = [];
  readonly #stream: VideoStreamInfo;
  readonly #wanted: StackForm;
  readonly #own = new Set<Canvas>();
  #size: Size | undefined;
  #color: ColorTags | undefined;

  constructor(stream: VideoStreamInfo, wanted: StackForm) {
    this.#stream = stream;
    this.#wanted = wanted;
  }

  /** Columns and rows of every frame. */
  get size(): Size {
    if (this.#size === undefined) throw new FramerailError('FR_INTERNAL', 'A preview has no frame.');
    return this.#size;
  }

  /** What the samples of YUV frames mean. */
  get color(): ColorTags {
    if (this.#color === undefined) throw new FramerailError('FR_INTERNAL', 'A preview has no frame.');
    return this.#color;
  }

  /** Adds a decoded picture; throws FR_MEMORY_BUDGET where all of them would be too large. */
  add(picture: Picture): void {
    const { form, width, count } = this.#wanted;
    this.#color ??= colorAfter(picture, form.format);
    this.#size ??= smallSize(shownSize(picture, this.#stream), width);
    const shape = { size: this.#size, fit: 'cover', background: [0, 0, 0] } as const;
    const composed = composeCover(picture, this.#stream, shape, form);
    const frame = Canvas.copyOf(composed);
    composed.close();
    if (form.format !== 'rgb24') setColor(frame.picture, this.#color);
    this.#own.add(frame);
    const bytes = frame.layout.byteLength * count;
    if (bytes > MAX_BYTES)
      throw new FramerailError(
        'FR_MEMORY_BUDGET',
        `${String(count)} frames of ${String(this.#size.width)}x${String(this.#size.height)} take ${String(bytes)} bytes, and a preview has ${String(MAX_BYTES)}; ask for fewer seconds, frames a second or columns.`,
        { details: { frames: count, ...this.#size, bytes } },
      );
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
