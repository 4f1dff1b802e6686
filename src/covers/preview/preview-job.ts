// The job behind `covers.preview()`: some seconds of a video, small, as an animated image or a short video. Runs in a
// worker.
import { takeLog, VideoDecoder, withLog, type Breathe } from '../../av/index.js';
import { isFramerailError } from '../../base/index.js';
import type { PictureSearch } from '../../frames/index.js';
import type { JobContext } from '../../workers/index.js';
import { RGB_FORM, type ComposedForm } from '../shape/index.js';
import { StageClock } from '../stage-clock.js';
import { animatedGif } from './animated-gif.js';
import { animatedWebp } from './animated-webp.js';
import { EFFORTS, withinBudget } from './budget.js';
import { FrameStack } from './frame-stack.js';
import { heldDoor } from './held-door.js';
import type { PreviewParams } from './preview-params.js';
import type { Preview } from './preview.js';
import { frameTimes, planSegments, usualRate } from './segments.js';
import { shortVideo, videoBudget } from './short-video.js';

/** Runs the job. */
export default async function previewJob(rawParams: unknown, context: JobContext): Promise<Preview> {
  const params = rawParams as PreviewParams;
  return withLog(async () => {
    const clock = new StageClock();
    // Loaded only now: workers that make covers alone start without it.
    const { loadPictureSearch } = await import('../../frames/index.js');
    const { PictureSearch: Search } = await loadPictureSearch();
    const search = new Search({ stream: params.stream, threads: 0, maxDelay: null }, context);
    try {
      return await makePreview(search, params, context, clock);
    } finally {
      search.close();
    }
  });
}

/** What players of H.264 expect, in the colours of the video. */
const VIDEO_FORM: ComposedForm = { format: 'yuv420p', color: 'video' };

async function makePreview(
  search: PictureSearch,
  params: PreviewParams,
  context: JobContext,
  clock: StageClock,
): Promise<Preview> {
  const { input, stream } = await search.open();
  const decoder = VideoDecoder.nameFor(input);
  const { format } = params;
  const known = { name: input.name, duration: stream.duration ?? input.duration };
  const segments = planSegments(params.place, params.seconds, known);
  const frameRate = params.frameRate ?? usualRate(format, stream.frameRate);
  const times = frameTimes(segments, frameRate);
  const form = format === 'mp4' ? VIDEO_FORM : RGB_FORM;
  const stack = new FrameStack(stream, { width: params.width, form, count: times.length });
  clock.end('open');
  try {
    await collect(search, stack, times, clock);
    const { data, effort, tries, ...reached } = await encode(stack, { ...params, frameRate }, context);
    clock.end('encode');
    const { length } = stack.frames;
    return {
      ...{ data, format, ...stack.size, frames: Math.ceil(length / effort.step), frameRate: frameRate / effort.step },
      ...{ duration: length / frameRate, segments, quality: undefined, bitrate: undefined, encoder: undefined },
      ...{ ...reached, tries, decoder, timings: clock.timings(), log: await takeLog() },
    };
  } finally {
    stack.close();
  }
}

/** Takes the picture on display at each time; a video that ends earlier than its headers say gives fewer. */
async function collect(
  search: PictureSearch,
  stack: FrameStack,
  times: readonly number[],
  clock: StageClock,
): Promise<void> {
  const selection = { kind: 'times', times, places: times.map((_, i) => i) } as const;
  let last: number | undefined;
  try {
    const choice = { selection, precision: 'exact', from: 0, to: null, count: null } as const;
    for await (const { picture, time } of search.choose(choice)) {
      clock.end('decode');
      if (time === last) stack.repeat();
      else stack.add(picture);
      last = time;
      clock.end('scale');
    }
  } catch (error) {
    if (!isFramerailError(error) || error.code !== 'FR_TIME_BEYOND_END' || stack.frames.length === 0) throw error;
  }
}

async function encode(
  stack: FrameStack,
  params: PreviewParams & { readonly frameRate: number },
  context: JobContext,
): Promise<
  Pick<Preview, 'data' | 'tries'> &
    Partial<Pick<Preview, 'quality' | 'bitrate' | 'encoder'>> & { readonly effort: { readonly step: number } }
> {
  const { format, maxBytes, video, frameRate } = params;
  const breathe: Breathe = () => context.breathe();
  // A single frame is an image that does not move.
  const efforts = EFFORTS.filter(({ step }) => step === 1 || step < stack.frames.length);
  if (format === 'webp') return withinBudget(maxBytes, efforts, (effort) => animatedWebp(stack, params, effort));
  if (format === 'gif' || video === null)
    return withinBudget(maxBytes, efforts, (effort) => animatedGif(stack, params, effort, breathe));
  const { length } = stack.frames;
  const budget = videoBudget(video.controls.maxBitrate ?? 0, length / frameRate, length);
  const { hardwareDoor } = await import('../../frames/index.js');
  const hardware = heldDoor(hardwareDoor(context, () => undefined));
  return withinBudget(Math.min(budget, maxBytes ?? budget), efforts, (effort) =>
    shortVideo(stack, { wish: video, frameRate }, effort, { hardware, breathe }),
  );
}
