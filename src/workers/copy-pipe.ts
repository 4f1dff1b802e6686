// Frames over a pipe, where no memory can be shared: the bytes of slots go ahead of the message that names them,
// in both directions, each side with memory of its own.
import type { Readable, Writable } from 'node:stream';
import type { Region } from '../memory/index.js';
import type { BatchItem, FromWorker, ToWorker } from './protocol.js';

type Message = FromWorker | ToWorker;
type Grant = Extract<ToWorker, { type: 'grant' }>;

/** One end of the pipe. */
export interface CopyEnd<In extends Message, Out extends Message> {
  /** Sends a message, and ahead of it the bytes of the slots that it names. */
  send(message: Out): void;
  /** Takes a message of the other side; it is passed on, in order, once the bytes of its slots are there. */
  receive(message: In): void;
  /** Tells where the slots of the running job lie in this side's memory. */
  grant(grant: Grant): void;
}

/** Makes an end: `post` carries messages alone, `deliver` hears them whole. */
export function copyEnd<In extends Message, Out extends Message>(
  pipe: Readable & Writable,
  region: Region,
  post: (message: Out) => void,
  deliver: (message: In) => void,
): CopyEnd<In, Out> {
  let offsets: readonly number[] = [];
  let slotBytes = 0;
  const slotOf = ({ slot, bytes }: BatchItem): Uint8Array =>
    region.view(offsets[slot] ?? 0, slotBytes).subarray(0, bytes);
  const receiver = new Receiver(pipe, slotOf, deliver);
  return {
    send: (message) => {
      for (const item of itemsOf(message)) if (item.bytes > 0) pipe.write(slotOf(item));
      post(message);
    },
    receive: (message) => {
      receiver.take(message);
    },
    grant: (grant) => {
      offsets = grant.offsets;
      slotBytes = grant.bytes;
    },
  };
}

/** The slots whose bytes travel ahead of a message. */
function itemsOf(message: Message): readonly BatchItem[] {
  return message.type === 'batch' || message.type === 'return' ? message.items : [];
}

class Receiver<In extends Message> {
  readonly #pipe: Readable;
  readonly #slotOf: (item: BatchItem) => Uint8Array;
  readonly #deliver: (message: In) => void;
  readonly #waiting: In[] = [];
  /** The slots of the first waiting message that are not whole yet, with how much of the first of them is there. */
  #missing: Uint8Array[] | undefined;
  #filled = 0;

  constructor(pipe: Readable, slotOf: (item: BatchItem) => Uint8Array, deliver: (message: In) => void) {
    this.#pipe = pipe;
    this.#slotOf = slotOf;
    this.#deliver = deliver;
    pipe.on('readable', () => {
      this.#advance();
    });
  }

  take(message: In): void {
    this.#waiting.push(message);
    this.#advance();
  }

  /** Passes on every message whose slots are whole. */
  #advance(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (next === undefined) return;
      this.#missing ??= itemsOf(next)
        .filter((item) => item.bytes > 0)
        .map(this.#slotOf);
      if (!this.#fill(this.#missing)) return;
      this.#missing = undefined;
      this.#waiting.shift();
      this.#deliver(next);
    }
  }

  /** Reads as much as there is; returns whether nothing is missing. */
  #fill(missing: Uint8Array[]): boolean {
    for (let slot = missing[0]; slot !== undefined; slot = missing[0]) {
      const wanted = slot.byteLength - this.#filled;
      const chunk = (this.#pipe.read(Math.min(wanted, this.#pipe.readableLength)) ?? undefined) as
        Uint8Array | undefined;
      if (chunk === undefined || chunk.byteLength === 0) return false;
      slot.set(chunk, this.#filled);
      this.#filled += chunk.byteLength;
      if (this.#filled < slot.byteLength) continue;
      missing.shift();
      this.#filled = 0;
    }
    return true;
  }
}
