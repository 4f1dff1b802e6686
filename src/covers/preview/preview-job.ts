// The job behind `covers.preview()`: some seconds of a video, small, as an animated image or a short video. Runs in a
// worker.
import { takeLog, VideoDecoder, withLog, type Breathe } from '../../av/index.js';
import { FramerailError } from '../../base/index.js';
import type { OpenedVideo } from '../../frames/index.js';
import type { JobContext } from '../../workers/index.js';
import { JobInputs } from '../job-inputs.js';
import { StageClock } from '../stage-clock.js';
import { animatedGif } from './animated-gif.js';
import { animatedWebp } from './animated-webp.js';
import { bestMoments, type MomentOptions } from './best-moments.js';
import { EFFORTS, withinBudget } from './budget.js';
import { FrameStack } from './frame-stack.js';
import { heldDoor } from './held-door.js';
import type { PreviewParams } from './preview-params.js';
import type { Preview, PreviewSegment } from './preview.js';
import { frameTimes, planSegments, segmentsAround, usualRate, type KnownVideo } from './segments.js';
import { shortVideo, videoBudget } from './short-video.js';

/** Runs the job. */
export default async function previewJob(rawParams: unknown, context: JobContext): Promise<Preview> {
  const params = rawParams as PreviewParams;
  return withLog(async () => {
    const inputs = new JobInputs(context, params.stream);
    try {
      return await makePreview(inputs, params, context);
    } finally {
      inputs.close();
    }
  });
}

async function makePreview(inputs: JobInputs, params: PreviewParams, context: JobContext): Promise<Preview> {
  const clock = new StageClock();
  const opened = await inputs.open();
  const { input, stream } = opened;
  const decoder = VideoDecoder.nameFor(input, true);
  const { format } = params;
  const known = { name: input.name, duration: stream.duration ?? input.duration };
  const breathe: Breathe = () => context.breathe();
  const reopen = (): Promise<OpenedVideo> => inputs.open();
  const segments = await chooseSegments({ opened, reopen, limits: params.limits, clock, breathe }, params, known);
  const frameRate = params.frameRate ?? usualRate(format, stream.frameRate);
  const times = frameTimes(segments, frameRate);
  const samples = format === 'mp4' ? 'yuv420p' : 'rgb24';
  const stack = new FrameStack(opened, { width: params.width, format: samples, count: times.length });
  clock.end('open');
  try {
    await collect({ opened, reopen, breathe }, stack, times, clock);
    const { data, effort, tries, ...reached } = await encode(stack, { ...params, frameRate }, context);
    clock.end('encode');
    const { length } = stack.frames;
    return {
      ...{ data, format, ...stack.size, frames: Math.ceil(length / effort.step), frameRate: frameRate / effort.step },
      ...{ duration: length / frameRate, segments, quality: undefined, bitrate: undefined, encoder: undefined },
      ...{ ...reached, tries, toneMapped: stack.toneMapped, decoder, timings: clock.timings(), log: await takeLog() },
    };
  } finally {
    stack.close();
  }
}

/** Which seconds are shown; the best are found by looking at the video. */
async function chooseSegments(
  search: MomentOptions,
  { place, seconds }: PreviewParams,
  known: KnownVideo,
): Promise<PreviewSegment[]> {
  if (place.kind !== 'best') return planSegments(place, seconds, known);
  const { opened, reopen, clock } = search;
  clock.end('open');
  // What others read does not come again.
  const moments = await bestMoments({ ...search, opened: opened.input.goesBack ? opened : await reopen() });
  const around = segmentsAround(moments, { segments: place.segments, seconds }, known);
  return around.map(({ start, end, moment }) => ({ start, end, best: moment }));
}

/** Where pictures are taken from. */
interface PictureSource {
  readonly opened: OpenedVideo;
  readonly reopen: () => Promise<OpenedVideo>;
  readonly breathe: Breathe;
}

/** Takes the picture on display at each time; a video that does not say how long it is may end before. */
async function collect(
  source: PictureSource,
  stack: FrameStack,
  times: readonly number[],
  clock: StageClock,
): Promise<void> {
  // Loaded only now: workers that make covers alone start without it.
  const { loadExactPictures } = await import('../../frames/index.js');
  const exactPictures = await loadExactPictures();
  let last: number | undefined;
  const options = { ...source, threads: 0, decoding: { alpha: true } };
  for await (const { picture, time } of exactPictures(options, times, Number.POSITIVE_INFINITY)) {
    clock.end('decode');
    if (time === last) stack.repeat();
    else stack.add(picture);
    last = time;
    clock.end('scale');
  }
  if (last !== undefined) return;
  const { input, stream } = source.opened;
  throw new FramerailError(
    'FR_DECODE_NO_FRAME',
    `${input.name} has a video stream (${stream.codec}) but no frame of it could be decoded there.`,
  );
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
