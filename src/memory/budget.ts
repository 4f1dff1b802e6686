// One budget of bytes for all pools of an engine: who asks for more than is left waits in line for what others give back.
import { deadlineError, FramerailError, formatBytes } from '../base/index.js';

/** How long a request may wait. */
export interface WaitOptions {
  /** Stops waiting; its `reason` should be a FramerailError. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds that the request waits at most. @defaultValue 30,000 */
  readonly timeout?: number | undefined;
}

/** Memory that is committed but free, and that its owner can do without. */
export interface IdleMemory {
  /** Bytes that are committed and free. */
  readonly idleBytes: number;
  /** Gives at least so many bytes back to the system, or all there are. */
  trim(bytes: number): void;
}

/** A request in line. */
interface Waiting {
  /** Bytes without which it cannot go on. */
  readonly least: number;
  /** Bytes that it would like. */
  readonly most: number;
  serve(bytes: number): void;
}

const DEFAULT_TIMEOUT = 30_000;

/**
 * Bytes that all pools of an engine may hold together: used ones and, as far as they leave room, idle ones.
 * Requests are served in the order in which they came, large ones too: nobody passes the one at the front.
 */
export class MemoryBudget {
  /** Bytes in all. */
  readonly limit: number;
  readonly #idle = new Set<IdleMemory>();
  readonly #line: Waiting[] = [];
  #used = 0;
  /** Hears each change of what is used or waits. */
  readonly #onChange: (() => void) | undefined;

  /**
   * @param limit - bytes in all
   * @param onChange - called after each change of what is used
   */
  constructor(limit: number, onChange?: () => void) {
    this.limit = limit;
    this.#onChange = onChange;
  }

  /** Bytes that are granted and not given back. */
  get used(): number {
    return this.#used;
  }

  /** Bytes that are committed but free, in all pools. */
  get idle(): number {
    let bytes = 0;
    for (const memory of this.#idle) bytes += memory.idleBytes;
    return bytes;
  }

  /** Requests in line. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Has memory that is idle count, and be trimmed when others need room; returns how to end that. */
  join(memory: IdleMemory): () => void {
    this.#idle.add(memory);
    return () => this.#idle.delete(memory);
  }

  /**
   * Grants as many bytes as are left, from `least` to `most`, now or when others have given back enough.
   * Rejects at once with FR_MEMORY_BUDGET when `least` exceeds the budget, with FR_TIMEOUT when it waited too long, and
   * with the signal's reason.
   * @param what - what the bytes are for, as the beginning of a sentence
   */
  async acquire(least: number, most: number, what: string, options: WaitOptions = {}): Promise<number> {
    const { signal } = options;
    if (signal?.aborted === true) throw deadlineError(signal);
    this.#refuseImpossible(least, what);
    const now = this.tryAcquire(least, most);
    return now ?? this.#wait(least, most, what, options);
  }

  /** Grants what is left at once, from `least` to `most`; undefined when others wait or there is not enough. */
  tryAcquire(least: number, most: number): number | undefined {
    if (this.#line.length > 0 || this.limit - this.#used < least) return undefined;
    return this.#grant(least, most);
  }

  /** Takes bytes back, and serves who waits for them. */
  release(bytes: number): void {
    this.#used -= bytes;
    this.#serve();
    this.settle();
  }

  /** Has idle memory make room for what is used: call it whenever something became idle. */
  settle(): void {
    let excess = this.#used + this.idle - this.limit;
    for (const memory of this.#idle) {
      if (excess <= 0) break;
      const before = memory.idleBytes;
      memory.trim(Math.min(excess, before));
      excess -= before - memory.idleBytes;
    }
    this.#onChange?.();
  }

  /** Bytes that may become idle without anything having to give way. */
  get room(): number {
    return Math.max(0, this.limit - this.#used - this.idle);
  }

  #refuseImpossible(least: number, what: string): void {
    if (least <= this.limit) return;
    throw new FramerailError(
      'FR_MEMORY_BUDGET',
      `${what} need ${formatBytes(least)} at least, and the memory budget is ${formatBytes(this.limit)}; ask for less at once or raise \`memoryBudget\`.`,
      { details: { bytes: least, budget: this.limit } },
    );
  }

  #grant(least: number, most: number): number {
    const granted = Math.max(least, Math.min(most, this.limit - this.#used));
    this.#used += granted;
    return granted;
  }

  #serve(): void {
    for (let first = this.#line[0]; first !== undefined; first = this.#line[0]) {
      if (this.limit - this.#used < first.least) return;
      this.#line.shift();
      first.serve(this.#grant(first.least, first.most));
    }
  }

  #wait(least: number, most: number, what: string, options: WaitOptions): Promise<number> {
    const { signal, timeout = DEFAULT_TIMEOUT } = options;
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const waiting: Waiting = {
        least,
        most,
        serve: (bytes) => {
          leave();
          resolve(bytes);
        },
      };
      const giveUp = (error: FramerailError): void => {
        leave();
        const place = this.#line.indexOf(waiting);
        if (place >= 0) this.#line.splice(place, 1);
        reject(error);
        // Whoever stood behind may fit.
        this.#serve();
        this.settle();
      };
      const abort = (): void => {
        if (signal !== undefined) giveUp(deadlineError(signal));
      };
      const timer = setTimeout(() => {
        giveUp(this.#tooLong(least, what, timeout));
      }, timeout);
      signal?.addEventListener('abort', abort, { once: true });
      this.#line.push(waiting);
      this.#onChange?.();
    });
  }

  #tooLong(least: number, what: string, timeout: number): FramerailError {
    const [used, limit] = [formatBytes(this.#used), formatBytes(this.limit)];
    return new FramerailError(
      'FR_TIMEOUT',
      `${what} waited ${String(timeout)} ms for ${formatBytes(least)}: ${used} of the memory budget of ${limit} are in use; release what is retained, leave loops that are no longer read, or raise \`memoryBudget\`.`,
      { details: { bytes: least, used: this.#used, budget: this.limit, timeout } },
    );
  }
}
