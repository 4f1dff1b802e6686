// Lines at the foot of a terminal that are rewritten in place, with others scrolling above them; elsewhere only the others.
import type { WriteStream } from 'node:tty';

/** What is used of a terminal. */
export type Terminal = Pick<WriteStream, 'isTTY' | 'columns' | 'write'>;

/** Columns of terminals that do not say how many they have, such as those of containers at their start. */
const USUAL_COLUMNS = 80;

/** The columns of a terminal. */
export function columnsOf({ columns }: Pick<Terminal, 'columns'>): number {
  return columns > 0 ? columns : USUAL_COLUMNS;
}

/** A few lines that change. */
export class LiveLines {
  readonly #stream: Terminal;
  #shown: readonly string[] = [];

  constructor(stream: Terminal) {
    this.#stream = stream;
  }

  /** Replaces the lines. */
  show(lines: readonly string[]): void {
    if (!this.#stream.isTTY) return;
    const fitting = lines.map((line) => line.slice(0, columnsOf(this.#stream) - 1));
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
