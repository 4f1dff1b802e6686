// Takes apart what an RTSP server sends on its connection: messages, and frames of data between them.
import { FramerailError } from '../../base/index.js';
import { parseHead, type RtspRequest, type RtspResponse } from './message.js';

/** Who hears of what was read; what they are given is valid until they return. */
export interface RtspReaderHandlers {
  readonly onResponse: (response: RtspResponse) => void;
  readonly onRequest: (request: RtspRequest) => void;
  /** A frame of data. */
  readonly onFrame: (channel: number, payload: Buffer) => void;
  /** Whether data of a channel is expected: that is what tells a frame from garbage. */
  readonly isChannel: (channel: number) => boolean;
}

/** Bytes of a message ahead of its body, at most; servers send some hundred. */
const MOST_HEAD = 64 * 1024;
/** Bytes of a body at most: descriptions have a few thousand. */
const MOST_BODY = 1024 * 1024;
/** Bytes that are passed over until there must be something that can be read. */
const MOST_GARBAGE = 256 * 1024;
const DOLLAR = 0x24;
const FRAME_HEAD = 4;
const NEWLINE = 0x0a;
const MESSAGE_BEGINS = Buffer.from('RTSP/1.');

/** Reads one connection. What breaks the protocol is thrown as FR_RELAY_PROTOCOL. */
export class RtspReader {
  readonly #handlers: RtspReaderHandlers;
  /** What was no whole message yet. */
  #kept = Buffer.alloc(0);
  #keptBytes = 0;
  /** Bytes that must be there before it is worth looking again. */
  #needed = 1;
  /** Where the search for the end of a head goes on. */
  #searched = 0;
  /** Whether data has come: cameras lose count amid it, and go on a little later. */
  #playing = false;
  /** What lies here cannot be read; counted since the last thing that could. */
  #garbage = 0;
  #lost = false;

  constructor(handlers: RtspReaderHandlers) {
    this.#handlers = handlers;
  }

  /** Whether something has begun and is not whole. */
  get pending(): boolean {
    return this.#keptBytes > 0;
  }

  push(bytes: Buffer): void {
    if (this.#keptBytes === 0) {
      this.#keep(bytes, this.#readAll(bytes));
      return;
    }
    this.#append(bytes);
    if (this.#keptBytes < this.#needed) return;
    const whole = this.#kept.subarray(0, this.#keptBytes);
    const read = this.#readAll(whole);
    whole.copyWithin(0, read);
    this.#keptBytes -= read;
  }

  #append(bytes: Buffer): void {
    const length = this.#keptBytes + bytes.byteLength;
    if (length > this.#kept.byteLength) {
      const larger = Buffer.allocUnsafeSlow(Math.max(length, 2 * this.#kept.byteLength));
      this.#kept.copy(larger, 0, 0, this.#keptBytes);
      this.#kept = larger;
    }
    bytes.copy(this.#kept, this.#keptBytes);
    this.#keptBytes = length;
  }

  #keep(bytes: Buffer, from: number): void {
    if (from < bytes.byteLength) this.#append(bytes.subarray(from));
  }

  /** Reads all that is whole, and gives how many bytes that was. */
  #readAll(bytes: Buffer): number {
    let at = 0;
    for (;;) {
      const read = this.#readOne(bytes.subarray(at));
      if (read === 0) return at;
      at += read;
      this.#needed = 1;
      this.#searched = 0;
    }
  }

  /** Reads what begins here; 0 while it is not whole. */
  #readOne(bytes: Buffer): number {
    if (bytes.byteLength === 0) return 0;
    if (this.#lost) return this.#findAgain(bytes);
    const [first] = bytes;
    if (first === DOLLAR) return this.#readFrame(bytes);
    // Empty lines ahead of a message are passed over, as RFC 2326 leaves it to servers.
    if (first === NEWLINE || first === 0x0d) return 1;
    if (first === undefined || first < 0x41 || first > 0x7a) return this.#passOver();
    return this.#readMessage(bytes);
  }

  #readFrame(bytes: Buffer): number {
    if (bytes.byteLength < FRAME_HEAD) return this.#wait(FRAME_HEAD);
    const end = FRAME_HEAD + bytes.readUInt16BE(2);
    if (bytes.byteLength < end) return this.#wait(end);
    this.#playing = true;
    this.#garbage = 0;
    this.#handlers.onFrame(bytes[1] ?? 0, bytes.subarray(FRAME_HEAD, end));
    return end;
  }

