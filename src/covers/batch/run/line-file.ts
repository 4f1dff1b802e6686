// A file of lines that grows while a batch runs: some of them are collected, so that a million cost little.
import { closeSync, openSync, writeSync } from 'node:fs';
import { outputError } from '../../../base/index.js';

/** Characters that wait to be written at most. */
const COLLECTED = 64 * 1024;

/** A file of lines. */
export class LineFile {
  readonly #path: string;
  readonly #file: number;
  #waiting: string[] = [];
  #length = 0;
  #closed = false;

  /** Begins a file anew; throws FR_OUTPUT_FAILED. */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#file = openSync(path, 'w');
    } catch (cause) {
      throw outputError(path, cause);
    }
  }

  /** Adds a line; throws FR_OUTPUT_FAILED. */
  add(line: string): void {
    this.#waiting.push(line, '\n');
    this.#length += line.length + 1;
    if (this.#length >= COLLECTED) this.#write();
  }

  /** Writes what is left, and closes it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#write();
    } finally {
      closeSync(this.#file);
    }
  }

  #write(): void {
    const text = this.#waiting.join('');
    [this.#waiting, this.#length] = [[], 0];
    try {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.byteLength;) at += writeSync(this.#file, bytes, at);
    } catch (cause) {
      throw outputError(this.#path, cause);
    }
  }
}
