// Rules that may change while rows are read: a change holds from the next row on, and one that is wrong is not taken.
import { basename } from 'node:path';
import { isFramerailError, type FramerailError } from '../../../base/index.js';
import { FileWatch, readText, type WatchTimes } from '../../../config/index.js';
import { readRules } from './read-rules.js';
import type { Rules, Values } from './rules.js';
import type { TableRemarks } from './table-remarks.js';
import type { RowWish } from './wish.js';

/** Rules of a file that is watched; close them to let go of it. */
export class LiveRules {
  readonly #name: string;
  readonly #onNote: (sentence: string) => void;
  #rules: Rules;
  /** What takes their place with the next row. */
  #next: Rules | undefined;
  readonly #watch: FileWatch;

  private constructor(
    path: string,
    text: string,
    rules: Rules,
    onNote: (sentence: string) => void,
    times?: Partial<WatchTimes>,
  ) {
    this.#name = basename(path);
    this.#rules = rules;
    this.#onNote = onNote;
    const handlers = {
      onText: (changed: string): void => void this.#change(changed),
      onTrouble: (error: FramerailError): void => {
        this.#refuse(error);
      },
    };
    this.#watch = new FileWatch(path, text, handlers, times);
  }

  /**
   * Reads a file; rejects with FR_ARG_INVALID for wrong rules and FR_INPUT_* for a file that cannot be read.
   * @param onNote - hears one sentence of each change, and of each that is not taken
   * @param times - how long a file must rest; tests are in a hurry
   */
  static async open(path: string, onNote: (sentence: string) => void, times?: Partial<WatchTimes>): Promise<LiveRules> {
    const text = await readText(path);
    return new LiveRules(path, text, await readRules(text, basename(path)), onNote, times);
  }

  /** What a row asks for; throws FR_MANIFEST_ROW. @param line - of the row */
  wishOf(values: Values, line: number): RowWish | undefined {
    if (this.#next !== undefined) {
      [this.#rules, this.#next] = [this.#next, undefined];
      this.#onNote(`${this.#name} has changed: rows from line ${String(line)} on follow it.`);
    }
    return this.#rules.wishOf(values);
  }

  /** What is amiss with the columns of a table. @param name - of the manifest */
  remarks(name: string, columns: readonly string[]): TableRemarks {
    return this.#rules.remarks(name, columns);
  }

  /** Lets go of the file. */
  close(): void {
    this.#watch.close();
  }

  async #change(text: string): Promise<void> {
    try {
      this.#next = await readRules(text, this.#name);
    } catch (error) {
      if (!isFramerailError(error)) throw error;
      this.#refuse(error);
    }
  }

  #refuse(error: FramerailError): void {
    this.#onNote(`${error.message.replace(/\.$/, '')}; the rules from before it go on.`);
  }
}
