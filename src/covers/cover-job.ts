// The job behind `covers.make()`: pictures out of one video, images out of them. Runs in a worker, or inline for a
// one-shot command.
import { MediaInputHandle, takeLog, VideoDecoder, withLog, type LogLine } from '../av/index.js';
import type { JobContext } from '../workers/index.js';
import { takeShots, type OpenedVideo, type Shot } from './choice/index.js';
import type { CoverJobParams } from './cover-params.js';
import type { CoverShot, MadeCovers, SetImage } from './cover.js';
import { embedPicture } from './embedding/index.js';
import { composedFormat, encodeCover } from './images/index.js';
import { preparePicture } from './picture/index.js';
import { CoverComposer, isMuchSmaller } from './shape/index.js';
import { StageClock } from './stage-clock.js';

/** Runs the job. */
export default async function coverJob(rawParams: unknown, context: JobContext): Promise<MadeCovers> {
  const params = rawParams as CoverJobParams;
  return withLog(async () => {
    const inputs: MediaInputHandle[] = [];
    const open = async (): Promise<OpenedVideo> => {
      const { limits } = params;
      const input = await MediaInputHandle.open(context.source, { readBlock: context.readBlock, limits });
      inputs.push(input);
      return { input, stream: input.selectVideo(params.stream ?? undefined, limits) };
    };
    try {
      return await makeCovers(params, context, open);
    } finally {
      for (const input of inputs) input.close();
    }
  });
}

async function makeCovers(
  params: CoverJobParams,
  context: JobContext,
  open: () => Promise<OpenedVideo>,
): Promise<MadeCovers> {
  const clock = new StageClock();
  const first = await open();
  const rough = params.shapes.every(({ size }) => size !== null && isMuchSmaller(size, first.stream.stored));
  const breathe = (): undefined | Promise<void> => context.breathe();
  const shots = takeShots({ open, first, limits: params.limits, rough, clock, breathe }, params);
  const made: ShotCovers[] = [];
  for await (const shot of shots) made[shot.place] = await coversOf(shot, first, { params, rough, clock, breathe });
  return {
    images: made.flatMap(({ images }) => images),
    shots: made.map(({ shot }) => shot),
    decoder: VideoDecoder.nameFor(first.input, true),
    timings: clock.timings(),
    log: [...warnings(first), ...(await takeLog())],
    ...(params.embed === true && { embedding: made[0]?.embedding }),
  };
}

/** What is known to be wrong with the pictures. */
function warnings({ input }: OpenedVideo): LogLine[] {
  if (!input.dolbyVisionOnly) return [];
  return [{ level: 'warning', text: `${input.name} is Dolby Vision of profile 5: its colours are not shown right.` }];
}

/** How images are made of a picture. */
interface ImageWork {
  readonly params: CoverJobParams;
  readonly rough: boolean;
  readonly clock: StageClock;
  readonly breathe: () => undefined | Promise<void>;
}

/** What came of one picture. */
interface ShotCovers {
  readonly images: SetImage[];
  readonly shot: CoverShot;
  /** What the first image looks like. */
  readonly embedding: Float32Array | undefined;
}

/** The images of one picture, in all shapes. */
async function coversOf(
  { place, picture, pts, choice }: Shot,
  { input, stream }: OpenedVideo,
  { params, rough, clock, breathe }: ImageWork,
): Promise<ShotCovers> {
  const { damaged } = picture;
  const prepared = preparePicture(picture, {
    name: input.name,
    container: input.color,
    limits: params.limits,
    small: rough,
  });
  const images: SetImage[] = [];
  let embedding: Float32Array | undefined;
  try {
    const composer = new CoverComposer(prepared.picture, stream, composedFormat(params.image.format));
    for (const shape of params.shapes) {
      const { picture: composed, crop, attention } = composer.compose(shape);
      clock.end('scale');
      try {
        if (params.embed === true && place === 0) embedding ??= embedPicture(composed);
        images.push({ ...(await encodeCover(composed, params.image, breathe)), crop, attention, shot: place });
      } finally {
        composed.close();
      }
      clock.end('encode');
      await breathe();
    }
    return { images, shot: { pts, damaged, toneMapped: prepared.toneMapped, choice }, embedding };
  } finally {
    prepared.close();
  }
}
