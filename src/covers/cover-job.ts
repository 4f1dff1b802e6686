// The job behind `covers.make()`: pictures out of one video, images out of them. Runs in a worker, or inline for a
// one-shot command.
import { MediaInputHandle, takeLog, withLog, type Picture, type VideoStreamInfo } from '../av/index.js';
import type { JobContext } from '../workers/index.js';
import { BestFrames, KeyframeFinder, targetTime } from './choice/index.js';
import type { CoverParams, CoverPlace, CoverShape } from './cover-params.js';
import type { CoverSet, CoverShot, SetImage } from './cover.js';
import { encodeCover } from './images/index.js';
import { composeCover, isMuchSmaller } from './shape/index.js';
import { StageClock } from './stage-clock.js';

/** Runs the job. */
export default async function coverJob(rawParams: unknown, context: JobContext): Promise<CoverSet> {
  return withLog(async () => {
    const job = new CoverJob(rawParams as CoverParams, context);
    try {
      return await job.run(await job.open());
    } finally {
      job.close();
    }
  });
}

interface Opened {
  readonly input: MediaInputHandle;
  readonly stream: VideoStreamInfo;
}

class CoverJob {
  readonly #params: CoverParams;
  readonly #context: JobContext;
  readonly #clock = new StageClock();
  readonly #toClose: { close(): void }[] = [];
  #best: BestFrames | undefined;
  #taken = 0;

  constructor(params: CoverParams, context: JobContext) {
    this.#params = params;
    this.#context = context;
  }

  async run(opened: Opened): Promise<CoverSet> {
    const { places, shapes, image } = this.#params;
    const rough = shapes.every((shape) => isDecodedRoughly(opened.stream, shape));
    const breathe = (): undefined | Promise<void> => this.#context.breathe();
    const finder = new KeyframeFinder({ ...opened, rough, clock: this.#clock, breathe });
    this.#toClose.push(finder);
    const [images, shots]: [SetImage[], CoverShot[]] = [[], []];
    for (const [shot, place] of places.entries()) {
      const { picture, ...found } = await this.#find(place, opened, finder);
      shots.push({ ...found, damaged: picture.damaged });
      for (const shape of shapes) {
        const composed = composeCover(picture, opened.stream, shape);
        this.#clock.end('scale');
        images.push({ ...encodeCover(composed, image), shot });
        composed.close();
        this.#clock.end('encode');
      }
    }
    return { images, shots, decoder: finder.decoder, timings: this.#clock.timings(), log: await takeLog() };
  }

  /** The picture of a place, which is good until the next one is looked for. */
  async #find(
    place: CoverPlace,
    opened: Opened,
    finder: KeyframeFinder,
  ): Promise<Omit<CoverShot, 'damaged'> & { readonly picture: Picture }> {
    if (place.kind === 'best') {
      this.#best ??= await this.#choose(finder);
      return this.#best.take(this.#taken++);
    }
    const time = await targetTime(place, opened.input, opened.stream, finder.options.breathe);
    this.#clock.end('open');
    return finder.find(time);
  }

  async #choose(finder: KeyframeFinder): Promise<BestFrames> {
    this.#clock.end('open');
    const { best, places } = this.#params;
    const chosen = await BestFrames.choose({
      finder,
      reopen: () => this.open(),
      wanted: best.candidates,
      range: best,
      places: places.filter(({ kind }) => kind === 'best').length,
    });
    this.#toClose.push(chosen);
    return chosen;
  }

  /** Opens the input; it is closed with the job. */
  async open(): Promise<Opened> {
    const { source, readBlock } = this.#context;
    const input = await MediaInputHandle.open(source, { readBlock });
    this.#toClose.push(input);
    return { input, stream: input.selectVideo(this.#params.stream ?? undefined) };
  }

  /** Frees what is native, what was made last first. */
  close(): void {
    for (const one of this.#toClose.reverse()) one.close();
  }
}

function isDecodedRoughly({ stored }: VideoStreamInfo, { size }: CoverShape): boolean {
  return size !== null && isMuchSmaller(size, stored);
}
