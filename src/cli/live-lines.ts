// Lines at the foot of a terminal that are rewritten in place, with others scrolling above them; elsewhere only the others.
import type { WriteStream } from 'node:tty';

/** A few lines that change. */
export class LiveLines {
  readonly #stream: WriteStream;
  #shown: readonly string[] = [];

  constructor(stream: WriteStream) {
    this.#stream = stream;
  }

  /** Replaces the lines. */
  show(lines: readonly string[]): void {
    if (!this.#stream.isTTY) return;
    const fitting = lines.map((line) => line.slice(0, this.#stream.columns - 1));
    this.#stream.write(`${this.#erase()}${fitting.map((line) => `${line}\n`).join('')}`);
    this.#shown = fitting;
  }

  /** Prints lines that stay, above those that change. */
  above(lines: readonly string[]): void {
    this.#stream.write(`${this.#erase()}${[...lines, ...this.#shown].map((line) => `${line}\n`).join('')}`);
  }

  /** Leaves the last lines where they are. */
  end(): void {
    this.#shown = [];
  }

  #erase(): string {
    return this.#shown.length === 0 ? '' : `\u001B[${String(this.#shown.length)}A\u001B[J`;
  }
}
