// The job behind `covers.make()`: pictures out of one video, images out of them. Runs in a worker, or inline for a
// one-shot command.
import { MediaInputHandle, takeLog, withLog, type VideoStreamInfo } from '../av/index.js';
import type { JobContext } from '../workers/index.js';
import { KeyframeFinder, targetTime } from './choice/index.js';
import type { CoverParams } from './cover-params.js';
import type { CoverSet, CoverShot, SetImage } from './cover.js';
import { encodeCover } from './images/index.js';
import { composeCover, isMuchSmaller } from './shape/index.js';
import { StageClock } from './stage-clock.js';

/** Runs the job. */
export default async function coverJob(rawParams: unknown, context: JobContext): Promise<CoverSet> {
  const params = rawParams as CoverParams;
  return withLog(async () => {
    const clock = new StageClock();
    const input = await MediaInputHandle.open(context.source, { readBlock: context.readBlock });
    try {
      return await makeCovers({ input, stream: input.selectVideo(params.stream ?? undefined), params, context, clock });
    } finally {
      input.close();
    }
  });
}

interface Work {
  readonly input: MediaInputHandle;
  readonly stream: VideoStreamInfo;
  readonly params: CoverParams;
  readonly context: JobContext;
  readonly clock: StageClock;
}

async function makeCovers({ input, stream, params, context, clock }: Work): Promise<CoverSet> {
  const breathe = (): undefined | Promise<void> => context.breathe();
  const rough = params.shapes.every(({ size }) => size !== null && isMuchSmaller(size, stream.stored));
  const finder = new KeyframeFinder({ input, stream, rough, clock, breathe });
  const [images, shots]: [SetImage[], CoverShot[]] = [[], []];
  try {
    for (const [shot, place] of params.places.entries()) {
      const time = await targetTime(place, input, stream, breathe);
      clock.end('open');
      const { picture, pts } = await finder.find(time);
      shots.push({ pts, damaged: picture.damaged });
      for (const shape of params.shapes) {
        const composed = composeCover(picture, stream, shape);
        clock.end('scale');
        images.push({ ...encodeCover(composed, params.image), shot });
        composed.close();
        clock.end('encode');
      }
    }
    return { images, shots, decoder: finder.decoder, timings: clock.timings(), log: await takeLog() };
  } finally {
    finder.close();
  }
}
