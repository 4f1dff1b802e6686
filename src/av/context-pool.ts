// Keeps what is dear to open: who comes with the same key gets what another one has given back.
import { FramerailError } from '../base/index.js';

/** How a pool keeps things. */
export interface ContextPoolOptions<V> {
  /** What it holds, for the sentence of a timeout. */
  readonly what: string;
  /** Frees one. */
  readonly close: (value: V) => void;
  /** Things that are open at once, in use or not. @defaultValue 32 */
  readonly capacity?: number;
  /** Whether several may use the same one at once. @defaultValue false */
  readonly shared?: boolean;
}

/** What a pool has done so far. */
export interface ContextCounts {
  /** Things that were opened. */
  readonly opened: number;
  /** Times that one was there already. */
  readonly reused: number;
  /** Things that were closed, to make room or because they were broken. */
  readonly closed: number;
  /** Things that are open now. */
  readonly open: number;
  /** Those of them that somebody uses. */
  readonly inUse: number;
  /** Calls that wait for one. */
  readonly waiting: number;
}

/** One thing of a pool, until it is given back. */
export interface ContextLease<V> {
  readonly value: V;
  /** Gives it back for the next one. */
  release(): void;
  /** Gives it back as broken: nobody gets it again. */
  discard(): void;
}

/** Milliseconds that a call waits for room. */
const ACQUIRE_TIMEOUT = 10_000;

interface Entry<V> {
  readonly key: string;
  readonly value: V;
  users: number;
  broken: boolean;
}

/** Things by key; the one that nobody used for the longest makes room. */
export class ContextPool<V> {
  readonly #options: Required<ContextPoolOptions<V>>;
  /** The least recently used first. */
  readonly #entries = new Set<Entry<V>>();
  readonly #waiting: (() => void)[] = [];
  #opened = 0;
  #reused = 0;
  #closed = 0;

  constructor(options: ContextPoolOptions<V>) {
    this.#options = { capacity: 32, shared: false, ...options };
  }

  /** What it has done so far. */
  get counts(): ContextCounts {
    const inUse = [...this.#entries].filter(({ users }) => users > 0).length;
    return {
      opened: this.#opened,
      reused: this.#reused,
      closed: this.#closed,
      open: this.#entries.size,
      inUse,
      waiting: this.#waiting.length,
    };
  }

  /** One that is there, or a new one; undefined while all that may be open are in use. What `open` throws passes on. */
  tryAcquire(key: string, open: () => V): ContextLease<V> | undefined {
    const { shared } = this.#options;
    const found = [...this.#entries].findLast((entry) => entry.key === key && (shared || entry.users === 0));
    if (found !== undefined) {
      this.#reused += 1;
      return this.#lease(found);
    }
    if (!this.#makeRoom()) return undefined;
    return this.#lease(this.#add(key, open));
  }

  /** As `tryAcquire`, but waits for room; throws FR_TIMEOUT when there is none within `timeout` milliseconds. */
  async acquire(
    key: string,
    open: () => V,
    { timeout = ACQUIRE_TIMEOUT }: { readonly timeout?: number } = {},
  ): Promise<ContextLease<V>> {
    const end = performance.now() + timeout;
    for (;;) {
      const lease = this.tryAcquire(key, open);
      if (lease !== undefined) return lease;
      await this.#waitForRoom(end - performance.now(), timeout);
    }
  }

  /** Opens up to `count` of them ahead of their use, as far as there is room; returns how many lie ready. */
  warm(key: string, open: () => V, count = 1): number {
    const ready = (): number => [...this.#entries].filter((entry) => entry.key === key && entry.users === 0).length;
    while (ready() < count && this.#entries.size < this.#options.capacity) this.#add(key, open);
    return ready();
  }

  /** Closes everything that nobody uses. */
  clear(): void {
    for (const entry of [...this.#entries]) if (entry.users === 0) this.#close(entry);
  }

  #add(key: string, open: () => V): Entry<V> {
    const entry: Entry<V> = { key, value: open(), users: 0, broken: false };
    this.#opened += 1;
    this.#entries.add(entry);
    return entry;
  }

  #makeRoom(): boolean {
    if (this.#entries.size < this.#options.capacity) return true;
    for (const entry of this.#entries) {
      if (entry.users > 0) continue;
      this.#close(entry);
      return true;
    }
    return false;
  }

  #lease(entry: Entry<V>): ContextLease<V> {
    entry.users += 1;
    this.#touch(entry);
    let over = false;
    const end = (broken: boolean): void => {
      if (over) return;
      over = true;
      entry.users -= 1;
      entry.broken ||= broken;
      // A broken one that others still use goes with the last of them, and nobody new gets it.
      if (entry.broken) this.#close(entry);
      else this.#touch(entry);
      this.#waiting.shift()?.();
    };
    return {
      value: entry.value,
      release: () => {
        end(false);
      },
      discard: () => {
        end(true);
      },
    };
  }

  #touch(entry: Entry<V>): void {
    this.#entries.delete(entry);
    this.#entries.add(entry);
  }

  #close(entry: Entry<V>): void {
    this.#entries.delete(entry);
    if (entry.users > 0) return;
    this.#closed += 1;
    this.#options.close(entry.value);
  }

  #waitForRoom(left: number, timeout: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (): void => {
        clearTimeout(timer);
        const place = this.#waiting.indexOf(finish);
        if (place >= 0) this.#waiting.splice(place, 1);
        resolve();
      };
      const timer = setTimeout(
        () => {
          const place = this.#waiting.indexOf(finish);
          if (place >= 0) this.#waiting.splice(place, 1);
          const { what, capacity } = this.#options;
          reject(
            new FramerailError(
              'FR_TIMEOUT',
              `All ${String(capacity)} ${what} stayed in use for ${String(timeout)} ms; run fewer jobs at once.`,
            ),
          );
        },
        Math.max(0, left),
      );
      this.#waiting.push(finish);
    });
  }
}
