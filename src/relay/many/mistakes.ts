// Mistakes of a configuration as they are found: one does not hide the others.
import { FramerailError, isFramerailError } from '../../base/index.js';
import type { ConfigPath } from '../../config/index.js';

/** Gathers mistakes, each with the line of what it is about. */
export class Mistakes {
  readonly found: FramerailError[] = [];
  readonly #lineOf: (path: ConfigPath) => number | undefined;

  constructor(lineOf: (path: ConfigPath) => number | undefined) {
    this.#lineOf = lineOf;
  }

  /** Reads what stands at a place; undefined where it is wrong, which is noted. */
  at<T>(path: ConfigPath, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!isFramerailError(error)) throw error;
      this.note(path, error);
      return undefined;
    }
  }

  /** Notes what is wrong at a place, or below it where the error names that. */
  note(path: ConfigPath, error: FramerailError): void {
    const line = error.details['line'] ?? this.#lineOf([...path, ...stepsOf(error)]) ?? null;
    this.found.push(new FramerailError(error.code, error.message, { details: { ...error.details, line } }));
  }
}

/** Where an error says that it is: `to[1]` is the second of `to`. */
export function stepsOf({ details }: FramerailError): readonly string[] {
  const { argument } = details;
  if (typeof argument !== 'string') return [];
  return argument.split(/[.[\]]+/).filter((step) => step !== '');
}
