// Chooses pictures of a video: all, keyframes, or the one on display at each wanted time.
import { EPSILON, isOver, type Ending } from './ending.js';
import { Unplannable } from './plan.js';
import type { FramesParams } from './selection.js';
import type { Step } from './walker.js';

/** What the choice needs of a walk, whoever decodes. */
export interface Walk<Kind> {
  /** The next picture in presentation order; undefined at the end. */
  next(): Promise<Step<Kind> | undefined>;
  /** Goes on near `time` where that saves work; the next picture may still be earlier. */
  jumpTo(time: number): Promise<void>;
}

/** What the choice needs of whoever goes to wanted pictures directly; each may be asked for once. */
export interface Samples<Kind> {
  /** How many of the wanted times were answered. */
  readonly asked: number;
  /** The pictures on display at `times`, which ascend; throws Unplannable where packets do not tell. */
  exact(times: Iterable<number>, ending: Ending): AsyncGenerator<Step<Kind>>;
  /** The last keyframe at or before each of `times`. @param once - each keyframe comes once */
  keyframesAt(times: Iterable<number>, once: boolean, ending: Ending): AsyncGenerator<Step<Kind>>;
  /** Every keyframe from one time until before another. */
  keyframes(from: number, to: number | null, ending: Ending): AsyncGenerator<Step<Kind>>;
}

/** A chosen picture; its pixels are valid until the next one is asked for. */
export interface Chosen<Kind = Step['picture']> extends Step<Kind> {
  /** Its place among the chosen, in order of time. */
  readonly index: number;
}

/** Which pictures are chosen. */
export type Choice = Pick<FramesParams, 'selection' | 'precision' | 'from' | 'to' | 'count'>;

/** The ways to the pictures of one input. */
export interface Ways<Kind> {
  /**
   * Starts at the first picture and goes through all of them, or through the keyframes alone where only those are
   * wanted and nothing can be sampled; asked for once at most.
   */
  walk(): Promise<Walk<Kind>>;
  /** Goes to wanted pictures directly; undefined where the input or whoever decodes it cannot. Asked for once at most. */
  sample(): Samples<Kind> | undefined;
  /** Whether packets can tell at all what is shown at a time. */
  readonly timed: boolean;
}

/** The chosen pictures in order of time. */
export async function* chooseFrames<Kind>(
  ways: Ways<Kind>,
  params: Choice,
  input: Pick<Ending, 'name' | 'duration'>,
): AsyncGenerator<Chosen<Kind>> {
  const { selection, count } = params;
  if (count === 0) return;
  const ending = { ...input, strict: selection.kind === 'times' };
  const chosen =
    selection.kind === 'times'
      ? atTimes(ways, () => selection.times, params, ending)
      : selection.kind === 'every'
        ? atTimes(ways, () => multiples(params, selection.seconds), params, ending)
        : selection.kind === 'keyframes'
          ? (ways.sample()?.keyframes(params.from, params.to, ending) ?? inRange(await ways.walk(), params))
          : inRange(await ways.walk(), params);
  let index = 0;
  for await (const step of chosen) {
    yield { ...step, index: index++ };
    // Leaving here, not at the next picture, saves decoding one that nobody wants.
    if (count !== null && index >= count) return;
  }
}

async function* inRange<Kind>(walker: Walk<Kind>, { from, to }: Choice): AsyncGenerator<Step<Kind>> {
  if (from > 0) await walker.jumpTo(from);
  for (;;) {
    const step = await walker.next();
    if (step === undefined || (to !== null && step.time >= to - EPSILON)) return;
    if (step.time >= from - EPSILON) yield step;
  }
}

function* multiples({ from, to, precision, count }: Choice, seconds: number): Generator<number> {
  // Several steps may share a keyframe, which comes once; otherwise no step is taken that nobody counts.
  const steps = precision === 'keyframe' ? null : count;
  for (let i = 0; (to === null || from + i * seconds < to - EPSILON) && (steps === null || i < steps); i++)
    yield from + i * seconds;
}

/** The picture for each time: sampled, and walked to from where packets do not tell any more. */
async function* atTimes<Kind>(
  ways: Ways<Kind>,
  times: () => Iterable<number>,
  { precision, selection }: Choice,
  ending: Ending,
): AsyncGenerator<Step<Kind>> {
  // A keyframe stays the last one for many steps: it says by its time where it belongs.
  const once = precision === 'keyframe' && selection.kind === 'every';
  const samples = ways.timed || precision === 'keyframe' ? ways.sample() : undefined;
  try {
    if (samples !== undefined) {
      if (precision === 'keyframe') yield* samples.keyframesAt(times(), once, ending);
      else yield* samples.exact(times(), ending);
      return;
    }
  } catch (error) {
    if (!(error instanceof Unplannable)) throw error;
  }
  let last: number | undefined;
  for await (const step of onDisplay(await ways.walk(), after(times(), samples?.asked ?? 0), ending)) {
    if (once && step.time === last) continue;
    last = step.time;
    yield step;
  }
}

function* after(times: Iterable<number>, count: number): Generator<number> {
  let place = 0;
  for (const time of times) if (place++ >= count) yield time;
}

/** For each time the last picture that is not after it; the first picture for times before it. */
async function* onDisplay<Kind>(
  walker: Walk<Kind>,
  times: Iterable<number>,
  ending: Ending,
): AsyncGenerator<Step<Kind>> {
  let shown: Step<Kind> | undefined;
  let ahead: Step<Kind> | undefined;
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
    const picture: Step<Kind> | undefined = shown ?? ahead;
    if (picture === undefined) return;
    if (ended && isOver(time, picture, ending)) return;
    yield picture;
  }
}
