// Which part of a video is searched: without the ends, where little is worth a cover.
import { beyondEnd } from '../../beyond-end.js';

/** Where the search begins and ends, in seconds. */
export interface SearchRange {
  readonly from: number;
  readonly to: number;
  /** Whether somebody said so: then nothing outside is taken, even where there is nothing else. */
  readonly strict: boolean;
}

/** What the caller said; null for where he did not. */
export interface RangeWish {
  readonly from: number | null;
  readonly to: number | null;
}

/** The share of a video that is left out at each end, and the seconds at the start of one that is not short. */
const MARGIN = 0.05;
const LEAD_IN = 0.5;
const SHORT = 5;

/** The range for a video of a duration in seconds. Throws FR_TIME_BEYOND_END. */
export function searchRange(name: string, duration: number, wish: RangeWish): SearchRange {
  if (wish.from !== null && wish.from >= duration) throw beyondEnd(name, wish.from, duration);
  const margin = duration * MARGIN;
  const first = duration < SHORT ? margin : Math.max(LEAD_IN, margin);
  const to = Math.min(wish.to ?? duration - margin, duration);
  // A margin never empties what somebody asked for.
  const from = wish.from ?? (first < to ? first : 0);
  return { from, to: Math.max(from, to), strict: wish.from !== null || wish.to !== null };
}

/** Even places in a range: the middles of so many equal parts. */
export function spread(count: number, from: number, to: number): number[] {
  return Array.from({ length: count }, (_, part) => from + ((part + 0.5) / count) * (to - from));
}
