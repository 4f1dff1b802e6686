// Work on a sequence within bounds: so many pieces at a time, so many pulled ahead, so many that nobody has taken yet.
import { deadlineError } from '../../base/index.js';

/** Anything that gives one item after another. */
export type Sequence<Item> = Iterable<Item> | AsyncIterable<Item>;

/** The bounds. */
export interface WindowOptions {
  /** Pieces of work that run at a time. */
  readonly concurrency: number;
  /** Items that are pulled ahead of their work at most; so many results, running ones among them, wait to be taken. */
  readonly window: number;
  /** Whether results come in the order of the items, and not as they are finished. */
  readonly ordered: boolean;
  /** Ends all: nothing is pulled any more, what runs is told, and the iteration rejects once it has settled. */
  readonly signal?: AbortSignal | undefined;
}

/** An item on its way, and when it was pulled, by `performance.now()`. */
export interface Pulled<Item> {
  readonly item: Item;
  /** From 0. */
  readonly index: number;
  readonly at: number;
}

/**
 * Does a piece of work for each item. It holds no more than its bounds, whoever is slow: with nobody who takes results it
 * stops to pull.
 * @param work - must not reject; its signal aborts when nobody wants the result any more
 */
export async function* mapWindowed<Item, Result>(
  items: Sequence<Item>,
  work: (pulled: Pulled<Item>, signal: AbortSignal) => Promise<Result>,
  options: WindowOptions,
): AsyncGenerator<Result, void, undefined> {
  const flow = new Flow(items, work, options);
  try {
    for (;;) {
      const next = await flow.next();
      if (next === undefined) return;
      yield next.result;
    }
  } finally {
    await flow.stop();
  }
}

/** A result on its way. */
interface Slot<Result> {
  done: { readonly result: Result } | undefined;
}

class Flow<Item, Result> {
  readonly #source: Iterator<Item> | AsyncIterator<Item>;
  readonly #work: (pulled: Pulled<Item>, signal: AbortSignal) => Promise<Result>;
  readonly #options: WindowOptions;
  readonly #stop = new AbortController();
  readonly #waiting: Pulled<Item>[] = [];
  /** In the order of the items, or as they were finished. */
  readonly #slots: Slot<Result>[] = [];
  readonly #running = new Set<Promise<void>>();
  #index = 0;
  #pulling = false;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  constructor(
    items: Sequence<Item>,
    work: (pulled: Pulled<Item>, signal: AbortSignal) => Promise<Result>,
    options: WindowOptions,
  ) {
    this.#source = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    this.#work = work;
    this.#options = options;
  }

  /** The next result; undefined behind the last one. */
  async next(): Promise<{ readonly result: Result } | undefined> {
    const { signal } = this.#options;
    const onAbort = (): void => {
      this.#wake();
    };
    signal?.addEventListener('abort', onAbort);
    try {
      for (;;) {
        if (signal?.aborted === true) throw deadlineError(signal);
        const next = this.#take();
        this.#pump();
        if (next !== undefined) return next;
        if (this.#ended && this.#running.size === 0 && this.#waiting.length === 0) {
          if (this.#failure !== undefined) throw this.#failure.error;
          return undefined;
        }
        await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Calls off what runs, and lets go of the source. */
  async stop(): Promise<void> {
    this.#ended = true;
    this.#stop.abort(this.#options.signal?.reason);
    await Promise.all(this.#running);
    if (this.#source.return === undefined) return;
    // A source that is being waited for may never answer: it hears of the end, and nobody waits for it.
    const returned = Promise.resolve(this.#source.return(undefined)).catch(() => undefined);
    if (!this.#pulling) await returned;
  }

  #take(): { readonly result: Result } | undefined {
    const first = this.#slots[0]?.done;
    if (first !== undefined) this.#slots.shift();
    return first;
  }

  #pump(): void {
    const { concurrency, window } = this.#options;
    const held = (): number => (this.#options.ordered ? this.#slots.length : this.#slots.length + this.#running.size);
    while (this.#waiting.length > 0 && this.#running.size < concurrency && held() < window) {
      const pulled = this.#waiting.shift();
      if (pulled !== undefined) this.#start(pulled);
    }
    if (!this.#pulling && !this.#ended && this.#waiting.length < window) this.#pull();
  }

  #pull(): void {
    this.#pulling = true;
    (async () => this.#source.next())().then(
      (step) => {
        this.#pulling = false;
        if (step.done === true) this.#ended = true;
        else this.#waiting.push({ item: step.value, index: this.#index++, at: performance.now() });
        this.#goOn();
      },
      (error: unknown) => {
        this.#pulling = false;
        this.#ended = true;
        this.#failure = { error };
        this.#goOn();
      },
    );
  }

  #start(pulled: Pulled<Item>): void {
    const slot: Slot<Result> = { done: undefined };
    if (this.#options.ordered) this.#slots.push(slot);
    const run = this.#work(pulled, this.#stop.signal).then((result) => {
      this.#running.delete(run);
      slot.done = { result };
      if (!this.#options.ordered) this.#slots.push(slot);
      this.#goOn();
    });
    this.#running.add(run);
  }

  /** Also while nobody waits for a result: what was pulled begins, and what may be pulled is. */
  #goOn(): void {
    if (!this.#stop.signal.aborted && this.#options.signal?.aborted !== true) this.#pump();
    this.#wake();
  }
}
