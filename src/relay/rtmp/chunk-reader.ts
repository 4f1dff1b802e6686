// Messages out of chunks (RTMP 1.0, section 5.3), however the network cuts them.
import { FramerailError } from '../../base/index.js';
import type { Message } from './message.js';

/** The longest header: three bytes of chunk stream, eleven of message, four of extended timestamp. */
const MAX_HEADER = 18;
/** Bytes of a message's header by its format. */
const HEADER_BYTES = [11, 7, 3, 0] as const;
/** Says that the timestamp follows in four bytes. */
const EXTENDED = 0xffffff;
/** Chunk streams of one peer at most; common ones use five. */
const MAX_STREAMS = 64;
/** What unfinished messages of one peer may take together, in bytes: one of the largest kind. */
const MAX_UNFINISHED = 24 * 1024 * 1024;
/** Room that a chunk stream keeps between messages, in bytes. */
const KEPT = 4096;

/** What is known of one chunk stream. */
interface ChunkStream {
  type: number;
  stream: number;
  length: number;
  timestamp: number;
  /** The last field of time: a difference, or the timestamp itself behind a header of format 0. */
  delta: number;
  extended: boolean;
  /** Bytes of the message that are here. */
  have: number;
  /** Where a message is put together that does not come in one piece. */
  room: Buffer;
}

/** Reads what one peer sends. */
export class ChunkReader {
  /** Bytes of payload in a chunk at most, as the peer said. */
  chunkSize = 128;
  readonly #onMessage: (message: Message) => void;
  readonly #streams = new Map<number, ChunkStream>();
  /** A header that was cut. */
  readonly #head = Buffer.alloc(2 * MAX_HEADER);
  #headBytes = 0;
  #current: ChunkStream | undefined;
  /** Bytes of payload that the current chunk still brings. */
  #left = 0;
  #unfinished = 0;

  /** @param onMessage - hears each message; its payload is valid until it returns */
  constructor(onMessage: (message: Message) => void) {
    this.#onMessage = onMessage;
  }

  /** Bytes that unfinished messages take now. */
  get unfinished(): number {
    return this.#unfinished;
  }

