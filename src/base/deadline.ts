// Deadlines: a caller's `signal` and `timeout` as one AbortSignal whose reason is a typed error.
import { argumentError, checkNumber } from './check.js';
import { FramerailError, isFramerailError } from './errors.js';

/** How a call may be cut short; every call that waits takes these. */
export interface CallOptions {
  /** Stops the call when it is aborted: it rejects with FR_ABORTED. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of wall time after which the call rejects with FR_TIMEOUT. */
  readonly timeout?: number | undefined;
}

/** A running deadline; `done()` must be called when the call has ended. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Stops the timer and lets go of the caller's signal. */
  done(): void;
}

/** Timers of Node overflow beyond this and would fire at once; it is 24 days. Milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Joins a caller's signal and timeout; the signal's `reason` is always a FramerailError. */
export function startDeadline(options: CallOptions, what: string): Deadline {
  const controller = new AbortController();
  const { signal, timeout } = options;
  if (signal !== undefined && typeof signal.addEventListener !== 'function')
    throw argumentError('signal', 'an AbortSignal', signal);
  if (timeout !== undefined) checkNumber('timeout', timeout, 0, 'milliseconds');
  const onAbort = (): void => {
    controller.abort(abortError(signal, what));
  };
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(
          () => {
            controller.abort(
              new FramerailError('FR_TIMEOUT', `${what} did not finish within ${String(timeout)} ms.`, {
                details: { timeout },
              }),
            );
          },
          Math.min(timeout, LONGEST_TIMER),
        );
  return {
    signal: controller.signal,
    done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}

function abortError(signal: AbortSignal | undefined, what: string): FramerailError {
  const reason: unknown = signal?.reason;
  if (isFramerailError(reason)) return reason;
  return new FramerailError('FR_ABORTED', `${what} was aborted.`, { cause: reason });
}

/** Waits for a promise, but not beyond the abort of a signal: then it rejects with the signal's typed error. */
export async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  let onAbort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => {
      reject(deadlineError(signal));
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The typed error that an aborted deadline carries. */
export function deadlineError(signal: AbortSignal): FramerailError {
  const reason: unknown = signal.reason;
  return isFramerailError(reason)
    ? reason
    : new FramerailError('FR_ABORTED', 'The call was aborted.', { cause: reason });
}
