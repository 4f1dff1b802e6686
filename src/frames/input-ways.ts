// The ways to the pictures of one input: sampled, or walked through where packets do not tell which are shown.
import { availableParallelism } from 'node:os';
import {
  VideoDecoder,
  type Breathe,
  type DecoderOptions,
  type MediaInputHandle,
  type Picture,
  type VideoStreamInfo,
} from '../av/index.js';
import { FramerailError } from '../base/index.js';
import type { Ways } from './choose.js';
import type { Lateness } from './lateness.js';
import { Sampler } from './sampler.js';
import { Walker } from './walker.js';

/** An open input whose video stream is chosen. */
export interface OpenedVideo {
  readonly input: MediaInputHandle;
  readonly stream: VideoStreamInfo;
}

/** What the ways work with. */
export interface InputWaysOptions {
  readonly opened: OpenedVideo;
  /** Opens the same input once more; whoever opens it closes it. */
  readonly reopen: () => Promise<OpenedVideo>;
  /** Decoder threads; 0 for as many as there are cores. */
  readonly threads: number;
  /** What else is asked of the decoders. */
  readonly decoding?: Pick<DecoderOptions, 'alpha' | 'limits' | 'rough'>;
  /** Pictures that may be decoded; one more is FR_INPUT_LIMIT. @defaultValue as many as it takes */
  readonly maxDecoded?: number;
  /** Called for every packet; throws to stop. */
  readonly breathe: Breathe;
  /** Whether a walk through an input that cannot seek is for its keyframes. */
  readonly keyframesOnly: boolean;
  readonly lateness?: Lateness | undefined;
}

/** The ways to the pictures of one input; `close` frees the decoders. */
export class InputWays implements Ways<Picture> {
  readonly timed: boolean;
  readonly #options: InputWaysOptions;
  readonly #toClose: { close(): void }[] = [];
  #sampler: Sampler | undefined;
  #walked: { readonly walker: Walker; readonly decoder: VideoDecoder } | undefined;

  constructor(options: InputWaysOptions) {
    const { input } = options.opened;
    this.#options = options;
    // Packets are read ahead and gone back to: what comes in order, once, is walked through.
    this.timed = !input.untimed && input.seekable;
  }

  /** Whether anything was decoded or refused to be. */
  get tried(): boolean {
    return this.#walked !== undefined || this.#sampler?.tried === true;
  }

  /** Pictures decoded so far. */
  get decoded(): number {
    return (this.#sampler?.decoded ?? 0) + (this.#walked?.walker.decoded ?? 0);
  }

  /** Packets that the decoders refused. */
  get damagedPackets(): number {
    return (this.#sampler?.damagedPackets ?? 0) + (this.#walked?.decoder.damagedPackets ?? 0);
  }

  /** Times that the sampler gave up are walked to in an input of their own: nothing is left of where it was. */
  async walk(): Promise<Walker> {
    const { opened, reopen, threads, decoding, keyframesOnly, lateness } = this.#options;
    const { input } = this.#sampler === undefined ? opened : await reopen();
    const decoder = VideoDecoder.open(input, { ...decoding, threads });
    this.#toClose.push(decoder);
    const walker = new Walker(input, decoder, {
      // Where keyframes can be sampled nobody walks for them, unless what they miss is wanted.
      keyframesOnly: keyframesOnly && !input.seekable,
      breathe: this.#breathe,
      lateness,
    });
    this.#toClose.push(walker);
    this.#walked = { walker, decoder };
    return walker;
  }

  sample(): Sampler | undefined {
    const { opened, decoding, threads } = this.#options;
    if (!opened.input.seekable) return undefined;
    this.#sampler = new Sampler({
      ...opened,
      decoding: { ...decoding, threads: threads === 0 ? availableParallelism() : threads },
      breathe: this.#breathe,
    });
    return this.#sampler;
  }

  readonly #breathe: Breathe = () => {
    const { maxDecoded = Number.POSITIVE_INFINITY, opened, breathe } = this.#options;
    if (this.decoded <= maxDecoded) return breathe();
    throw new FramerailError(
      'FR_INPUT_LIMIT',
      `${opened.input.name} has its keyframes so far apart that more than ${String(maxDecoded)} frames would have to be decoded for what is wanted; take keyframes, or raise the limit.`,
      { details: { maxDecoded } },
    );
  };

  /** Frees what is native, what was made last first. */
  close(): void {
    for (const one of this.#toClose.reverse()) one.close();
  }
}
