// Whether the keyframes of a video are near enough to each other for a storyboard: asked of its packets alone.
import { lastKeyframe, type Breathe, type MediaInputHandle } from '../../av/index.js';
import { stepFrom } from './board-plan.js';

/** Longer videos are not decoded whole because nobody said that they should be. Seconds. */
const WORTH_DECODING = 300;
const EPSILON = 1e-6;

/** What is asked about. */
export interface DensityQuestion {
  /** Seconds from one step to the next. */
  readonly every: number;
  /** Seconds; undefined where nobody knows, and then keyframes have to do. */
  readonly duration: number | undefined;
  /** Called for every packet; throws to stop. */
  readonly breathe: Breathe;
}

/** `keyframe` where at least every second step has one of its own, or where the video is long; else `exact`. */
export async function usualPrecision(
  input: MediaInputHandle,
  { every, duration, breathe }: DensityQuestion,
): Promise<'keyframe' | 'exact'> {
  if (duration === undefined || duration > WORTH_DECODING || input.untimed || !input.goesBack) return 'keyframe';
  const steps = stepFrom(duration, every);
  const own = new Set<number>();
  for (let step = 0; step < steps; step++) {
    const found = await lastKeyframe(input, step * every + EPSILON, breathe);
    if (found?.time !== undefined) own.add(found.time);
  }
  return 2 * own.size >= steps ? 'keyframe' : 'exact';
}
