// The wire protocol between a parent and its media workers: plain data, one message a batch, versioned.
import type { ErrorData } from '../base/index.js';
import type { SandboxReport } from '../os/index.js';
import type { SourceSpec } from '../sources/index.js';

/** Both sides must agree on this number; a worker of another version is refused. */
export const PROTOCOL_VERSION = 3;

/** What sends a batch: it is full, its time is over, something else must go first, the end, or no free slot. */
export const BATCH_TRIGGERS = ['size', 'time', 'flush', 'end', 'slots'] as const;

/** What sends a batch: it is full, its time is over, something else must go first, the end, or no free slot. */
export type BatchTrigger = (typeof BATCH_TRIGGERS)[number];

/** How a job groups its items into messages. */
export interface BatchRule {
  /** Items after which a batch is sent. */
  readonly size: number;
  /** Milliseconds after its first item when a batch is sent even if it is not full. */
  readonly delay: number;
}

/** What a worker is asked to do. */
export interface JobRequest {
  /** A file: URL of the module whose default export runs the job; only the parent chooses it. */
  readonly module: string;
  readonly params: unknown;
  readonly source: SourceSpec | undefined;
  readonly batch: BatchRule;
  /** How many slots the job may hold at once. */
  readonly slots: number;
}

/** One item of a batch: a filled slot and what the job says about it. */
export interface BatchItem {
  readonly slot: number;
  /** Bytes of the slot that were written. */
  readonly bytes: number;
  readonly facts: unknown;
}

/** Messages from the parent. */
export type ToWorker =
  | { readonly type: 'job'; readonly id: number; readonly request: JobRequest; readonly beat: number }
  | { readonly type: 'grant'; readonly id: number; readonly offsets: readonly number[]; readonly bytes: number }
  | { readonly type: 'refuse'; readonly id: number; readonly error: ErrorData }
  | { readonly type: 'credit'; readonly id: number; readonly slots: readonly number[] }
  /** Slots that the consumer filled or changed go back to the job, oldest first. */
  | { readonly type: 'return'; readonly id: number; readonly items: readonly BatchItem[] }
  /** From now on batches follow another rule. */
  | { readonly type: 'pace'; readonly id: number; readonly batch: BatchRule }
  /** What is pending shall be sent at once. */
  | { readonly type: 'flush'; readonly id: number }
  /** Plain data for the job, in order with the slots that are handed back. */
  | { readonly type: 'command'; readonly id: number; readonly payload: unknown }
  /** So many bytes of output have found their place. */
  | { readonly type: 'written'; readonly id: number; readonly bytes: number }
  | { readonly type: 'block'; readonly id: number; readonly ask: number; readonly bytes: Uint8Array }
  | { readonly type: 'no-block'; readonly id: number; readonly ask: number; readonly error: ErrorData }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'bye' };

/** Messages from a worker. */
export type FromWorker =
  | {
      readonly type: 'ready';
      readonly version: number;
      readonly pid: number;
      /** What the worker has proved of its sandbox; undefined where it has none. */
      readonly sandbox: SandboxReport | undefined;
    }
  | { readonly type: 'unable'; readonly error: ErrorData }
  | { readonly type: 'reserve'; readonly id: number; readonly bytes: number }
  | {
      readonly type: 'batch';
      readonly id: number;
      readonly items: readonly BatchItem[];
      readonly trigger: BatchTrigger;
      /** When its first and its last item were there, by the clock that the processes share. */
      readonly times: readonly [first: number, last: number];
    }
  | { readonly type: 'event'; readonly id: number; readonly payload: unknown }
  /** Bytes of an output that the parent writes. */
  | { readonly type: 'chunk'; readonly id: number; readonly bytes: Uint8Array }
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly ask: number;
      readonly offset: number;
      readonly length: number;
    }
  | { readonly type: 'beat'; readonly id: number }
  | { readonly type: 'done'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorData };

/** One end of a channel. Messages arrive in order, whole, or not at all. */
export interface Channel<In, Out> {
  send(message: Out): void;
  /** Sets who hears messages; there is one listener. */
  listen(listener: (message: In) => void): void;
}