  /** Takes the next bytes; throws FR_RELAY_PROTOCOL for what no peer may send. */
  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.byteLength) at = this.#left > 0 ? this.#payload(bytes, at) : this.#header(bytes, at);
  }

  /** Forgets an unfinished message, as the peer wished. */
  abort(chunkStream: number): void {
    const stream = this.#streams.get(chunkStream);
    if (stream === undefined) return;
    this.#forget(stream);
    // Or one chunk stream after the other would keep the room of its largest message.
    stream.room = Buffer.alloc(0);
    if (this.#current === stream) this.#left = 0;
  }

  #header(bytes: Buffer, at: number): number {
    if (this.#headBytes === 0) {
      const end = this.#parse(bytes, at, bytes.byteLength);
      if (end >= 0) return end;
      bytes.copy(this.#head, 0, at);
      this.#headBytes = bytes.byteLength - at;
      return bytes.byteLength;
    }
    const before = this.#headBytes;
    const copied = bytes.copy(this.#head, before, at, Math.min(bytes.byteLength, at + MAX_HEADER));
    const end = this.#parse(this.#head, 0, before + copied);
    if (end < 0) {
      this.#headBytes += copied;
      return at + copied;
    }
    this.#headBytes = 0;
    if (end >= before) return at + end - before;
    // What was kept to be compared with the extended timestamp turned out to be payload.
    this.push(Buffer.from(this.#head.subarray(end, before)));
    return at;
  }

  /** Reads one header; gives the place behind it, or -1 when more bytes are needed. */
  #parse(bytes: Buffer, from: number, to: number): number {
    let at = from + 1;
    const first = bytes[from] ?? 0;
    const format = first >> 6;
    let id = first & 0x3f;
    const more = id === 0 ? 1 : id === 1 ? 2 : 0;
    if (at + more > to) return -1;
    if (more > 0) {
      id = 64 + (bytes[at] ?? 0) + (more === 2 ? 256 * (bytes[at + 1] ?? 0) : 0);
      at += more;
    }
    const length = HEADER_BYTES[format] ?? 0;
    if (at + length > to) return -1;
    const stream = this.#streams.get(id) ?? this.#open(id, format);
    const field = format === 3 ? -1 : bytes.readUIntBE(at, 3);
    const extended = format === 3 ? stream.extended : field === EXTENDED;
    const begins = stream.have === 0;
    let time = format === 3 ? stream.delta : field;
    let end = at + length;
    // Some senders repeat it in the chunks that go on with a message, and some do not.
    if (extended && (begins || format !== 3 || repeats(bytes, end, to, stream.delta))) {
      if (end + 4 > to) return -1;
      time = bytes.readUInt32BE(end);
      end += 4;
    }
    this.#begin(stream, { bytes, at, format, time, extended, begins });
    return end;
  }

  #begin(
    stream: ChunkStream,
    header: {
      readonly bytes: Buffer;
      readonly at: number;
      readonly format: number;
      readonly time: number;
      readonly extended: boolean;
      readonly begins: boolean;
    },
  ): void {
    const { bytes, at, format, time, extended, begins } = header;
    if (begins) {
      if (format < 2) {
        stream.length = bytes.readUIntBE(at + 3, 3);
        stream.type = bytes[at + 6] ?? 0;
      }
      if (format === 0) stream.stream = bytes.readUInt32LE(at + 7);
      stream.delta = time;
      stream.extended = extended;
      stream.timestamp = format === 0 ? time : (stream.timestamp + time) >>> 0;
    } else if (format !== 3) throw malformed('a new message begins within another one of its chunk stream');
    this.#current = stream;
    this.#left = Math.min(this.chunkSize, stream.length - stream.have);
    if (stream.length === 0) this.#deliver(stream, Buffer.alloc(0));
  }

  #open(id: number, format: number): ChunkStream {
    if (format !== 0 && format !== 1) throw malformed('a chunk stream begins without a header');
    if (this.#streams.size >= MAX_STREAMS) throw malformed('it uses too many chunk streams');
    const room = Buffer.alloc(0);
    const stream = { type: 0, stream: 0, length: 0, timestamp: 0, delta: 0, extended: false, have: 0, room };
    this.#streams.set(id, stream);
    return stream;
  }

  #payload(bytes: Buffer, at: number): number {
    const stream = this.#current;
    if (stream === undefined) throw malformed('bytes belong to no message');
    const count = Math.min(this.#left, bytes.byteLength - at);
    this.#left -= count;
    if (count === stream.length) {
      // The whole message lies here: nothing is copied.
      this.#deliver(stream, bytes.subarray(at, at + count));
      return at + count;
    }
    this.#unfinished += count;
    if (this.#unfinished > MAX_UNFINISHED) throw malformed('its unfinished messages are too large');
    if (stream.room.byteLength < stream.have + count) grow(stream, stream.have + count);
    bytes.copy(stream.room, stream.have, at, at + count);
    stream.have += count;
    if (stream.have === stream.length) {
      const payload = stream.room.subarray(0, stream.length);
      this.#forget(stream);
      this.#deliver(stream, payload);
      if (stream.room.byteLength > KEPT) stream.room = Buffer.alloc(0);
    }
    return at + count;
  }

  #forget(stream: ChunkStream): void {
    this.#unfinished -= stream.have;
    stream.have = 0;
  }

  #deliver({ type, stream, timestamp }: ChunkStream, payload: Buffer): void {
    this.#onMessage({ type, stream, timestamp, payload });
  }
}

/** Whether an extended timestamp lies at a place, as far as bytes are here: payload mostly differs in its first byte. */
function repeats(bytes: Buffer, at: number, to: number, time: number): boolean {
  for (let i = 0; i < 4 && at + i < to; i += 1) if (bytes[at + i] !== ((time >>> (24 - 8 * i)) & 0xff)) return false;
  return true;
}

/** Grows with what has come, and not with what was announced. */
function grow(stream: ChunkStream, needed: number): void {
  const room = Buffer.allocUnsafeSlow(Math.min(stream.length, Math.max(needed, 2 * stream.room.byteLength, 1024)));
  stream.room.copy(room, 0, 0, stream.have);
  stream.room = room;
}

function malformed(why: string): FramerailError {
  return new FramerailError('FR_RELAY_PROTOCOL', `The peer sent a malformed chunk stream: ${why}.`);
}
