// Frames of sound out of a stream of bytes that comes in pieces, with their times.
import { NO_FRAME, SHORT, type FrameReader, type SoundFrame } from './sound-headers.js';

/** Takes a frame, which is a view that is valid until it returns, and when it is heard, in ticks of 90 kHz. */
export type FrameSink = (frame: SoundFrame, data: Buffer, pts: number) => void;

const FIRST_ROOM = 8 * 1024;
/** More than the largest frame, and than any PES packet of sound. */
const MOST_BYTES = 256 * 1024;
const MOST_MARKS = 64;
const TICKS = 90_000;

/** Finds the frames of one stream; one may begin in one PES packet and end in the next. */
export class AudioFrames {
  readonly #read: FrameReader;
  readonly #onFrame: FrameSink;
  #room = Buffer.allocUnsafe(FIRST_ROOM);
  #have = 0;
  #marks: { readonly at: number; readonly pts: number }[] = [];
  /** When the next frame is heard, in ticks; undefined while no PES packet has said so. */
  #next: number | undefined;
  /** Whether the last frame ended where the next one must begin. */
  #locked = false;

  constructor(read: FrameReader, onFrame: FrameSink) {
    this.#read = read;
    this.#onFrame = onFrame;
  }

  /** What comes next begins a PES packet; its time is that of the first frame that begins in it, in ticks, unwrapped. */
  mark(pts: number): void {
    if (this.#marks.length >= MOST_MARKS) this.#marks.shift();
    this.#marks.push({ at: this.#have, pts });
  }

  /** Takes more bytes, which are copied. */
  push(bytes: Buffer, from: number, to: number): void {
    const wanted = this.#have + to - from;
    // Only what claims to be a frame and never ends comes here.
    if (wanted > MOST_BYTES) {
      this.reset();
      return;
    }
    if (wanted > this.#room.byteLength) {
      const room = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * this.#room.byteLength));
      this.#room.copy(room, 0, 0, this.#have);
      this.#room = room;
    }
    bytes.copy(this.#room, this.#have, from, to);
    this.#have = wanted;
    this.#take(false);
  }

  /** A PES packet ended: a frame that ends here is one, whatever may follow. */
  whole(): void {
    this.#take(true);
  }

  /** What is here is damaged; the time is told again by the next PES packet. */
  reset(): void {
    this.#have = 0;
    this.#marks = [];
    this.#next = undefined;
    this.#locked = false;
  }

  #take(final: boolean): void {
    let at = 0;
    while (at < this.#have) {
      const found = this.#read(this.#room, at, this.#have, final);
      if (found === SHORT) break;
      const end = found === NO_FRAME ? at : at + found.bytes;
      if (end > this.#have) break;
      const proven = found !== NO_FRAME && (this.#locked || this.#isProven(end, final));
      if (proven === undefined) break;
      this.#locked = proven;
      if (proven) this.#give(found, at, end);
      at = proven ? end : at + 1;
    }
    this.#forget(at);
  }

  /**
   * Whether a frame behind bytes that were none is one: another follows it, or the PES packet ends with it. Undefined while
   * that is not known.
   */
  #isProven(end: number, final: boolean): boolean | undefined {
    if (end === this.#have) return final ? true : undefined;
    const next = this.#read(this.#room, end, this.#have, final);
    return next === SHORT ? undefined : next !== NO_FRAME;
  }

  #give(frame: SoundFrame, at: number, end: number): void {
    for (const mark of this.#marks) if (mark.at <= at) this.#next = mark.pts;
    this.#marks = this.#marks.filter((mark) => mark.at > at);
    const pts = this.#next;
    if (pts === undefined) return;
    this.#next = pts + (frame.samples * TICKS) / frame.sampleRate;
    this.#onFrame(frame, this.#room.subarray(at + frame.header, end), pts);
  }

  #forget(to: number): void {
    if (to === 0) return;
    this.#room.copyWithin(0, to, this.#have);
    this.#have -= to;
    // A time whose frame was passed over is that of the next one.
    this.#marks = this.#marks.map(({ at, pts }) => ({ at: Math.max(0, at - to), pts }));
  }
}
