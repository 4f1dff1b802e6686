// Chooses frames from a walk: all, keyframes, or the one on display at each wanted time.
import { FramerailError } from '../base/index.js';
import type { FramesParams } from './selection.js';
import type { Step } from './walker.js';

/** What the choice needs of a walk, whoever decodes. */
export interface Walk<Kind> {
  /** The next picture in presentation order; undefined at the end. */
  next(): Promise<Step<Kind> | undefined>;
  /** Goes on near `time` where that saves work; the next picture may still be earlier. */
  jumpTo(time: number): Promise<void>;
}

/** A chosen picture; its pixels are valid until the next one is asked for. */
export interface Chosen<Kind = Step['picture']> extends Step<Kind> {
  /** Its place among the chosen, in order of time. */
  readonly index: number;
}

/** What is known of the input's end. */
export interface Ending {
  readonly name: string;
  /** Seconds; undefined when the container does not say. */
  readonly duration: number | undefined;
}

/** Container times are rational, those of callers decimal: differences below this are none. Seconds. */
const EPSILON = 1e-6;

/** The chosen pictures in order of time. */
export async function* chooseFrames<Kind>(
  walker: Walk<Kind>,
  params: FramesParams,
  ending: Ending,
): AsyncGenerator<Chosen<Kind>> {
  const { selection, count } = params;
  if (count === 0) return;
  const chosen =
    selection.kind === 'times'
      ? onDisplay(walker, selection.times, ending)
      : selection.kind === 'every'
        ? onDisplay(walker, multiples(params, selection.seconds), undefined)
        : inRange(walker, params);
  for await (const picture of chosen) {
    yield picture;
    // Leaving here, not at the next picture, saves decoding one that nobody wants.
    if (count !== null && picture.index + 1 >= count) return;
  }
}

async function* inRange<Kind>(walker: Walk<Kind>, { from, to }: FramesParams): AsyncGenerator<Chosen<Kind>> {
  if (from > 0) await walker.jumpTo(from);
  let index = 0;
  for (;;) {
    const step = await walker.next();
    if (step === undefined || (to !== null && step.time >= to - EPSILON)) return;
    if (step.time >= from - EPSILON) yield { ...step, index: index++ };
  }
}

function* multiples({ from, to }: FramesParams, seconds: number): Generator<number> {
  for (let i = 0; to === null || from + i * seconds < to - EPSILON; i++) yield from + i * seconds;
}

/**
 * For each time the last picture that is not after it; the first picture for times before it.
 * @param ending - where the input ends, when a time beyond it is an error; else the walk just ends there
 */
async function* onDisplay<Kind>(
  walker: Walk<Kind>,
  times: Iterable<number>,
  ending: Ending | undefined,
): AsyncGenerator<Chosen<Kind>> {
  let index = 0;
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
    if (ended) {
      // The last picture stays on display while the file lasts, also where its sound goes on.
      const end = Math.max(picture.time + picture.duration, ending?.duration ?? 0) + EPSILON;
      if (time > end && ending !== undefined) throw beyondEnd(time, ending);
      if (time >= end - 2 * EPSILON && ending === undefined && time > picture.time) return;
    }
    yield { ...picture, index: index++ };
  }
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
