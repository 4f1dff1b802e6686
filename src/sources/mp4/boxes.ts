// Boxes of ISO media files (ISO/IEC 14496-12, 4.2), read within memory that is all here.

/** One box, as a place in the memory that was given. */
export interface Box {
  readonly type: string;
  /** Its content, without its header. */
  readonly data: Buffer;
}

/** The head of a box. */
export interface BoxHead {
  readonly type: string;
  /** Bytes with its head; zero where it goes on to the end. */
  readonly size: number;
  /** Bytes of the head itself. */
  readonly header: number;
}

/** Boxes within one at most; real ones have a dozen. */
const MOST_CHILDREN = 10_000;
const HEADER = 8;

/** Boxes are not as they must be; the message says why, for a sentence of whoever reads them. */
export class MalformedBoxes extends Error {}

function malformed(why: string): MalformedBoxes {
  return new MalformedBoxes(why);
}

/** The boxes that lie in a piece of memory, one after the other, as views. */
export function boxesIn(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + HEADER <= bytes.byteLength;) {
    const head = boxHead(bytes, at, bytes.byteLength - at);
    if (head === undefined) throw malformed('a box is cut off');
    const size = head.size === 0 ? bytes.byteLength - at : head.size;
    if (size > bytes.byteLength - at)
      throw malformed(`a box of type ${shownType(head.type)} is larger than the one around it`);
    if (boxes.length >= MOST_CHILDREN) throw malformed('a box holds too many others');
    boxes.push({ type: head.type, data: bytes.subarray(at + head.header, at + size) });
    at += size;
  }
  return boxes;
}

/** The head of the box at a place: its size is zero where it goes on to the end. Undefined where not all of it is here. */
export function boxHead(bytes: Buffer, at: number, have: number): BoxHead | undefined {
  if (have < HEADER) return undefined;
  const type = bytes.toString('latin1', at + 4, at + 8);
  const size = bytes.readUInt32BE(at);
  if (size !== 1) {
    if (size !== 0 && size < HEADER) throw malformed(`a box of type ${shownType(type)} is smaller than its head`);
    return { type, size, header: HEADER };
  }
  if (have < 2 * HEADER) return undefined;
  const large = Number(bytes.readBigUInt64BE(at + HEADER));
  if (large < 2 * HEADER || !Number.isSafeInteger(large))
    throw malformed(`a box of type ${shownType(type)} has no sensible size`);
  return { type, size: large, header: 2 * HEADER };
}

/** The first box of a type. */
export function findBox(boxes: readonly Box[], type: string): Buffer | undefined {
  return boxes.find((box) => box.type === type)?.data;
}

/** The box that lies at the end of a path; undefined where there is none. */
export function boxWithin(bytes: Buffer, ...path: readonly string[]): Buffer | undefined {
  let data: Buffer | undefined = bytes;
  for (const type of path) data = data && findBox(boxesIn(data), type);
  return data;
}

/** A four-letter name for a message. */
export function shownType(type: string): string {
  return /^[\x20-\x7e]{4}$/.test(type) ? `'${type}'` : 'unknown';
}

/** Reads numbers out of one box, and never beyond its end. */
export class BoxReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** The version and the flags that full boxes begin with. */
  full(): { readonly version: number; readonly flags: number } {
    const word = this.u32();
    return { version: word >>> 24, flags: word & 0xffffff };
  }

  u16(): number {
    return this.#bytes.readUInt16BE(this.#take(2));
  }

  u32(): number {
    return this.#bytes.readUInt32BE(this.#take(4));
  }

  i32(): number {
    return this.#bytes.readInt32BE(this.#take(4));
  }

  /** A number of 64 bits, as far as doubles are exact. */
  u64(): number {
    return Number(this.#bytes.readBigUInt64BE(this.#take(8)));
  }

  i64(): number {
    return Number(this.#bytes.readBigInt64BE(this.#take(8)));
  }

  skip(bytes: number): this {
    this.#take(bytes);
    return this;
  }

  /** All that follows, as a view. */
  rest(): Buffer {
    return this.#bytes.subarray(this.#at);
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at;
  }

  #take(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.byteLength - at) throw malformed('a box ends before its last field');
    this.#at = at + count;
    return at;
  }
}
