// The job behind `covers.storyboard()`: small pictures at equal steps, pasted on sheets. Runs in a worker, or inline for
// a one-shot command.
import { takeLog, VideoDecoder, withLog, type VideoStreamInfo } from '../../av/index.js';
import type { PictureSearch } from '../../frames/index.js';
import { oriented, squarePixels, type Size } from '../../pixels/index.js';
import type { JobContext } from '../../workers/index.js';
import { isMuchSmaller, smallSize } from '../shape/index.js';
import { StageClock } from '../stage-clock.js';
import { checkSteps, stepFrom, usualInterval } from './board-plan.js';
import { Board } from './board.js';
import { usualPrecision } from './keyframe-density.js';
import type { StoryboardFacts, StoryboardParams } from './storyboard-params.js';

/** Runs the job. */
export default async function storyboardJob(rawParams: unknown, context: JobContext): Promise<StoryboardFacts> {
  const params = rawParams as StoryboardParams;
  return withLog(async () => {
    const clock = new StageClock();
    // Loaded only now: workers that make covers alone start without it.
    const { loadPictureSearch } = await import('../../frames/index.js');
    const { PictureSearch: Search } = await loadPictureSearch();
    const search = new Search({ stream: params.stream, threads: 0, maxDelay: null }, context);
    try {
      return await draw(search, params, context, clock);
    } finally {
      search.close();
    }
  });
}

async function draw(
  search: PictureSearch,
  params: StoryboardParams,
  context: JobContext,
  clock: StageClock,
): Promise<StoryboardFacts> {
  const { input, stream } = await search.open();
  const decoder = VideoDecoder.nameFor(input);
  const duration = input.duration ?? stream.duration;
  const every = params.every ?? usualInterval(duration);
  checkSteps(stepFrom(duration ?? 0, every), every, input.name);
  const breathe = (): undefined | Promise<void> => context.breathe();
  const precision =
    params.precision === 'auto' ? await usualPrecision(input, { every, duration, breathe }) : params.precision;
  const rough = isMuchSmaller(smallSize(headerSize(stream), params.tileWidth), stream.stored);
  const board = new Board(params, { stream, every, name: input.name, breathe });
  clock.end('open');
  try {
    const selection = { kind: 'every', seconds: every } as const;
    const choice = { selection, precision, from: 0, to: null, count: null };
    for await (const { picture, time, duration: shown } of search.choose(choice, { rough })) {
      clock.end('decode');
      const tile = board.compose(picture);
      clock.end('scale');
      await board.add(tile, { pts: time, damaged: picture.damaged }, time + shown);
      clock.end('encode');
    }
    const end = Math.max(duration ?? 0, search.readEnd, board.until);
    const tileFacts = await board.finish(end);
    clock.end('encode');
    return { every, precision, duration: end, ...tileFacts, decoder, timings: clock.timings(), log: await takeLog() };
  } finally {
    board.close();
  }
}

/** The size of the video as a person sees it, by its headers alone. */
function headerSize({ crop, stored, pixelAspect, orientation }: VideoStreamInfo): Size {
  return oriented(squarePixels(crop ?? stored, pixelAspect), orientation);
}
