// Where an input ends: which wanted times have no picture any more.
import { FramerailError } from '../base/index.js';

/** Container times are rational, those of callers decimal: differences below this are none. Seconds. */
export const EPSILON = 1e-6;

/** What is known of the input's end, and what it means to want a time beyond it. */
export interface Ending {
  readonly name: string;
  /** Seconds; undefined when the container does not say. */
  readonly duration: number | undefined;
  /** Whether a time beyond the end is an error; else the pictures just end there. */
  readonly strict: boolean;
}

/**
 * Whether `time` is past the last picture; throws FR_TIME_BEYOND_END where that is an error.
 * @param last - the last picture: it stays on display while the file lasts, also where its sound goes on
 */
export function isOver(
  time: number,
  last: { readonly time: number; readonly duration: number },
  ending: Ending,
): boolean {
  const shown = last.time + last.duration;
  if (!ending.strict) return time >= shown - EPSILON && time > last.time;
  if (time > Math.max(shown, ending.duration ?? 0) + EPSILON) throw beyondEnd(time, ending);
  return false;
}

function beyondEnd(time: number, { name, duration }: Ending): FramerailError {
  const length = duration === undefined ? '' : ` (it lasts ${duration.toFixed(3)} s)`;
  return new FramerailError(
    'FR_TIME_BEYOND_END',
    `The time ${String(time)} s lies beyond the end of ${name}${length}.`,
    {
      details: { time, duration },
    },
  );
}
