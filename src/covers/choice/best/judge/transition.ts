// Whether a picture is in a transition, by the picture shortly after it: a test for the few candidates that may win.
import type { Plane } from '../features/index.js';
import type { Judged } from './judged.js';
import { median } from './median.js';

/** How long after a keyframe the other picture is shown, in seconds. */
export const TRANSITION_STEP = 0.12;
/** Levels a second that plain areas change at least in a transition: one of two seconds between quite different scenes. */
export const TRANSITION_CHANGE = 18;
/** Difference between the pixels on both sides, across and down, up to which an area is plain. */
const PLAIN = 12;
/** How much plain areas change beside all others: motion changes what is plain far less. */
const BESIDE_EDGES = 0.4;
/** How large the packets after a suspicious keyframe are beside it, and beside what is usual in the video. */
const BUSY = 0.06;
const UNUSUAL = 1.5;

/**
 * The candidates for which the test is worth its cost: what follows them is coded in unusually many bytes. A cross-fade
 * changes every pixel, which no motion explains; a quiet scene is in none.
 */
export function suspects(candidates: readonly Judged[]): Set<Judged> {
  const usual = median(candidates.flatMap(({ activity }) => activity ?? [])) ?? 0;
  const limit = Math.max(BUSY, UNUSUAL * usual);
  return new Set(
    candidates.filter(({ keyframe, activity }) => keyframe && activity !== undefined && activity >= limit),
  );
}

/**
 * Levels a second that plain areas change from one picture to another; 0 where edges change so much more that it is motion.
 * What moves changes the pixels at its edges, and a transition changes all of them.
 * @param seconds - from the first picture to the second
 */
export function plainChange(one: Plane, other: Plane, seconds: number): number {
  const { width, height, samples } = one;
  if (other.width !== width || other.height !== height || seconds <= 0) return 0;
  let [plain, plainCount, edges, edgeCount] = [0, 0, 0, 0];
  for (let row = 1; row < height - 1; row++)
    for (let at = row * width + 1; at < (row + 1) * width - 1; at++) {
      const across = Math.abs((samples[at + 1] ?? 0) - (samples[at - 1] ?? 0));
      const down = Math.abs((samples[at + width] ?? 0) - (samples[at - width] ?? 0));
      const change = Math.abs((samples[at] ?? 0) - (other.samples[at] ?? 0));
      if (across + down < PLAIN) {
        plain += change;
        plainCount += 1;
      } else {
        edges += change;
        edgeCount += 1;
      }
    }
  const [inPlain, atEdges] = [plain / Math.max(1, plainCount), edges / Math.max(1, edgeCount)];
  return inPlain < BESIDE_EDGES * atEdges ? 0 : inPlain / seconds;
}
