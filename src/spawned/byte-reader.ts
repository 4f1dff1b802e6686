// Reads a pipe by exact counts of bytes: each chunk goes where the reader says, and nothing is gathered in between.
import type { Readable } from 'node:stream';

interface Want {
  left: number;
  readonly sink: (bytes: Uint8Array) => void;
  readonly end: (whole: boolean) => void;
}

/** One reader of one pipe; the pipe stands still while nobody asks. */
export class ByteReader {
  readonly #stream: Readable;
  /** Mostly one: but when its process has ended, Node lets the rest of a pipe flow although it stands still. */
  readonly #chunks: Uint8Array[] = [];
  #want: Want | undefined;
  #ended = false;
  #abandoned = false;

  constructor(stream: Readable) {
    this.#stream = stream;
    stream.on('data', (chunk: Uint8Array) => {
      this.#chunks.push(chunk);
      this.#serve();
    });
    const end = (): void => {
      this.#ended = true;
      this.#serve();
    };
    stream.once('end', end);
    stream.once('close', end);
    stream.pause();
  }

  /**
   * Hands the next `bytes` bytes to `sink`, piece by piece; each piece is good during the call alone.
   * @returns whether they came whole; false at the end of the pipe
   */
  take(bytes: number, sink: (bytes: Uint8Array) => void): Promise<boolean> {
    return new Promise((resolve) => {
      this.#want = { left: bytes, sink, end: resolve };
      this.#serve();
    });
  }

  /** Wants nothing more: what still comes is dropped, as a pipe that stands still would never close. */
  abandon(): void {
    this.#abandoned = true;
    this.#serve();
  }

  #serve(): void {
    if (this.#abandoned) {
      this.#chunks.length = 0;
      this.#want?.end(false);
      this.#want = undefined;
      this.#stream.resume();
      return;
    }
    const want = this.#want;
    while (want !== undefined && want.left > 0) {
      const chunk = this.#chunks.shift();
      if (chunk === undefined) break;
      const piece = chunk.byteLength > want.left ? chunk.subarray(0, want.left) : chunk;
      want.left -= piece.byteLength;
      if (piece !== chunk) this.#chunks.unshift(chunk.subarray(piece.byteLength));
      want.sink(piece);
    }
    if (want !== undefined && (want.left === 0 || this.#ended)) {
      this.#want = undefined;
      want.end(want.left === 0);
    }
    if (this.#want === undefined) this.#stream.pause();
    else this.#stream.resume();
  }
}
