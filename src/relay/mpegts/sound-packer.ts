// Frames of sound, several in one PES packet: each in its own would be a third of stuffing.
import { FRAME_READERS } from './sound-headers.js';
import type { SoundCodec } from './stream-types.js';

/** Frames that travel together. */
export interface SoundPack {
  /** When the first one is heard, in ticks of 90 kHz. */
  readonly pts: number;
  readonly payload: Buffer;
}

/** Ticks that frames wait for others: long enough for three of AAC, and little beside what players keep. */
const LONGEST = 50 * 90;
/** Bytes that travel together at most. */
const MOST_BYTES = 4096;
/** Tags count milliseconds: a frame that is so near to where it should be is there. Ticks. */
const ROUNDING = 100;
const TICKS = 90_000;

/** Collects the frames of one stream. */
export class SoundPacker {
  readonly #codec: SoundCodec;
  readonly #onPack: (pack: SoundPack) => void;
  #frames: Buffer[] = [];
  #bytes = 0;
  #pts = 0;
  /** When the next frame is heard if nothing is missing. */
  #next: number | undefined;

  constructor(codec: SoundCodec, onPack: (pack: SoundPack) => void) {
    this.#codec = codec;
    this.#onPack = onPack;
  }

  /**
   * Takes a frame with its framing; it is kept.
   * @param time - in ticks
   */
  push(frame: Buffer, time: number): void {
    const near = this.#next !== undefined && Math.abs(time - this.#next) <= ROUNDING;
    // Who reads a PES packet counts its frames on from the first one: a gap needs a time of its own.
    if (!near) this.flush();
    const pts = near && this.#next !== undefined ? this.#next : time;
    if (this.#frames.length === 0) this.#pts = pts;
    this.#frames.push(frame);
    this.#bytes += frame.byteLength;
    const ticks = this.#ticks(frame);
    this.#next = ticks === undefined ? undefined : pts + ticks;
    if (this.#next === undefined || this.#next - this.#pts >= LONGEST || this.#bytes >= MOST_BYTES) this.flush();
  }

  /** Sends what waits since before a time. */
  flushBefore(time: number): void {
    if (this.#frames.length > 0 && time - this.#pts >= LONGEST) this.flush();
  }

  /** Sends what waits. */
  flush(): void {
    if (this.#frames.length === 0) return;
    const pack = { pts: this.#pts, payload: Buffer.concat(this.#frames) };
    this.#frames = [];
    this.#bytes = 0;
    this.#onPack(pack);
  }

  /** How long a frame is; undefined where its header does not tell. */
  #ticks(frame: Buffer): number | undefined {
    const found = FRAME_READERS[this.#codec](frame, 0, frame.byteLength, true);
    return typeof found === 'string' || found.samples === 0 ? undefined : (found.samples * TICKS) / found.sampleRate;
  }
}
