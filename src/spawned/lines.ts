// Cuts text from a pipe into lines.
import type { Readable } from 'node:stream';

/** What is kept of a line that does not end: no command writes longer ones on purpose. */
const LONGEST = 64 * 1024;

/** Takes text in pieces and calls back for each line, without its end. */
export class LineCutter {
  readonly #heard: (line: string) => void;
  #rest = '';

  constructor(heard: (line: string) => void) {
    this.#heard = heard;
  }

  /** Takes the next piece. */
  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(0, LONGEST);
    for (const line of lines) this.#heard(line.endsWith('\r') ? line.slice(0, -1) : line);
  }

  /** There is no more: a last line without an end is one too. */
  end(): void {
    if (this.#rest !== '') this.#heard(this.#rest);
    this.#rest = '';
  }
}

/** Calls back for each line of a pipe, and once more with undefined when it has ended. */
export function eachLine(stream: Readable, heard: (line: string | undefined) => void): void {
  const cutter = new LineCutter(heard);
  let ended = false;
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    cutter.push(text);
  });
  const end = (): void => {
    if (ended) return;
    ended = true;
    cutter.end();
    heard(undefined);
  };
  stream.once('end', end);
  stream.once('close', end);
}
