// What a job sees of the world: slots to fill, batches to send, and when to stop.
import { firstLine, FramerailError, isPacked, messageOf, packedModule } from '../base/index.js';
import type { ReadBlock, SourceSpec } from '../sources/index.js';
import type { ProcessGroup } from '../spawned/index.js';

/** A slot that a job may write until it is emitted. */
export interface WritableSlot {
  readonly index: number;
  /** The memory of the slot: shared with the parent where the platform can. */
  readonly bytes: Buffer;
}

/** What the consumer sent to the job: a slot that it handed back, or plain data; in the order of sending. */
export type Mail =
  | { readonly kind: 'slot'; readonly slot: WritableSlot; readonly bytes: number; readonly facts: unknown }
  | { readonly kind: 'command'; readonly payload: unknown };

/** The side of a running job that faces its parent. */
export interface JobContext {
  readonly source: SourceSpec;
  /** Asks the parent for bytes of a `blocks` source. */
  readonly readBlock: ReadBlock;
  /** Has the parent set slots of `bytes` aside; resolves with how many there are. Once per job. */
  reserve(bytes: number): Promise<number>;
  /** The next free slot; waits, with everything pending sent, while the consumer holds them all. */
  slot(): WritableSlot | Promise<WritableSlot>;
  /** Puts a filled slot into the current batch; it belongs to the consumer from now on. */
  emit(slot: WritableSlot, bytes: number, facts: unknown): void;
  /** How many slots `slot()` would give without waiting. */
  readonly freeSlots: number;
  /** Makes a slot free again that was not emitted, or that the consumer handed back. */
  recycle(slot: WritableSlot): void;
  /** The next thing that the consumer sent; undefined when there is nothing. */
  takeMail(): Mail | undefined;
  /** Sends what is pending and waits for mail or a free slot; throws when the job was cancelled. */
  pause(): Promise<void>;
  /** Sends bytes of an output to the parent; they are copied first. */
  write(bytes: Uint8Array): void;
  /** Bytes of output that the parent has not placed yet. */
  readonly unwritten: number;
  /**
   * Waits while more bytes of output than this are on their way to their place; throws when the job was cancelled.
   * @param most - bytes that may be
   */
  room(most: number): Promise<void>;
  /** Sends plain data at once, after what is pending. */
  event(payload: unknown): void;
  /** Sends plain data at once, ahead of what is pending. */
  notify(payload: unknown): void;
  /**
   * Call often: throws when the job was cancelled, sends an overdue batch, lets messages in now and then.
   * @param interval - milliseconds after which messages are let in; 40 when left out
   */
  breathe(interval?: number): undefined | Promise<void>;
  /** Aborts when the job was cancelled: for jobs that wait for something other than slots and blocks. */
  readonly cancelled: AbortSignal;
  /** Where a job of the `spawn` backend starts its commands; undefined in workers of other kinds. */
  readonly processes: ProcessGroup | undefined;
}

/** The default export of a job module; what it returns is the job's result. */
export type JobFunction = (params: unknown, context: JobContext) => Promise<unknown>;

/** Loads a job module; what cannot be loaded, such as a native library that is missing here, is FR_ENGINE_LOAD. */
export async function loadJob(module: string): Promise<JobFunction> {
  try {
    return ((await import(isPacked ? packedModule(module) : module)) as { default: JobFunction }).default;
  } catch (cause) {
    throw new FramerailError(
      'FR_ENGINE_LOAD',
      `The native engine could not be loaded: ${firstLine(messageOf(cause))}`,
      {
        details: { module, platform: `${process.platform}-${process.arch}` },
        cause,
      },
    );
  }
}

/**
 * Names a job module next to the caller's own module.
 * @param base - the caller's `import.meta.url`
 * @param file - the module, such as "./frames-job.js"
 */
export function jobModule(base: string, file: string): string {
  return new URL(file, base).href;
}
