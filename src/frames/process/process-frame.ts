// A frame inside a transform: it is changed in place and goes on into the encoder when the transform is done.
import { FramerailError } from '../../base/index.js';
import { VideoFrame } from '../video-frame.js';

/**
 * A frame that a transform may change in place. Its memory goes on to the encoder when the transform settles: a later
 * look at it throws FR_FRAME_RELEASED.
 */
export class ProcessFrame extends VideoFrame {
  #dropped = false;

  /** Whether it is left out of the output. */
  get dropped(): boolean {
    return this.#dropped;
  }

  /** Leaves the frame out of the output; the one before it is shown for longer. */
  drop(): void {
    this.#dropped = true;
  }

  /** Refused with FR_ARG_INVALID: the memory goes on to the encoder. Copy the pixels with `copyTo()` to keep them. */
  override retain(): never {
    throw new FramerailError(
      'FR_ARG_INVALID',
      'A frame of a transform cannot be retained, as its memory goes on to the encoder; copy it with `frame.copyTo()`.',
    );
  }

  /** Leaves the frame out of the output, as `drop()` does. */
  override release(): void {
    this.drop();
  }
}