  #readMessage(bytes: Buffer): number {
    if (!/^[A-Z_]+(?:[ /]|$)/.test(bytes.toString('latin1', 0, 8))) return this.#passOver();
    const end = this.#headEnd(bytes);
    if ((end ?? bytes.byteLength) > MOST_HEAD) {
      if (this.#playing) return this.#passOver();
      throw protocolError('a message without an end');
    }
    if (end === undefined) return this.#wait(bytes.byteLength + 1);
    const lines = bytes.toString('latin1', 0, end).split(/\r?\n/);
    while (lines.at(-1) === '') lines.pop();
    const head = parseHead(lines);
    if (head === undefined) return this.#passOver();
    const length = bodyLength(head.headers.get('content-length'));
    if (bytes.byteLength < end + length) return this.#wait(end + length);
    this.#garbage = 0;
    const whole = { ...head, body: bytes.subarray(end, end + length) };
    if (whole.kind === 'response') this.#handlers.onResponse(whole);
    else this.#handlers.onRequest(whole);
    return end + length;
  }

  /** Where the head ends, behind its empty line; lines may end without a carriage return. */
  #headEnd(bytes: Buffer): number | undefined {
    for (let at = bytes.indexOf(NEWLINE, this.#searched); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
      const next = bytes[at + 1] === 0x0d ? at + 2 : at + 1;
      if (bytes[next] === NEWLINE) return next + 1;
    }
    // The end may lie across what is here and what comes.
    this.#searched = Math.max(0, bytes.byteLength - 3);
    return undefined;
  }

  #wait(bytes: number): number {
    this.#needed = bytes;
    return 0;
  }

  /** What lies here is nothing that RTSP knows: fatal ahead of media, and passed over amid it. */
  #passOver(): number {
    if (!this.#playing) throw protocolError('what is no message of RTSP');
    this.#lost = true;
    return this.#skip(1);
  }

  #skip(bytes: number): number {
    this.#garbage += bytes;
    if (this.#garbage > MOST_GARBAGE) throw protocolError('nothing that could be read for long');
    return bytes;
  }

  /** Looks for the next message, or for a frame of RTP or RTCP (both begin with version 2) on a channel that is known. */
  #findAgain(bytes: Buffer): number {
    for (let at = 0; at < bytes.byteLength; at++) {
      if (bytes[at] === DOLLAR) {
        if (bytes.byteLength <= at + FRAME_HEAD) return at > 0 ? this.#skip(at) : this.#wait(FRAME_HEAD + 1);
        const fits = this.#handlers.isChannel(bytes[at + 1] ?? 0) && (bytes[at + FRAME_HEAD] ?? 0) >> 6 === 2;
        if (fits) return this.#found(at, bytes);
      } else if (bytes[at] === MESSAGE_BEGINS[0]) {
        const here = bytes.subarray(at, at + MESSAGE_BEGINS.length);
        if (MESSAGE_BEGINS.equals(here)) return this.#found(at, bytes);
        if (at + here.length === bytes.byteLength && MESSAGE_BEGINS.subarray(0, here.length).equals(here))
          return at > 0 ? this.#skip(at) : this.#wait(MESSAGE_BEGINS.length);
      }
    }
    return this.#skip(bytes.byteLength);
  }

  #found(at: number, bytes: Buffer): number {
    this.#lost = false;
    if (at > 0) return this.#skip(at);
    return this.#readOne(bytes);
  }
}

function bodyLength(values: readonly string[] | undefined): number {
  const text = values?.[0];
  if (text === undefined || text === '') return 0;
  if (!/^\d+$/.test(text)) throw protocolError('a body of an unreadable length');
  const length = Number(text);
  if (length > MOST_BODY) throw protocolError(`a body of ${text} bytes`);
  return length;
}

function protocolError(what: string): FramerailError {
  return new FramerailError('FR_RELAY_PROTOCOL', `The RTSP server sent ${what}.`);
}
