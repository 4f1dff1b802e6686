// Reads the body of an answer, and gives up on a server that sends next to nothing.
import type { IncomingMessage } from 'node:http';
import { deadlineError, isFramerailError, systemCode } from '../../base/index.js';
import type { RemoteErrors } from './remote-errors.js';

/** Bytes a second that a server must send at least: more than a drip, less than any line that videos are read over. */
const FLOOR = 4096;

/** How a body is read. */
export interface BodyRules {
  /** Bytes of it that are wanted; what comes behind them is not read. */
  readonly most: number;
  /** Milliseconds in which the floor must be kept, again and again. */
  readonly inputTimeout: number;
  readonly signal: AbortSignal | undefined;
  readonly errors: RemoteErrors;
  /** Gets each piece; it belongs to who gets it. */
  readonly take: (piece: Buffer) => void;
}

/** Reads it to its end; throws FR_INPUT_STALLED or FR_REMOTE_LOST, and what the signal carries. */
export async function readBody(response: IncomingMessage, rules: BodyRules): Promise<void> {
  const { most, inputTimeout, signal, errors, take } = rules;
  let [left, since] = [most, 0];
  const wanted = (FLOOR * inputTimeout) / 1000;
  const watch = setInterval(() => {
    if (since < wanted) response.destroy(errors.stalled(since, inputTimeout));
    since = 0;
  }, inputTimeout);
  try {
    for await (const piece of response as AsyncIterable<Buffer>) {
      since += piece.byteLength;
      take(piece.byteLength > left ? piece.subarray(0, left) : piece);
      left -= Math.min(left, piece.byteLength);
      // Where its length is not told ahead, nobody knows whether more comes: such a connection is not kept.
      if (left === 0 && response.headers['content-length'] === undefined) break;
    }
  } catch (error) {
    if (signal?.aborted === true) throw deadlineError(signal);
    if (isFramerailError(error)) throw error;
    throw errors.lost(systemCode(error), error);
  } finally {
    clearInterval(watch);
  }
}
