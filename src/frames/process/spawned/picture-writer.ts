// Hands pictures to an encoding ffmpeg: rows without padding, each picture with its time.
import type { Ratio } from '../../../base/index.js';
import type { PictureLayout } from '../../../pixels/index.js';
import { rescale } from '../../../spelling/index.js';
import type { EncodeRun } from './encode-run.js';
import { feedHeader, nanoseconds, pictureHeader } from './matroska-feed.js';

/** The units of times. */
export interface WriterUnits {
  /** Of the times that come. */
  readonly from: Ratio;
  /** Of the encoder. */
  readonly to: Ratio;
  /** Frames per second; 0/1 when unknown. */
  readonly frameRate: Ratio;
}

/** Writes pictures of one layout into one command. */
export class PictureWriter {
  readonly #run: EncodeRun;
  readonly #layout: PictureLayout;
  readonly #units: WriterUnits;
  /** Where rows are put together when they come with padding. */
  readonly #tight: Buffer | undefined;
  readonly #bytes: number;
  #last: bigint | undefined;

  constructor(run: EncodeRun, layout: PictureLayout, units: WriterUnits) {
    this.#run = run;
    this.#layout = layout;
    this.#units = units;
    this.#bytes = layout.planes.reduce((sum, { rowBytes, rows }) => sum + rowBytes * rows, 0);
    this.#tight = this.#bytes === layout.byteLength ? undefined : Buffer.alloc(this.#bytes);
  }

  /** Writes one picture; its memory may be used again when this resolves. */
  async write(pixels: Buffer, timestamp: bigint, duration: bigint): Promise<void> {
    const { from, to, frameRate } = this.#units;
    const { width, height, format } = this.#layout;
    const head = this.#last === undefined ? [feedHeader({ width, height, format, frameRate })] : [];
    const time = rescale(timestamp < 0n ? 0n : timestamp, from, to);
    // Frames that come faster than the unit counts follow each other by one.
    this.#last = this.#last === undefined || time > this.#last ? time : this.#last + 1n;
    const bytes = this.#tight === undefined ? pixels.subarray(0, this.#bytes) : this.#gather(pixels, this.#tight);
    const lasting = nanoseconds(duration, from);
    await this.#run.feed(...head, pictureHeader(nanoseconds(this.#last, to), lasting, this.#bytes), bytes);
  }

  #gather(pixels: Buffer, tight: Buffer): Buffer {
    let at = 0;
    for (const { offset, stride, rowBytes, rows } of this.#layout.planes)
      for (let row = 0; row < rows; row++, at += rowBytes)
        pixels.copy(tight, at, offset + row * stride, offset + row * stride + rowBytes);
    return tight;
  }
}

/** The input of an ffmpeg that takes such pictures. */
export const FEED_INPUT = ['-copyts', '-probesize', '32', '-analyzeduration', '0', '-f', 'matroska', '-i', 'pipe:0'];
