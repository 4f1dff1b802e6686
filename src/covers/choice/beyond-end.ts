// The error for a time behind the end, whoever reads the video.
import { FramerailError } from '../../base/index.js';

/** The error for a time that no frame is shown at. @param end - when the last frame ends, in seconds */
export function beyondEnd(name: string, seconds: number, end: number): FramerailError {
  return new FramerailError(
    'FR_TIME_BEYOND_END',
    `The time ${String(seconds)} s lies beyond the end of ${name} (it lasts ${end.toFixed(3)} s).`,
    { details: { time: seconds, duration: end } },
  );
}
