// One job as its caller sees it: batches of leased slots, events, and a result that always settles.
import { errorFromData, errorToData, FramerailError, isFramerailError, type ErrorData } from '../base/index.js';
import { Lease, type Arena, type Range } from '../memory/index.js';
import { closeBlocks, readBlocks, type BlockSource } from '../sources/index.js';
import type { BatchItem, BatchRule, BatchTrigger, FromWorker, ToWorker } from './protocol.js';

/** A filled slot that the caller may read until it releases the lease. */
export interface LeasedItem {
  readonly lease: Lease;
  /** What the job says about it. */
  readonly facts: unknown;
  /**
   * Hands the slot back to the job, changed or not, instead of freeing it; the lease is over.
   * @param facts - what the consumer says about it
   * @param bytes - how much of the slot counts
   */
  handBack(facts: unknown, bytes: number): void;
}

/** Items that arrived together. */
export interface LeasedBatch {
  readonly items: readonly LeasedItem[];
  /** What sent it. */
  readonly trigger: BatchTrigger;
  /** When its first and its last item were there, by the clock that the processes share. */
  readonly times: readonly [first: number, last: number];
}

/** What a run needs from its worker. */
export interface RunOptions {
  readonly id: number;
  readonly arena: Arena;
  /** How many slots it may hold at once. */
  readonly slots: number;
  /** Milliseconds that it may wait for memory of the engine's budget. */
  readonly memoryTimeout: number | undefined;
  /** Answers when the worker asks for bytes. */
  readonly blocks: BlockSource | undefined;
  send(message: ToWorker): void;
  onEvent(payload: unknown): void;
  /** Places bytes of an output; resolves when there is room for more. */
  readonly onChunk: ((bytes: Uint8Array) => Promise<void>) | undefined;
}

/** A running job. */
export class JobRun {
  /** The job's result; rejects with a typed error. */
  readonly result: Promise<unknown>;
  /** Resolves when the worker has said its last word about the job, or is gone. */
  readonly settled: Promise<void>;
  #settle!: () => void;
  readonly #options: RunOptions;
  #resolve!: (result: unknown) => void;
  #reject!: (error: FramerailError) => void;
  #batches: LeasedBatch[] = [];
  #ended: { readonly error: FramerailError | undefined } | undefined;
  #waiter: (() => void) | undefined;
  /** The memory of each slot; undefined once it went back. */
  #ranges: (Range | undefined)[] = [];
  #slotBytes = 0;
  /** Ends the wait for memory when the run is over. */
  readonly #over = new AbortController();
  readonly #views = new Map<number, Uint8Array>();
  /** Slots that the caller has. */
  readonly #leased = new Set<number>();
  #credits: number[] = [];
  #returns: BatchItem[] = [];
  #settledOnWorker = false;
  /** What the source failed with last. */
  #sourceError: unknown;

  constructor(options: RunOptions) {
    this.#options = options;
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    // Callers that only read batches learn of a failure there.
    this.result.catch(() => undefined);
  }

