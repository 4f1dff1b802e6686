// The worker's side of the channel: runs one job at a time, whatever carries the messages.
import { errorFromData, errorToData, FramerailError, monotonicNow } from '../base/index.js';
import { CANCEL_WORD, controlWords, type Region } from '../memory/index.js';
import type { SandboxReport } from '../os/index.js';
import type { ProcessGroup } from '../spawned/index.js';
import { loadJob, type JobContext, type Mail, type WritableSlot } from './job.js';
import {
  PROTOCOL_VERSION,
  type BatchItem,
  type BatchRule,
  type BatchTrigger,
  type Channel,
  type FromWorker,
  type JobRequest,
  type ToWorker,
} from './protocol.js';

/** How long a job may keep the event loop to itself, in milliseconds. */
const BREATH_INTERVAL = 40;

/** What a worker runs on. */
export interface ServeOptions {
  readonly channel: Channel<ToWorker, FromWorker>;
  readonly region: Region;
  /** Done before any job module is loaded: locks the worker down, where it is to be. */
  readonly prepare?: () => Promise<SandboxReport | undefined>;
  /** Job modules to load before the worker calls itself ready. */
  readonly preload: readonly string[];
  /** Where its jobs start commands. */
  readonly processes?: ProcessGroup;
  /**
   * After `bye`, has a running job unwind before the worker ends: for one that shares its process with others. A thread
   * that ends while a native object of it may still call back aborts the whole process. @defaultValue false
   */
  readonly unwinds?: boolean;
  /** Ends the worker after `bye`. */
  exit(): void;
}

/** Loads the jobs that are known beforehand, says so, and answers the parent until it says goodbye. */
export async function serveJobs(options: ServeOptions): Promise<void> {
  const { channel, region } = options;
  let current: RunningJob | undefined;
  let over: Promise<void> = Promise.resolve();
  channel.listen((message) => {
    if (message.type === 'bye') {
      current?.hear({ type: 'cancel', id: current.id });
      if (options.unwinds === true)
        void over.then(() => {
          options.exit();
        });
      else options.exit();
    } else if (message.type === 'job') {
      const job = new RunningJob(message.id, message.request, region, channel, options.processes);
      current = job;
      over = job.run(message.beat).then((answer) => {
        current = undefined;
        channel.send(answer);
      });
    } else if (current?.id === message.id) {
      current.hear(message);
    }
  });
  try {
    const sandbox = await options.prepare?.();
    await Promise.all(options.preload.map((module) => loadJob(module)));
    channel.send({ type: 'ready', version: PROTOCOL_VERSION, pid: process.pid, sandbox });
  } catch (error) {
    channel.send({ type: 'unable', error: errorToData(error) });
  }
}

/** Thrown inside a job to unwind it; the parent has already told its caller why. */
class Cancelled extends Error {}

class RunningJob implements JobContext {
  readonly id: number;
  readonly #request: JobRequest;
  readonly #region: Region;
  readonly #channel: Channel<ToWorker, FromWorker>;
  readonly #control: Int32Array;
  #offsets: readonly number[] = [];
  #slotBytes = 0;
  readonly #free: number[] = [];
  /** The memory of each slot that was used, in a buffer of its own. */
  readonly #memory = new Map<number, Buffer>();
  #pending: BatchItem[] = [];
  /** When the first and the last pending item were emitted. */
  #pendingTimes: [first: number, last: number] = [0, 0];
  #overdue: NodeJS.Timeout | undefined;
  #rule: BatchRule;
  #lastBreath = performance.now();
  #cancelled = false;
  #waiting: (() => void)[] = [];
  readonly #mail: Mail[] = [];
  #unwritten = 0;
  #grant: { resolve: (count: number) => void; reject: (error: Error) => void } | undefined;
  #asks = 0;
  readonly #answers = new Map<number, { resolve: (bytes: Uint8Array) => void; reject: (error: Error) => void }>();

  readonly processes: ProcessGroup | undefined;
  readonly #cancelling = new AbortController();

