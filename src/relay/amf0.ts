// AMF0, the encoding of RTMP's commands and of FLV's metadata (Adobe, "Action Message Format AMF 0", 2007).
import { FramerailError } from '../base/index.js';

/** Named values in the order in which they were written. */
export interface AmfObject {
  readonly [name: string]: AmfValue;
}

/** What AMF0 can say. Dates are milliseconds since 1970; references, XML and AMF3 are refused or read as text. */
export type AmfValue = number | boolean | string | null | undefined | Date | readonly AmfValue[] | AmfObject;

const NUMBER = 0x00;
const BOOLEAN = 0x01;
const STRING = 0x02;
const OBJECT = 0x03;
const NULL = 0x05;
const UNDEFINED = 0x06;
const ECMA_ARRAY = 0x08;
const OBJECT_END = 0x09;
const STRICT_ARRAY = 0x0a;
const DATE = 0x0b;
const LONG_STRING = 0x0c;
const UNSUPPORTED = 0x0d;
const XML = 0x0f;
const TYPED_OBJECT = 0x10;
/** Bytes of a name at most: more cannot be written. */
const LONGEST_NAME = 0xffff;
/** Nobody nests deeper; a hostile peer would, until the stack ends. */
const MAX_DEPTH = 16;

/**
 * Reads the values of a message; throws FR_RELAY_PROTOCOL for what is none.
 * @param most - values that are wanted; what lies behind them is not looked at
 */
export function decodeAmf(bytes: Buffer, most = Infinity): AmfValue[] {
  const reader = new Reader(bytes);
  const values: AmfValue[] = [];
  while (reader.left > 0 && values.length < most) values.push(reader.value(0));
  return values;
}

/** Writes values behind each other. Arrays become strict arrays; what is undefined in an object, or has too long a name, is left out. */
export function encodeAmf(...values: readonly AmfValue[]): Buffer {
  const pieces: Buffer[] = [];
  for (const value of values) write(pieces, value);
  return Buffer.concat(pieces);
}

/** Writes an object as an ECMA array, as FLV wants its metadata. */
export function encodeEcmaArray(object: AmfObject): Buffer {
  const head = Buffer.from([ECMA_ARRAY, 0, 0, 0, 0]);
  head.writeUInt32BE(Object.keys(object).length, 1);
  const pieces = [head];
  writeProperties(pieces, object);
  return Buffer.concat(pieces);
}

/** Whether a value is an object or an ECMA array, and not a list or a date. */
export function isAmfObject(value: AmfValue): value is AmfObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function write(pieces: Buffer[], value: AmfValue): void {
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes.writeDoubleBE(value, 1);
    pieces.push(bytes);
  } else if (typeof value === 'boolean') pieces.push(Buffer.from([BOOLEAN, value ? 1 : 0]));
  else if (typeof value === 'string') writeText(pieces, value);
  else if (value === null) pieces.push(Buffer.from([NULL]));
  else if (value === undefined) pieces.push(Buffer.from([UNDEFINED]));
  else if (value instanceof Date) {
    const bytes = Buffer.alloc(11);
    bytes[0] = DATE;
    bytes.writeDoubleBE(value.getTime(), 1);
    pieces.push(bytes);
  } else if (isAmfObject(value)) {
    pieces.push(Buffer.from([OBJECT]));
    writeProperties(pieces, value);
  } else {
    const head = Buffer.from([STRICT_ARRAY, 0, 0, 0, 0]);
    head.writeUInt32BE(value.length, 1);
    pieces.push(head);
    for (const item of value) write(pieces, item);
  }
}

function writeText(pieces: Buffer[], text: string): void {
  const bytes = Buffer.from(text);
  const long = bytes.byteLength > 0xffff;
  const head = Buffer.alloc(long ? 5 : 3);
  head[0] = long ? LONG_STRING : STRING;
  if (long) head.writeUInt32BE(bytes.byteLength, 1);
  else head.writeUInt16BE(bytes.byteLength, 1);
  pieces.push(head, bytes);
}

function writeProperties(pieces: Buffer[], object: AmfObject): void {
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue;
    const bytes = Buffer.from(name);
    // A name that came as broken text has grown: each such byte is three now.
    if (bytes.byteLength > LONGEST_NAME) continue;
    const head = Buffer.alloc(2);
    head.writeUInt16BE(bytes.byteLength);
    pieces.push(head, bytes);
    write(pieces, value);
  }
  pieces.push(Buffer.from([0, 0, OBJECT_END]));
}

/** Reads from front to back and never beyond the end. */
class Reader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.byteLength - this.#at;
  }

  value(depth: number): AmfValue {
    if (depth > MAX_DEPTH) throw malformed('it is nested too deep');
    const marker = this.#number(1);
    switch (marker) {
      case NUMBER:
        return this.#double();
      case BOOLEAN:
        return this.#number(1) !== 0;
      case STRING:
        return this.#text(this.#number(2));
      case LONG_STRING:
      case XML:
        return this.#text(this.#number(4));
      case OBJECT:
        return this.#properties(depth);
      case TYPED_OBJECT:
        this.#text(this.#number(2));
        return this.#properties(depth);
      case ECMA_ARRAY:
        // Its count is a hint that is often wrong.
        this.#take(4);
        return this.#properties(depth);
      case STRICT_ARRAY:
        return this.#list(this.#number(4), depth);
      case DATE: {
        const time = this.#double();
        // A time zone that the format itself says shall not be used.
        this.#take(2);
        return new Date(time);
      }
      case NULL:
        return null;
      case UNDEFINED:
      case UNSUPPORTED:
        return undefined;
      default:
        throw malformed(`type 0x${marker.toString(16)} is none of its values`);
    }
  }

  #properties(depth: number): AmfObject {
    // Names come from outside: none of them may be a property that every object has.
    const object = Object.create(null) as Record<string, AmfValue>;
    // An array that ends with its message and without its end is what some encoders write.
    while (this.left > 0) {
      const name = this.#text(this.#number(2));
      if (name === '' && this.left > 0 && this.#bytes[this.#at] === OBJECT_END) {
        this.#at += 1;
        break;
      }
      object[name] = this.value(depth + 1);
    }
    return object;
  }

  #list(count: number, depth: number): AmfValue[] {
    if (count > this.left) throw malformed('a list has more values than bytes');
    const values: AmfValue[] = [];
    // Room for what was announced would be room for each list of many within each other.
    while (values.length < count) values.push(this.value(depth + 1));
    return values;
  }

  #text(length: number): string {
    const at = this.#take(length);
    return this.#bytes.toString('utf8', at, at + length);
  }

  #double(): number {
    return this.#bytes.readDoubleBE(this.#take(8));
  }

  #number(length: 1 | 2 | 4): number {
    const at = this.#take(length);
    return this.#bytes.readUIntBE(at, length);
  }

  #take(length: number): number {
    if (length > this.left) throw malformed('it ends within a value');
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

function malformed(why: string): FramerailError {
  return new FramerailError('FR_RELAY_PROTOCOL', `The peer sent malformed AMF0: ${why}.`);
}
