// What is told of a stream beside its media: each thing once, and what happens again only each time it is ten times as much.

/** Tells warnings without repeating itself. */
export class Notices {
  readonly #tell: (message: string) => void;
  readonly #told = new Set<string>();
  readonly #counts = new Map<string, number>();

  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  /** Tells something, unless it was told before. */
  once(message: string): void {
    if (this.#told.has(message) || this.#told.size >= MOST_NOTICES) return;
    this.#told.add(message);
    this.#tell(message);
  }

  /**
   * Counts something, and tells it the first time, the tenth, the hundredth.
   * @param message - makes the sentence from how often it happened
   */
  count(what: string, message: (times: string) => string): void {
    const times = (this.#counts.get(what) ?? 0) + 1;
    this.#counts.set(what, times);
    if (Number.isInteger(Math.log10(times))) this.#tell(message(times === 1 ? 'once' : `${String(times)} times`));
  }
}

/** More different things than any stream has; a hostile one cannot fill memory with its names. */
const MOST_NOTICES = 64;
