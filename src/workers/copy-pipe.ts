// Frames over a pipe, where no memory can be shared: the bytes of a batch go ahead of its message, slot by slot.
import type { Readable, Writable } from 'node:stream';
import type { Region } from '../memory/index.js';
import type { FromWorker, ToWorker } from './protocol.js';

type Grant = Extract<ToWorker, { type: 'grant' }>;

/** Takes messages of a worker whose slots arrive over a pipe, and passes them on in order once they are whole. */
export interface CopyReceiver {
  (message: FromWorker): void;
  /** Tells where the slots of the running job lie in the parent's own memory. */
  grant(grant: Grant): void;
}

/** The parent's end: fills the parent's slots from the pipe before it delivers the batch that names them. */
export function receiveCopies(pipe: Readable, region: Region, deliver: (message: FromWorker) => void): CopyReceiver {
  const waiting: FromWorker[] = [];
  const target: { bytes: Uint8Array; filled: number; rest: Uint8Array[] } = {
    bytes: new Uint8Array(0),
    filled: 0,
    rest: [],
  };
  let offsets: readonly number[] = [];
  let slotBytes = 0;
  let filling = false;

  const startNext = (): void => {
    while (!filling) {
      const next = waiting[0];
      if (next === undefined) return;
      if (next.type === 'batch') {
        target.rest = next.items.map((item) => region.view(offsets[item.slot] ?? 0, slotBytes).subarray(0, item.bytes));
        filling = true;
        nextSlot();
      } else {
        waiting.shift();
        deliver(next);
      }
    }
  };
  const nextSlot = (): void => {
    const bytes = target.rest.shift();
    if (bytes !== undefined) {
      target.bytes = bytes;
      target.filled = 0;
      fill();
      return;
    }
    filling = false;
    const batch = waiting.shift();
    if (batch !== undefined) deliver(batch);
  };
  const fill = (): void => {
    while (filling && target.filled < target.bytes.byteLength) {
      const wanted = target.bytes.byteLength - target.filled;
      const chunk = (pipe.read(Math.min(wanted, pipe.readableLength)) ?? undefined) as Uint8Array | undefined;
      if (chunk === undefined || chunk.byteLength === 0) return;
      target.bytes.set(chunk, target.filled);
      target.filled += chunk.byteLength;
    }
    if (filling) nextSlot();
  };
  pipe.on('readable', () => {
    fill();
    startNext();
  });
  const receiver = (message: FromWorker): void => {
    waiting.push(message);
    startNext();
  };
  return Object.assign(receiver, {
    grant: (grant: Grant) => {
      offsets = grant.offsets;
      slotBytes = grant.bytes;
    },
  });
}

/** The worker's end: writes the slots of each batch to the pipe, then lets its message follow. */
export function sendCopies(
  pipe: Writable,
  region: Region,
  send: (message: FromWorker) => void,
): { send(message: FromWorker): void; grant(grant: Grant): void } {
  let offsets: readonly number[] = [];
  let slotBytes = 0;
  return {
    send: (message) => {
      if (message.type === 'batch')
        for (const item of message.items)
          pipe.write(region.view(offsets[item.slot] ?? 0, slotBytes).subarray(0, item.bytes));
      send(message);
    },
    grant: (grant) => {
      offsets = grant.offsets;
      slotBytes = grant.bytes;
    },
  };
}
