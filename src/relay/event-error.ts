// How an error is told to people and programs.
import type { FramerailError } from '../base/index.js';

/** What went wrong, as data. */
export interface EventError {
  /** Which failure; the table is in docs/reference/errors.md. */
  readonly code: string;
  /** One sentence for a person. */
  readonly message: string;
}

/** An error as it is told. */
export function eventError({ code, message }: FramerailError): EventError {
  return { code, message };
}
