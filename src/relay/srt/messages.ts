// What a process and the worker of its links say to each other.
import { protocolError } from './frames.js';

/** From where bytes come: read from the peer, or written to it. */
export type Direction = 'in' | 'out';

/** What a link is opened with. */
export interface LinkRequest {
  readonly direction: Direction;
  /** The address without options. */
  readonly url: string;
  /** Options of the protocol, as libav names them. */
  readonly options: Readonly<Record<string, string>>;
  /** Milliseconds that its end waits for what the peer still holds back. */
  readonly holdback: number;
}

/** From the parent. */
export type ToLinks =
  | ({ readonly type: 'open' } & LinkRequest)
  /** End it; `drain`: write first what was sent. */
  | { readonly type: 'close'; readonly drain: boolean };

/** How a link failed, in the words of libav. */
export interface LinkFailure {
  readonly averror: number;
  readonly message: string;
}

/** From the worker. */
export type FromLinks =
  /** It is being opened now. */
  | { readonly type: 'opening' }
  /** The peer is there. */
  | { readonly type: 'opened' }
  /** The link is gone, and all that belonged to it. */
  | { readonly type: 'over'; readonly failure?: LinkFailure };

/** Bytes that may be under way and not taken yet, from the worker and to it; beyond, they wait where they are. */
export const WINDOW = { in: 1024 * 1024, out: 256 * 1024 } as const;

/** Checks what a worker said: it has met bytes from the network. Throws FR_WORKER_PROTOCOL. */
export function checkFromLinks(value: unknown): FromLinks {
  if (typeof value === 'object' && value !== null && 'type' in value) {
    if (value.type === 'opening' || value.type === 'opened') return { type: value.type };
    const failure = 'failure' in value ? value.failure : undefined;
    if (value.type === 'over' && failure === undefined) return { type: 'over' };
    if (value.type === 'over' && isFailure(failure)) return { type: 'over', failure };
  }
  throw protocolError('a message that is unknown');
}

function isFailure(value: unknown): value is LinkFailure {
  return (
    typeof value === 'object' &&
    value !== null &&
    'averror' in value &&
    typeof value.averror === 'number' &&
    'message' in value &&
    typeof value.message === 'string'
  );
}
