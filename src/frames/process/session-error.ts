// What ended a session, as a typed error.
import { FramerailError, isFramerailError, messageOf } from '../../base/index.js';

/** The error itself where it is ours; a defect otherwise. */
export function toFramerailError(error: unknown): FramerailError {
  if (isFramerailError(error)) return error;
  return new FramerailError('FR_INTERNAL', `Unexpected failure inside framerail: ${messageOf(error)}`, {
    cause: error,
  });
}
