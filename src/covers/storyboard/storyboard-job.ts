// The job behind `covers.storyboard()`: small pictures at equal steps, pasted on sheets. Runs in a worker, or inline for
// a one-shot command.
import { takeLog, VideoDecoder, withLog } from '../../av/index.js';
import type { JobContext } from '../../workers/index.js';
import { JobInputs } from '../job-inputs.js';
import { isMuchSmaller, smallSize } from '../shape/index.js';
import { StageClock } from '../stage-clock.js';
import { checkSteps, stepFrom, usualInterval } from './board-plan.js';
import { FilesInFolder, filesAtParent } from './board-files.js';
import { Board } from './board.js';
import { usualPrecision } from './keyframe-density.js';
import type { StoryboardFacts, StoryboardParams } from './storyboard-params.js';

/** Runs the job. */
export default async function storyboardJob(rawParams: unknown, context: JobContext): Promise<StoryboardFacts> {
  const params = rawParams as StoryboardParams;
  return withLog(async () => {
    const inputs = new JobInputs(context, params.stream);
    try {
      return await draw(inputs, params, context);
    } finally {
      inputs.close();
    }
  });
}

async function draw(inputs: JobInputs, params: StoryboardParams, context: JobContext): Promise<StoryboardFacts> {
  const clock = new StageClock();
  const first = await inputs.open();
  const { input, stream } = first;
  const decoder = VideoDecoder.nameFor(input, true);
  const duration = input.duration ?? stream.duration;
  const every = params.every ?? usualInterval(duration);
  checkSteps(stepFrom(duration ?? 0, every), every, input.name);
  const breathe = (): undefined | Promise<void> => context.breathe();
  const { precision = await usualPrecision(input, { every, duration, breathe }) } = params;
  // Deblocking that is left out would spread from picture to picture: only keyframes go without it.
  const tile = smallSize(stream.display, params.tileWidth);
  const decoding = { alpha: true, rough: precision === 'keyframe' && isMuchSmaller(tile, stream.stored) };
  // Loaded only now: workers that make covers alone start without it.
  const { loadSteppedPictures } = await import('../../frames/index.js');
  const steppedPictures = await loadSteppedPictures();
  const files = params.folder === null ? filesAtParent(context) : new FilesInFolder(params.folder);
  const board = new Board(params, { opened: first, files, every, breathe });
  clock.end('open');
  try {
    const from = { opened: first, reopen: () => inputs.open(), threads: 0, decoding, breathe };
    for await (const { picture, time, duration: shown } of steppedPictures(from, every, precision)) {
      clock.end('decode');
      const { damaged } = picture;
      const small = board.compose(picture);
      clock.end('scale');
      await board.add(small, { pts: time, damaged }, time + shown);
      clock.end('encode');
    }
    const end = Math.max(duration ?? 0, inputs.readEnd, board.until);
    const { toneMapped } = board;
    const facts = { every, precision, duration: end, toneMapped, ...(await board.finish(end)) };
    clock.end('encode');
    return { ...facts, decoder, timings: clock.timings(), log: await takeLog() };
  } finally {
    board.close();
  }
}
