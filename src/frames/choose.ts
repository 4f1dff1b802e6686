// Chooses pictures of a video: all, keyframes, or the one on display at each wanted time.
import { EPSILON, isOver, type Ending } from './ending.js';
import { Unplannable } from './plan.js';
import type { Sampler } from './sampler.js';
import type { FramesParams } from './selection.js';
import type { Step, Walker } from './walker.js';

/** A chosen picture; its pixels are valid until the next one is asked for. */
export interface Chosen extends Step {
  /** Its place among the chosen, in order of time. */
  readonly index: number;
}

/** The ways to the pictures of one input. */
export interface Ways {
  /** Starts at the first picture and goes through all of them; asked for once at most. */
  walk(): Promise<Walker>;
  /** Goes to wanted pictures directly, as long as packets tell which they are; asked for once at most. */
  sample(): Sampler;
  /** Whether packets can tell at all what is shown at a time. */
  readonly timed: boolean;
}

/** The chosen pictures in order of time. */
export async function* chooseFrames(
  ways: Ways,
  params: FramesParams,
  input: Pick<Ending, 'name' | 'duration'>,
): AsyncGenerator<Chosen> {
  const { selection, count } = params;
  if (count === 0) return;
  const ending = { ...input, strict: selection.kind === 'times' };
  const chosen =
    selection.kind === 'times'
      ? atTimes(ways, () => selection.times, params, ending)
      : selection.kind === 'every'
        ? atTimes(ways, () => multiples(params, selection.seconds), params, ending)
        : selection.kind === 'keyframes'
          ? ways.sample().keyframes(params.from, params.to, ending)
          : inRange(await ways.walk(), params);
  let index = 0;
  for await (const step of chosen) {
    yield { ...step, index: index++ };
    // Leaving here, not at the next picture, saves decoding one that nobody wants.
    if (count !== null && index >= count) return;
  }
}

async function* inRange(walker: Walker, { from, to }: FramesParams): AsyncGenerator<Step> {
  if (from > 0) await walker.jumpTo(from);
  for (;;) {
    const step = await walker.next();
    if (step === undefined || (to !== null && step.time >= to - EPSILON)) return;
    if (step.time >= from - EPSILON) yield step;
  }
}

function* multiples({ from, to, precision, count }: FramesParams, seconds: number): Generator<number> {
  // Several steps may share a keyframe, which comes once; otherwise no step is taken that nobody counts.
  const steps = precision === 'keyframe' ? null : count;
  for (let i = 0; (to === null || from + i * seconds < to - EPSILON) && (steps === null || i < steps); i++)
    yield from + i * seconds;
}

/** The picture for each time: sampled, and walked to from where packets do not tell any more. */
async function* atTimes(
  ways: Ways,
  times: () => Iterable<number>,
  { precision, selection }: FramesParams,
  ending: Ending,
): AsyncGenerator<Step> {
  let asked = 0;
  if (ways.timed || precision === 'keyframe') {
    const sampler = ways.sample();
    try {
      // A keyframe stays the last one for many steps: it says by its time where it belongs.
      if (precision === 'keyframe') yield* sampler.keyframesAt(times(), selection.kind === 'every', ending);
      else yield* sampler.exact(times(), ending);
      return;
    } catch (error) {
      if (!(error instanceof Unplannable)) throw error;
      asked = sampler.asked;
    }
  }
  yield* onDisplay(await ways.walk(), after(times(), asked), ending);
}

function* after(times: Iterable<number>, count: number): Generator<number> {
  let place = 0;
  for (const time of times) if (place++ >= count) yield time;
}

/** For each time the last picture that is not after it; the first picture for times before it. */
async function* onDisplay(walker: Walker, times: Iterable<number>, ending: Ending): AsyncGenerator<Step> {
  let shown: Step | undefined;
  let ahead: Step | undefined;
  let ended = false;
  for (const time of times) {
    // What is already decoded may do; only beyond it is a jump worth a thought.
    if (!ended && (ahead === undefined || ahead.time <= time + EPSILON)) {
      await walker.jumpTo(time);
      for (;;) {
        if (ahead !== undefined && ahead.time > time + EPSILON) break;
        shown = ahead ?? shown;
        ahead = await walker.next();
        if (ahead === undefined) {
          ended = true;
          break;
        }
      }
    }
    const picture: Step | undefined = shown ?? ahead;
    if (picture === undefined) return;
    if (ended && isOver(time, picture, ending)) return;
    yield picture;
  }
}
