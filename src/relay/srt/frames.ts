// What crosses the pipe between a process and the worker of its links: bytes of links, what was taken of them, and messages,
// in one order, so that nothing that is said about a link overtakes its bytes.
import type { Writable } from 'node:stream';
import { FramerailError } from '../../base/index.js';

/** What a frame carries. */
const KIND = { data: 0, taken: 1, message: 2 } as const;
/** Four bytes of the link's number, one of the kind, three of the length. */
const HEAD = 8;
/** Bytes of one frame. */
const MOST_DATA = 64 * 1024;
/** A message is an address with its options at most. */
const MOST_MESSAGE = 64 * 1024;

/** Gathers frames and writes those of one turn of the event loop in one call. */
export class FrameWriter {
  readonly #stream: Writable;
  #parts: Uint8Array[] = [];
  #scheduled = false;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Bytes of a link; they must not change any more. */
  data(link: number, bytes: Uint8Array): void {
    for (let from = 0; from < bytes.byteLength; from += MOST_DATA)
      this.#add(link, KIND.data, bytes.subarray(from, from + MOST_DATA));
  }

  /** So many bytes of a link were taken since this was last said. */
  taken(link: number, count: number): void {
    const bytes = Buffer.allocUnsafe(4);
    bytes.writeUInt32BE(count);
    this.#add(link, KIND.taken, bytes);
  }

  message(link: number, message: object): void {
    this.#add(link, KIND.message, Buffer.from(JSON.stringify(message)));
  }

  #add(link: number, kind: number, bytes: Uint8Array): void {
    const head = Buffer.allocUnsafe(HEAD);
    head.writeUInt32BE(link, 0);
    head.writeUInt8(kind, 4);
    head.writeUIntBE(bytes.byteLength, 5, 3);
    this.#parts.push(head, bytes);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#write();
    });
  }

  #write(): void {
    this.#scheduled = false;
    const parts = this.#parts;
    this.#parts = [];
    // Nobody hears what is written to a process that is gone; its exit tells.
    if (!this.#stream.destroyed && this.#stream.writable) this.#stream.write(Buffer.concat(parts));
  }
}

/** Who hears of frames. */
export interface FrameHandlers {
  /** Bytes of a link, as much as is here of them; valid until it returns. */
  readonly onData: (link: number, bytes: Buffer) => void;
  readonly onTaken: (link: number, count: number) => void;
  readonly onMessage: (link: number, message: unknown) => void;
}

/** Reads frames from bytes that are cut anywhere. Throws FR_WORKER_PROTOCOL for what is no frame. */
export class FrameReader {
  readonly #handlers: FrameHandlers;
  readonly #head = Buffer.alloc(HEAD);
  #headBytes = 0;
  #link = 0;
  #kind = 0;
  /** Bytes of the frame's content that are still to come. */
  #left = 0;
  /** The content of a frame that is only good as a whole. */
  #whole: Buffer | undefined;

  constructor(handlers: FrameHandlers) {
    this.#handlers = handlers;
  }

  push(bytes: Buffer): void {
    let at = 0;
    while (at < bytes.byteLength) {
      if (this.#headBytes < HEAD) {
        const count = Math.min(HEAD - this.#headBytes, bytes.byteLength - at);
        bytes.copy(this.#head, this.#headBytes, at, at + count);
        this.#headBytes += count;
        at += count;
        if (this.#headBytes === HEAD) this.#begin();
        continue;
      }
      const count = Math.min(this.#left, bytes.byteLength - at);
      this.#take(bytes.subarray(at, at + count));
      at += count;
    }
  }

  #begin(): void {
    this.#link = this.#head.readUInt32BE(0);
    this.#kind = this.#head.readUInt8(4);
    this.#left = this.#head.readUIntBE(5, 3);
    const most = { [KIND.data]: MOST_DATA, [KIND.taken]: 4, [KIND.message]: MOST_MESSAGE }[this.#kind];
    if (most === undefined || this.#left > most || this.#left === 0)
      throw protocolError(`a frame of kind ${String(this.#kind)} with ${String(this.#left)} bytes`);
    this.#whole = this.#kind === KIND.data ? undefined : Buffer.alloc(this.#left);
  }

  #take(bytes: Buffer): void {
    const whole = this.#whole;
    if (whole === undefined) this.#handlers.onData(this.#link, bytes);
    else bytes.copy(whole, whole.byteLength - this.#left);
    this.#left -= bytes.byteLength;
    if (this.#left > 0) return;
    this.#headBytes = 0;
    if (whole === undefined) return;
    if (this.#kind === KIND.message) this.#handlers.onMessage(this.#link, parsed(whole));
    else if (whole.byteLength === 4) this.#handlers.onTaken(this.#link, whole.readUInt32BE());
    else throw protocolError('a count of another length');
  }
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw protocolError('a message that is no JSON');
  }
}

/** What is said of a worker, or of a parent, that sends nonsense. */
export function protocolError(what: string): FramerailError {
  return new FramerailError('FR_WORKER_PROTOCOL', `A worker of SRT links sent ${what}.`);
}
