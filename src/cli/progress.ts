// A progress line: rewritten in place on a terminal, silent elsewhere.
import type { WriteStream } from 'node:tty';
import { columnsOf } from './live-lines.js';

const INTERVAL = 100;

/** One line of progress. */
export class Progress {
  readonly #stream: WriteStream | undefined;
  #last = 0;
  #shown = false;

  /** @param stream - where to; undefined for nowhere */
  constructor(stream: WriteStream | undefined) {
    this.#stream = stream?.isTTY === true ? stream : undefined;
  }

  /** Shows a text, at most ten times a second. */
  show(text: string): void {
    const now = performance.now();
    if (this.#stream === undefined || now - this.#last < INTERVAL) return;
    this.#last = now;
    this.#shown = true;
    this.#stream.write(`\r\u001B[2K${text.slice(0, columnsOf(this.#stream) - 1)}`);
  }

  /** Clears the line. */
  end(): void {
    if (this.#shown) this.#stream?.write('\r\u001B[2K');
    this.#shown = false;
  }
}
