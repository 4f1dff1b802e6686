// How a call fails: the error itself, so that a test can look at all of it.
import { type FramerailError, isFramerailError } from '#dist/base/index.js';

/** Runs something that must fail with a FramerailError and gives that error. */
export async function failure(action: () => unknown): Promise<FramerailError> {
  try {
    await action();
  } catch (error) {
    if (isFramerailError(error)) return error;
    throw new Error('Failed, but not with a FramerailError', { cause: error });
  }
  throw new Error('Did not fail');
}
