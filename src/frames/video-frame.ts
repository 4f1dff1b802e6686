// Frames as JavaScript sees them: views of shared memory that are good until they are released.
import { argumentError } from '../base/index.js';
import type { Lease } from '../memory/index.js';
import type { PictureLayout } from '../pixels/index.js';
import type { FrameFacts } from './selection.js';

/** One plane of a frame. The memory belongs to the frame. */
export interface FramePlane {
  /** The bytes of this plane, with the padding of its rows. */
  readonly data: Uint8Array;
  /** Bytes from the start of the frame's memory. */
  readonly offset: number;
  /** Bytes from one row to the next: a multiple of 64 unless the frame is packed. */
  readonly stride: number;
  /** Bytes of a row that hold pixels. */
  readonly width: number;
  /** Rows of this plane. */
  readonly height: number;
}

/** The planes of a frame, as views of its memory. */
export function planesOf(bytes: Uint8Array, layout: PictureLayout): FramePlane[] {
  return layout.planes.map(({ offset, stride, rowBytes, rows }) => ({
    data: bytes.subarray(offset, offset + stride * rows),
    offset,
    stride,
    width: rowBytes,
    height: rows,
  }));
}

/**
 * A decoded frame whose pixels lie in memory that a worker wrote.
 * It may be read, and changed in place, until it is released: by the next batch, by `release()`, or by leaving the loop.
 * `retain()` keeps it beyond its batch; then `release()` is the caller's duty, as its slot is missing until then.
 */
export class VideoFrame {
  /** Presentation time in seconds from the start of the file. */
  readonly pts: number;
  /** Seconds that the frame is shown; 0 when unknown. */
  readonly duration: number;
  /** Whether the frame is a keyframe. */
  readonly keyframe: boolean;
  /** Whether the decoder had to conceal errors in this frame. */
  readonly damaged: boolean;
  /** The place among the delivered frames; with chosen times, the place in the caller's list. */
  readonly index: number;
  readonly #layout: PictureLayout;
  readonly #lease: Lease;
  #retained = false;

  /** @internal */
  constructor(lease: Lease, layout: PictureLayout, facts: FrameFacts) {
    this.#lease = lease;
    this.#layout = layout;
    this.pts = facts.pts;
    this.duration = facts.duration;
    this.keyframe = facts.keyframe;
    this.damaged = facts.damaged;
    this.index = facts.index;
  }

  /** Columns, in pixels. */
  get width(): number {
    return this.#layout.width;
  }

  /** Rows, in pixels. */
  get height(): number {
    return this.#layout.height;
  }

  /** FFmpeg's name of the pixel format; gray8 is called gray there. */
  get format(): string {
    return this.#layout.format;
  }

  /** Presentation time in microseconds, as WebCodecs counts it. */
  get timestamp(): number {
    return Math.round(this.pts * 1e6);
  }

  /**
   * All bytes of the frame with their padding; without any when the frame is packed.
   * Throws FR_FRAME_RELEASED after the release. Ask the frame again instead of keeping this view.
   */
  get data(): Uint8Array {
    return this.#lease.bytes;
  }

  /** The planes in memory order; throws FR_FRAME_RELEASED after the release. */
  get planes(): FramePlane[] {
    return planesOf(this.#lease.bytes, this.#layout);
  }

  /** Whether the pixels may no longer be read. */
  get released(): boolean {
    return this.#lease.released;
  }

  /** Bytes that `copyTo` writes: the pixels without any padding. */
  allocationSize(): number {
    return this.#layout.planes.reduce((sum, plane) => sum + plane.rowBytes * plane.rows, 0);
  }

  /**
   * Copies the pixels without padding, plane after plane.
   * @param destination - at least `allocationSize()` bytes, which stay the caller's
   * @returns the number of bytes written
   */
  copyTo(destination: Uint8Array): number {
    const size = this.allocationSize();
    if (destination.byteLength < size)
      throw argumentError('destination', `at least ${String(size)} bytes`, destination.byteLength);
    let written = 0;
    for (const { data, stride, width, height } of this.planes) {
      if (stride === width) {
        destination.set(data, written);
        written += data.byteLength;
        continue;
      }
      for (let row = 0; row < height; row++, written += width)
        destination.set(data.subarray(row * stride, row * stride + width), written);
    }
    return written;
  }

  /** Keeps the frame beyond its batch; returns the frame. */
  retain(): this {
    // Reading the lease first turns a late call into FR_FRAME_RELEASED instead of a frame without pixels.
    if (this.#lease.bytes.byteLength > 0) this.#retained = true;
    return this;
  }

  /** Gives the memory back; the pixels may be overwritten from now on. Later calls do nothing. */
  release(): void {
    this.#lease.release();
  }

  /** Releases the frame unless it was retained. @internal */
  endBatch(): void {
    if (!this.#retained) this.#lease.release();
  }

  /** The same as `release()`. */
  [Symbol.dispose](): void {
    this.release();
  }
}

/** Frames that arrived together. Its frames live until the next batch is asked for, unless they are retained. */
export class FrameBatch<Frame extends VideoFrame = VideoFrame> implements Iterable<Frame> {
  /** The frames in order of time. */
  readonly frames: readonly Frame[];

  /** @internal */
  constructor(frames: readonly Frame[]) {
    this.frames = frames;
  }

  /** How many frames there are. */
  get length(): number {
    return this.frames.length;
  }

  /** Goes through the frames in order of time. */
  [Symbol.iterator](): Iterator<Frame> {
    return this.frames[Symbol.iterator]();
  }

  /** Releases the frames that were not retained, before the next batch is asked for. */
  release(): void {
    for (const frame of this.frames) frame.endBatch();
  }
}

/** One frame of a {@link FrameTensor}. */
export type TensorFrame = Omit<FrameFacts, 'index'>;

/** Frames of chosen times in one piece of shared memory, in the order of the caller's times. */
export class FrameTensor {
  /** The size of each dimension, in the order of the layout. */
  readonly shape: readonly number[];
  /** The time and state of each frame, in the order of the caller's times. */
  readonly frames: readonly TensorFrame[];
  readonly #lease: Lease;

  /** @internal */
  constructor(lease: Lease, shape: readonly number[], frames: readonly TensorFrame[]) {
    this.#lease = lease;
    this.shape = shape;
    this.frames = frames;
  }

  /** All samples, without padding; throws FR_FRAME_RELEASED after `release()`. */
  get data(): Uint8Array {
    return this.#lease.bytes;
  }

  /** Gives the memory back. */
  release(): void {
    this.#lease.release();
  }

  /** The same as `release()`. */
  [Symbol.dispose](): void {
    this.release();
  }
}
