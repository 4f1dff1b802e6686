// What a relay says of an MP4 that is broken.
import { FramerailError } from '../../../base/index.js';

/** What is wrong with a segment. */
export function malformed(why: string): FramerailError {
  return new FramerailError('FR_RELAY_PROTOCOL', `The origin sent a malformed MP4 segment: ${why}.`);
}
