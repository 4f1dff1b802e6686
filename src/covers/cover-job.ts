// The job behind `covers.make()`: pictures out of one video, images out of them. Runs in a worker, or inline for a
// one-shot command.
import { MediaInputHandle, takeLog, VideoDecoder, withLog, type LogLine, type VideoStreamInfo } from '../av/index.js';
import type { JobContext } from '../workers/index.js';
import { exactShots, keyframeShots, type OpenedVideo, type Shot } from './choice/index.js';
import type { CoverParams, CoverShape } from './cover-params.js';
import type { CoverSet, CoverShot, SetImage } from './cover.js';
import { encodeCover } from './images/index.js';
import { preparePicture } from './picture/index.js';
import { composeCover } from './shape/index.js';
import { StageClock } from './stage-clock.js';

/** Runs the job. */
export default async function coverJob(rawParams: unknown, context: JobContext): Promise<CoverSet> {
  const params = rawParams as CoverParams;
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
  params: CoverParams,
  context: JobContext,
  open: () => Promise<OpenedVideo>,
): Promise<CoverSet> {
  const clock = new StageClock();
  const first = await open();
  const { limits, places, precision } = params;
  const rough = params.shapes.every((shape) => isMuchSmaller(first.stream, shape));
  const breathe = (): undefined | Promise<void> => context.breathe();
  const shots = (precision === 'exact' ? exactShots : keyframeShots)(
    { open, first, limits, rough, clock, breathe },
    places,
  );
  const made: { readonly images: SetImage[]; readonly shot: CoverShot }[] = [];
  for await (const shot of shots) made[shot.place] = coversOf(shot, first, { params, rough, clock });
  return {
    images: made.flatMap(({ images }) => images),
    shots: made.map(({ shot }) => shot),
    decoder: VideoDecoder.nameFor(first.input, true),
    timings: clock.timings(),
    log: [...warnings(first), ...(await takeLog())],
  };
}

/** What is known to be wrong with the pictures. */
function warnings({ input }: OpenedVideo): LogLine[] {
  if (!input.dolbyVisionOnly) return [];
  return [{ level: 'warning', text: `${input.name} is Dolby Vision of profile 5: its colours are not shown right.` }];
}

/** The images of one picture, in all shapes. */
function coversOf(
  { place, picture, pts }: Shot,
  { input, stream }: OpenedVideo,
  { params, rough, clock }: { readonly params: CoverParams; readonly rough: boolean; readonly clock: StageClock },
): { readonly images: SetImage[]; readonly shot: CoverShot } {
  const { damaged } = picture;
  const prepared = preparePicture(picture, {
    name: input.name,
    container: input.color,
    limits: params.limits,
    small: rough,
  });
  const images: SetImage[] = [];
  try {
    for (const shape of params.shapes) {
      const composed = composeCover(prepared.picture, stream, shape);
      clock.end('scale');
      images.push({ ...encodeCover(composed, params.image), shot: place });
      composed.close();
      clock.end('encode');
    }
    return { images, shot: { pts, damaged, toneMapped: prepared.toneMapped } };
  } finally {
    prepared.close();
  }
}

/** How much smaller a cover must be for the decoder to work roughly. */
const ROUGH_SCALE = 3;

function isMuchSmaller({ stored }: VideoStreamInfo, { size }: CoverShape): boolean {
  if (size === null) return false;
  // Either side may become either, as the picture may be turned.
  return Math.max(size.width, size.height) * ROUGH_SCALE <= Math.min(stored.width, stored.height);
}
