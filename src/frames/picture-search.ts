// The ways to the pictures of one video, for jobs that choose among them: sampled where packets tell, else walked to.
import { availableParallelism } from 'node:os';
import { MediaInputHandle, VideoDecoder, type Picture, type VideoStreamInfo } from '../av/index.js';
import { FramerailError } from '../base/index.js';
import type { JobContext } from '../workers/index.js';
import { chooseFrames, type Chosen } from './choose.js';
import { Lateness } from './lateness.js';
import { Sampler } from './sampler.js';
import type { ChoiceParams } from './selection.js';
import { Walker } from './walker.js';

/** What a search is told. */
export interface SearchParams {
  /** The number of the video stream; null for the one that ffmpeg picks. */
  readonly stream: number | null;
  /** Decoder threads; 0 for as many as there are cores. */
  readonly threads: number;
  /** Milliseconds that a picture of a live input may be late; null for inputs that wait. */
  readonly maxDelay: number | null;
}

/** An opened input and its video. */
export interface OpenedVideo {
  readonly input: MediaInputHandle;
  readonly stream: VideoStreamInfo;
}

/** Opens one input and finds pictures in it; one per job. */
export class PictureSearch {
  readonly #params: SearchParams;
  readonly #context: JobContext;
  readonly #lateness: Lateness | undefined;
  readonly #toClose: { close(): void }[] = [];
  readonly #inputs: MediaInputHandle[] = [];
  readonly #samplers: Sampler[] = [];
  readonly #walks: { readonly walker: Walker; readonly decoder: VideoDecoder }[] = [];
  #first: OpenedVideo | undefined;
  /** Whether the first input may stand anywhere, as somebody has read from it. */
  #used = false;

  constructor(params: SearchParams, context: JobContext) {
    this.#params = params;
    this.#context = context;
    this.#lateness = params.maxDelay === null ? undefined : new Lateness(params.maxDelay / 1000);
  }

  /** Opens the input, once. Rejects with FR_INPUT_*. */
  async open(): Promise<OpenedVideo> {
    this.#first ??= await this.#open();
    return this.#first;
  }

  async #open(): Promise<OpenedVideo> {
    const { source, readBlock } = this.#context;
    const input = await MediaInputHandle.open(source, { readBlock });
    this.#toClose.push(input);
    this.#inputs.push(input);
    return { input, stream: input.selectVideo(this.#params.stream ?? undefined) };
  }

  /**
   * The chosen pictures in order of time; each is good until the next one is asked for.
   * Rejects with FR_DECODE_NO_FRAME where pictures were tried and none could be decoded.
   * @param rough - keyframes are shown at a third of their size at most: their decoders may leave out deblocking
   */
  async *choose(params: ChoiceParams, { rough = false } = {}): AsyncGenerator<Chosen> {
    const opened = await this.open();
    const { input, stream } = opened;
    const ways = {
      // Packets are read ahead and gone back to: what comes in order, once, is walked through.
      timed: !input.untimed && input.seekable,
      sample: () => (input.seekable ? this.#sample(opened, rough && params.precision === 'keyframe') : undefined),
      walk: () => this.#walk(params),
    };
    yield* chooseFrames<Picture>(ways, params, { name: input.name, duration: input.duration });
    const tried = this.#walks.length > 0 || this.#samplers.some((sampler) => sampler.tried);
    if (!tried || this.decoded > 0) return;
    throw new FramerailError(
      'FR_DECODE_NO_FRAME',
      `${input.name} has a video stream (${stream.codec}) but no frame of it could be decoded.`,
      { details: { damagedPackets: this.damagedPackets } },
    );
  }

  #sample(opened: OpenedVideo, rough: boolean): Sampler {
    const { threads } = this.#params;
    this.#used = true;
    const sampler = new Sampler({
      ...opened,
      threads: threads === 0 ? availableParallelism() : threads,
      rough,
      breathe: () => this.#context.breathe(),
    });
    this.#samplers.push(sampler);
    return sampler;
  }

  /** Times that a sampler gave up are walked to in an input of their own: nothing is left of where it was. */
  async #walk({ selection, precision }: ChoiceParams): Promise<Walker> {
    const { input } = this.#used ? await this.#open() : await this.open();
    this.#used = true;
    const decoder = VideoDecoder.open(input, { threads: this.#params.threads });
    this.#toClose.push(decoder);
    const walker = new Walker(input, decoder, {
      // Where keyframes can be sampled nobody walks for them, unless what they miss is wanted.
      keyframesOnly: !input.seekable && (selection.kind === 'keyframes' || precision === 'keyframe'),
      breathe: () => this.#context.breathe(),
      lateness: this.#lateness,
    });
    this.#toClose.push(walker);
    this.#walks.push({ walker, decoder });
    return walker;
  }

  /** Pictures decoded so far. */
  get decoded(): number {
    return sum(this.#samplers, ({ decoded }) => decoded) + sum(this.#walks, ({ walker }) => walker.decoded);
  }

  /** Packets that the decoders refused. */
  get damagedPackets(): number {
    const sampled = sum(this.#samplers, ({ damagedPackets }) => damagedPackets);
    return sampled + sum(this.#walks, ({ decoder }) => decoder.damagedPackets);
  }

  /** Seconds at which the video ends, as far as packets were read: containers that do not say it are read to their end. */
  get readEnd(): number {
    return Math.max(0, ...this.#inputs.map(({ readEnd }) => readEnd));
  }

  /** Pictures of a live input that came too late and were passed over. */
  get late(): number {
    return this.#lateness?.skipped ?? 0;
  }

  /** Frees what is native, what was made last first. */
  close(): void {
    for (const one of this.#toClose.reverse()) one.close();
  }
}

function sum<Item>(items: readonly Item[], count: (item: Item) => number): number {
  return items.reduce((total, item) => total + count(item), 0);
}