  /** The next batch, in order; undefined after the last one. Rejects with the error that ended the job. */
  async next(): Promise<LeasedBatch | undefined> {
    for (;;) {
      const batch = this.#batches.shift();
      if (batch !== undefined) return batch;
      if (this.#ended?.error !== undefined) throw this.#ended.error;
      if (this.#ended !== undefined) return undefined;
      await new Promise<void>((resolve) => {
        this.#waiter = resolve;
      });
    }
  }

  /** Whether pixels are copied between the processes, as no memory is shared. */
  get copies(): boolean {
    return this.#options.arena.region.kind === 'copy';
  }

  /** Whether the worker still owes its last word. */
  get busy(): boolean {
    return !this.#settledOnWorker;
  }

  /** Ends the run for its caller now; the worker may need a moment longer. */
  fail(error: FramerailError): void {
    if (this.#ended !== undefined) return;
    // Frames that nobody has asked for yet go back at once.
    for (const { items } of this.#batches) for (const item of items) item.lease.release();
    this.#batches = [];
    this.#failAfterBatches(error);
  }

  /** For the worker's owner: what the worker said about this job. */
  hear(message: Exclude<FromWorker, { type: 'ready' | 'unable' }>): void {
    switch (message.type) {
      case 'reserve':
        void this.#reserve(message.bytes);
        break;
      case 'batch':
        this.#receive(message);
        break;
      case 'event':
        if (this.#ended === undefined) this.#options.onEvent(message.payload);
        break;
      case 'chunk':
        void this.#place(message.bytes);
        break;
      case 'ask':
        void this.#answer(message.ask, message.offset, message.length);
        break;
      case 'done':
        this.settledOnWorker();
        if (this.#ended !== undefined) break;
        this.#end(undefined);
        this.#resolve(message.result);
        break;
      case 'failed':
        this.settledOnWorker();
        this.#failAfterBatches(this.#errorOf(message.error));
        break;
      case 'beat':
        break;
    }
  }

  /** For the worker's owner: the worker finished this job, or is gone. */
  settledOnWorker(): void {
    if (this.#settledOnWorker) return;
    this.#settledOnWorker = true;
    this.#settle();
    closeBlocks(this.#options.blocks);
    this.#over.abort(new FramerailError('FR_ABORTED', 'The job ended while it waited for memory.'));
    this.#giveBack();
  }

  /** What was decoded before a failure is still delivered; the error comes after it. */
  #failAfterBatches(error: FramerailError): void {
    if (this.#ended !== undefined) return;
    this.#end(error);
    this.#reject(error);
  }

  #end(error: FramerailError | undefined): void {
    this.#ended = { error };
    if (error !== undefined) this.#over.abort(error);
    this.#wake();
  }

  #wake(): void {
    this.#waiter?.();
    this.#waiter = undefined;
  }

  async #reserve(bytes: number): Promise<void> {
    const { id, arena, slots, memoryTimeout: timeout } = this.#options;
    try {
      const ranges = await arena.reserve(bytes, slots, { signal: this.#over.signal, timeout });
      this.#ranges = ranges;
      this.#slotBytes = bytes;
      // It may have ended in the same turn in which its memory came.
      if (this.#settledOnWorker) this.#giveBack();
      else this.#options.send({ type: 'grant', id, offsets: ranges.map((range) => range.offset), bytes });
    } catch (error) {
      this.#options.send({ type: 'refuse', id, error: errorToData(error) });
    }
  }

  #receive({ items, trigger, times }: Extract<FromWorker, { type: 'batch' }>): void {
    const leased = items.map(({ slot, bytes, facts }) => this.#lease(slot, bytes, facts));
    if (this.#ended !== undefined) {
      for (const item of leased) item.lease.release();
      return;
    }
    this.#batches.push({ items: leased, trigger, times });
    this.#wake();
  }

  #lease(slot: number, bytes: number, facts: unknown): LeasedItem {
    this.#leased.add(slot);
    let reply: BatchItem | undefined;
    // A slot that comes empty, to be filled by the consumer, is all there.
    const view = this.#view(slot, bytes === 0 ? this.#slotBytes : bytes);
    const lease = new Lease(view, () => {
      this.#return(slot, reply);
    });
    const handBack = (said: unknown, count: number): void => {
      reply = { slot, bytes: count, facts: said };
      // Its pixels go on to the job: they must not be overwritten to show stale views.
      lease.release(false);
    };
    return { lease, facts, handBack };
  }

  /** The memory of a slot, in the same buffer each time it is filled. */
  #view(slot: number, bytes: number): Uint8Array {
    let view = this.#views.get(slot);
    const range = this.#ranges[slot];
    if (view === undefined) {
      if (range === undefined) throw new FramerailError('FR_INTERNAL', `There is no slot ${String(slot)}.`);
      this.#options.arena.use(range);
      view = this.#options.arena.region.view(range.offset, this.#slotBytes);
      this.#views.set(slot, view);
    }
    return view.subarray(0, bytes);
  }

  #return(slot: number, reply: BatchItem | undefined): void {
    this.#leased.delete(slot);
    // The frames of a batch are released together: one message gives all their slots back.
    if (this.#credits.length + this.#returns.length === 0)
      queueMicrotask(() => {
        this.#sendSlots();
      });
    if (reply === undefined) this.#credits.push(slot);
    else this.#returns.push(reply);
    this.#giveBack();
  }

  #sendSlots(): void {
    const { id } = this.#options;
    const slots = this.#credits;
    const items = this.#returns;
    this.#credits = [];
    this.#returns = [];
    if (this.#settledOnWorker) return;
    if (slots.length > 0) this.#options.send({ type: 'credit', id, slots });
    if (items.length > 0) this.#options.send({ type: 'return', id, items });
  }

  /** Has batches follow another rule from now on. */
  pace(batch: BatchRule): void {
    if (!this.#settledOnWorker) this.#options.send({ type: 'pace', id: this.#options.id, batch });
  }

  /** Has what is pending sent at once. */
  flush(): void {
    if (!this.#settledOnWorker) this.#options.send({ type: 'flush', id: this.#options.id });
  }

  /** Sends plain data to the job, after the slots that were handed back before. */
  command(payload: unknown): void {
    this.#sendSlots();
    if (!this.#settledOnWorker) this.#options.send({ type: 'command', id: this.#options.id, payload });
  }

  async #place(bytes: Uint8Array): Promise<void> {
    const { id, onChunk } = this.#options;
    if (this.#ended !== undefined) return;
    await onChunk?.(bytes);
    if (!this.#settledOnWorker) this.#options.send({ type: 'written', id, bytes: bytes.byteLength });
  }

  /** Once the worker writes no more, each slot's memory goes back as soon as nobody reads it. */
  #giveBack(): void {
    if (!this.#settledOnWorker) return;
    const ranges: Range[] = [];
    for (const [slot, range] of this.#ranges.entries()) {
      if (range === undefined || this.#leased.has(slot)) continue;
      this.#ranges[slot] = undefined;
      ranges.push(range);
    }
    if (ranges.length > 0) this.#options.arena.give(ranges);
  }

  async #answer(ask: number, offset: number, length: number): Promise<void> {
    const { id, blocks } = this.#options;
    try {
      if (blocks === undefined) throw new FramerailError('FR_INTERNAL', 'This job has no blocks to ask for.');
      const bytes = await readBlocks(blocks, offset, length);
      // Copied: the source may use its memory again, and a view of a large buffer must not travel whole.
      this.#options.send({ type: 'block', id, ask, bytes: Uint8Array.from(bytes) });
    } catch (error) {
      this.#sourceError = error;
      this.#options.send({ type: 'no-block', id, ask, error: errorToData(error) });
    }
  }

  /** What a job failed with: where that is the source, its own error, as no cause crosses a process boundary. */
  #errorOf(data: ErrorData): FramerailError {
    const own = this.#sourceError;
    return isFramerailError(own) && own.code === data.code && own.message === data.message ? own : errorFromData(data);
  }
}
