// Times for exact pictures where a video has few keyframes: evenly spread over what can be decoded within a budget.
import { spread, type SearchRange } from './search-range.js';

/** A stretch of a video from a keyframe to the next one. */
interface Stretch {
  readonly keyframe: number;
  readonly from: number;
  readonly to: number;
}

/** What the times may cost. */
export interface ExactBudget {
  /** Pictures a second. */
  readonly rate: number;
  /** Pictures that may be decoded. */
  readonly pictures: number;
}

/**
 * Times in ascending order. A picture costs all between its keyframe and itself: where the budget does not reach over the
 * range, it is spent alike on each stretch between keyframes, from its start on.
 * @param keyframes - times of the known ones, ascending
 */
export function exactTimes(
  keyframes: readonly number[],
  range: SearchRange,
  wanted: number,
  { rate, pictures }: ExactBudget,
): number[] {
  const all = stretches(keyframes, range);
  const depth = reachOf(all, pictures / rate);
  const within = all
    .map(({ keyframe, from, to }) => ({ from, to: Math.min(to, keyframe + depth) }))
    .filter(({ from, to }) => to > from);
  const length = within.reduce((sum, { from, to }) => sum + to - from, 0);
  return spread(wanted, 0, length).flatMap((place) => placeIn(within, place));
}

function stretches(keyframes: readonly number[], { from, to }: SearchRange): Stretch[] {
  const starts = keyframes.length > 0 ? keyframes : [0];
  return starts
    .map((keyframe, index) => ({
      keyframe,
      from: Math.max(from, keyframe),
      to: Math.min(to, starts[index + 1] ?? Number.POSITIVE_INFINITY),
    }))
    .filter((stretch) => stretch.to > stretch.from);
}

/** How far from its keyframe a picture may be, in seconds, so that all stretches together take no more than `seconds`. */
function reachOf(all: readonly Stretch[], seconds: number): number {
  const lengths = all.map(({ keyframe, to }) => to - keyframe).sort((a, b) => a - b);
  let left = seconds;
  for (const [index, length] of lengths.entries()) {
    const share = left / (lengths.length - index);
    if (length > share) return share;
    left -= length;
  }
  return Number.POSITIVE_INFINITY;
}

/** The time at a place of the stretches laid end to end. */
function placeIn(within: readonly { readonly from: number; readonly to: number }[], place: number): number[] {
  let left = place;
  for (const { from, to } of within) {
    if (left <= to - from) return [from + left];
    left -= to - from;
  }
  return [];
}