  constructor(
    id: number,
    request: JobRequest,
    region: Region,
    channel: Channel<ToWorker, FromWorker>,
    processes?: ProcessGroup,
  ) {
    this.processes = processes;
    this.id = id;
    this.#request = request;
    this.#rule = request.batch;
    this.#region = region;
    this.#channel = channel;
    this.#control = controlWords(region);
  }

  async run(beat: number): Promise<FromWorker> {
    // The beat tells the parent that this thread still turns its event loop, whether or not frames come out.
    const timer = setInterval(() => {
      this.#channel.send({ type: 'beat', id: this.id });
    }, beat);
    try {
      const job = await loadJob(this.#request.module);
      const result = await job(this.#request.params, this);
      this.#flush('end');
      return { type: 'done', id: this.id, result };
    } catch (error) {
      // What was decoded before the failure still belongs to the consumer.
      if (!(error instanceof Cancelled)) this.#flush('end');
      return { type: 'failed', id: this.id, error: errorToData(error instanceof Cancelled ? cancelledError() : error) };
    } finally {
      clearInterval(timer);
      clearTimeout(this.#overdue);
    }
  }

  hear(message: Exclude<ToWorker, { type: 'bye' } | { type: 'job' }>): void {
    switch (message.type) {
      case 'grant':
        this.#offsets = message.offsets;
        this.#slotBytes = message.bytes;
        // The first ones are taken first: those are more likely to be committed already.
        this.#free.push(...[...message.offsets.keys()].reverse());
        this.#grant?.resolve(message.offsets.length);
        break;
      case 'refuse':
        this.#grant?.reject(errorFromData(message.error));
        break;
      case 'credit':
        this.#free.push(...message.slots);
        this.#wake();
        break;
      case 'return':
        for (const { slot, bytes, facts } of message.items)
          this.#mail.push({ kind: 'slot', slot: this.#writable(slot), bytes, facts });
        this.#wake();
        break;
      case 'pace':
        this.#rule = message.batch;
        break;
      case 'flush':
        this.#flush('flush');
        break;
      case 'command':
        this.#mail.push({ kind: 'command', payload: message.payload });
        this.#wake();
        break;
      case 'written':
        this.#unwritten -= message.bytes;
        this.#wake();
        break;
      case 'block':
        this.#answers.get(message.ask)?.resolve(message.bytes);
        this.#answers.delete(message.ask);
        break;
      case 'no-block':
        this.#answers.get(message.ask)?.reject(errorFromData(message.error));
        this.#answers.delete(message.ask);
        break;
      case 'cancel':
        this.#cancelled = true;
        this.#cancelling.abort();
        this.#wake();
        this.#grant?.reject(new Cancelled());
        for (const answer of this.#answers.values()) answer.reject(new Cancelled());
        this.#answers.clear();
        break;
    }
  }

  get source(): NonNullable<JobRequest['source']> {
    if (this.#request.source === undefined) throw new FramerailError('FR_INTERNAL', 'This job has no source.');
    return this.#request.source;
  }

  get cancelled(): AbortSignal {
    return this.#cancelling.signal;
  }

  readonly readBlock = (offset: number, length: number): Promise<Uint8Array> => {
    if (this.#stopped()) return Promise.reject(new Cancelled());
    const ask = this.#asks++;
    this.#channel.send({ type: 'ask', id: this.id, ask, offset, length });
    return new Promise((resolve, reject) => this.#answers.set(ask, { resolve, reject }));
  };

  reserve(bytes: number): Promise<number> {
    if (this.#stopped()) return Promise.reject(new Cancelled());
    this.#channel.send({ type: 'reserve', id: this.id, bytes });
    return new Promise((resolve, reject) => {
      this.#grant = { resolve, reject };
    });
  }

  slot(): WritableSlot | Promise<WritableSlot> {
    // The one that came back last is still in the processor's cache, and those never needed stay untouched.
    const index = this.#free.pop();
    return index === undefined ? this.#waitForSlot() : this.#writable(index);
  }

  /** Word from the parent; whoever waits looks for itself whether it was meant. */
  #word(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  async #waitForSlot(): Promise<WritableSlot> {
    this.#flush('slots');
    for (;;) {
      this.#throwIfStopped();
      const index = this.#free.pop();
      if (index !== undefined) return this.#writable(index);
      await this.#word();
    }
  }

  #writable(index: number): WritableSlot {
    const offset = this.#offsets[index];
    if (offset === undefined) throw new FramerailError('FR_INTERNAL', `There is no slot ${String(index)}.`);
    let bytes = this.#memory.get(index);
    if (bytes === undefined) {
      // A full memory is a typed error here and would be a SIGBUS at the first write.
      this.#region.commit(offset, this.#slotBytes);
      const { buffer, byteOffset, byteLength } = this.#region.view(offset, this.#slotBytes);
      bytes = Buffer.from(buffer, byteOffset, byteLength);
      this.#memory.set(index, bytes);
    }
    return { index, bytes };
  }

  emit(slot: WritableSlot, bytes: number, facts: unknown): void {
    const now = monotonicNow();
    if (this.#pending.length === 0) {
      this.#pendingTimes[0] = now;
      // For jobs that wait for their input: those that decode look by themselves as they breathe.
      this.#overdue = setTimeout(() => {
        this.#flush('time');
      }, this.#rule.delay);
    }
    this.#pendingTimes[1] = now;
    this.#pending.push({ slot: slot.index, bytes, facts });
    if (this.#pending.length >= this.#rule.size) this.#flush('size');
  }

  get freeSlots(): number {
    return this.#free.length;
  }

  recycle(slot: WritableSlot): void {
    this.#free.push(slot.index);
  }

  takeMail(): Mail | undefined {
    return this.#mail.shift();
  }

  async pause(): Promise<void> {
    this.#flush('slots');
    this.#throwIfStopped();
    if (this.#mail.length > 0) return;
    await this.#word();
    this.#lastBreath = performance.now();
    this.#throwIfStopped();
  }

  get unwritten(): number {
    return this.#unwritten;
  }

  async room(most: number): Promise<void> {
    while (this.#unwritten > most) {
      this.#flush('flush');
      this.#throwIfStopped();
      // Mail that waits is no reason to look again: only a turn of the event loop brings word of what was placed.
      await this.#word();
      this.#lastBreath = performance.now();
    }
    this.#throwIfStopped();
  }

  write(bytes: Uint8Array): void {
    this.#unwritten += bytes.byteLength;
    // libav uses its buffer again, and a channel may hold on to a message.
    this.#channel.send({ type: 'chunk', id: this.id, bytes: Uint8Array.from(bytes) });
  }

  event(payload: unknown): void {
    this.#flush('flush');
    this.#channel.send({ type: 'event', id: this.id, payload });
  }

  notify(payload: unknown): void {
    this.#channel.send({ type: 'event', id: this.id, payload });
  }

  breathe(interval = BREATH_INTERVAL): undefined | Promise<void> {
    this.#throwIfStopped();
    if (this.#pending.length > 0 && monotonicNow() - this.#pendingTimes[0] >= this.#rule.delay) this.#flush('time');
    const now = performance.now();
    if (now - this.#lastBreath < interval) return undefined;
    return new Promise((resolve) =>
      setImmediate(() => {
        this.#lastBreath = performance.now();
        resolve();
      }),
    );
  }

  #flush(trigger: BatchTrigger): void {
    if (this.#pending.length === 0) return;
    clearTimeout(this.#overdue);
    const items = this.#pending;
    this.#pending = [];
    const [first, last] = this.#pendingTimes;
    this.#channel.send({ type: 'batch', id: this.id, items, trigger, times: [first, last] });
  }

  #stopped(): boolean {
    return this.#cancelled || Atomics.load(this.#control, CANCEL_WORD) === this.id;
  }

  #throwIfStopped(): void {
    if (this.#stopped()) throw new Cancelled();
  }
}

function cancelledError(): FramerailError {
  return new FramerailError('FR_ABORTED', 'The job was cancelled.');
}
