// Tags out of a stream of FLV, however the network cuts it.
import { FramerailError } from '../../base/index.js';
import { TAG } from './tag.js';

/** What the file header claims; a hint at most, as many servers always claim both. */
export interface FlvHints {
  readonly audio: boolean;
  readonly video: boolean;
}

/** Who hears of what is read. */
export interface FlvHandlers {
  readonly onHeader: (hints: FlvHints) => void;
  /** A tag; the payload is valid until it returns. */
  readonly onTag: (type: number, timestamp: number, payload: Buffer) => void;
}

const FILE_HEADER = 9;
const TAG_HEADER = 11;
/** The length of the tag ahead, which nobody needs. */
const BACK_POINTER = 4;
/** Room that is kept between tags, in bytes. */
const KEPT = 16 * 1024;

/** Reads one stream. */
export class FlvReader {
  readonly #handlers: FlvHandlers;
  /** What came and was not yet a whole tag. */
  #room: Buffer = Buffer.alloc(0);
  #have = 0;
  #begun = false;
  /** Bytes to leave out before the next tag. */
  #skip = 0;

  constructor(handlers: FlvHandlers) {
    this.#handlers = handlers;
  }

  /** Whether a tag is here in part only. */
  get pending(): boolean {
    return this.#have > 0;
  }

  /** Takes the next bytes; throws FR_RELAY_PROTOCOL for what is not FLV. */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.byteLength) at = this.#have > 0 ? this.#finish(bytes, at) : this.#whole(bytes, at);
  }

  /** Goes on with what began in an earlier piece. */
  #finish(bytes: Buffer, at: number): number {
    const needed = this.#needed(this.#room, 0, this.#have);
    const count = Math.min(needed - this.#have, bytes.byteLength - at);
    this.#keep(bytes, at, at + count, needed);
    if (this.#have < needed || this.#needed(this.#room, 0, this.#have) > this.#have) return at + count;
    const whole = this.#room.subarray(0, this.#have);
    this.#have = 0;
    this.#take(whole, 0);
    if (this.#room.byteLength > KEPT) this.#room = Buffer.alloc(0);
    return at + count;
  }

  /** Takes what lies whole in this piece, without copying it. */
  #whole(bytes: Buffer, from: number): number {
    let at = from;
    if (this.#skip > 0) {
      const skipped = Math.min(this.#skip, bytes.byteLength - at);
      this.#skip -= skipped;
      return at + skipped;
    }
    const left = bytes.byteLength - at;
    const needed = this.#needed(bytes, at, left);
    if (needed <= left) at += this.#take(bytes, at);
    else {
      this.#keep(bytes, at, bytes.byteLength, needed);
      at = bytes.byteLength;
    }
    return at;
  }

  /** Bytes of the thing that begins at a place, as far as its header is here. */
  #needed(bytes: Buffer, at: number, have: number): number {
    if (!this.#begun) return FILE_HEADER;
    if (have < TAG_HEADER) return TAG_HEADER;
    const type = (bytes[at] ?? 0) & 0x1f;
    // Other tags are passed over; where their last field is not the zero that it must be, these are no tags at all.
    if (!isKnown(type) && bytes.readUIntBE(at + 8, 3) !== 0) throw malformed(`there is no tag of type ${String(type)}`);
    return TAG_HEADER + bytes.readUIntBE(at + 1, 3);
  }

  #keep(bytes: Buffer, from: number, to: number, needed: number): void {
    const wanted = this.#have + to - from;
    if (this.#room.byteLength < wanted) {
      // It grows with what has come, and not with what was announced.
      const room = Buffer.allocUnsafeSlow(
        Math.min(Math.max(needed, wanted), Math.max(wanted, 2 * this.#room.byteLength, 1024)),
      );
      this.#room.copy(room, 0, 0, this.#have);
      this.#room = room;
    }
    bytes.copy(this.#room, this.#have, from, to);
    this.#have = wanted;
  }

  #take(bytes: Buffer, at: number): number {
    if (!this.#begun) return this.#header(bytes, at);
    const type = (bytes[at] ?? 0) & 0x1f;
    const length = bytes.readUIntBE(at + 1, 3);
    const time = bytes.readUIntBE(at + 4, 3) + 0x1000000 * (bytes[at + 7] ?? 0);
    this.#skip = BACK_POINTER;
    if (isKnown(type)) this.#handlers.onTag(type, time, bytes.subarray(at + TAG_HEADER, at + TAG_HEADER + length));
    return TAG_HEADER + length;
  }

  #header(bytes: Buffer, at: number): number {
    if (bytes.toString('latin1', at, at + 3) !== 'FLV') throw malformed('it does not begin like FLV');
    const flags = bytes[at + 4] ?? 0;
    const size = bytes.readUInt32BE(at + 5);
    if (size < FILE_HEADER || size > 0xffff) throw malformed('its header has no sensible size');
    this.#begun = true;
    this.#skip = size - FILE_HEADER + BACK_POINTER;
    this.#handlers.onHeader({ audio: (flags & 4) !== 0, video: (flags & 1) !== 0 });
    return FILE_HEADER;
  }
}

function isKnown(type: number): boolean {
  return type === TAG.audio || type === TAG.video || type === TAG.data;
}

function malformed(why: string): FramerailError {
  return new FramerailError('FR_RELAY_PROTOCOL', `The origin sent malformed FLV: ${why}.`);
}
