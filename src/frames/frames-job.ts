// The job behind `video.frames()` and `video.framesAt()`; runs in a worker.
import { availableParallelism } from 'node:os';
import { MediaInputHandle, takeLog, VideoDecoder, withLog, type Picture, type VideoStreamInfo } from '../av/index.js';
import { FramerailError, invariant } from '../base/index.js';
import type { JobContext } from '../workers/index.js';
import { chooseFrames, type Ways } from './choose.js';
import { Lateness } from './lateness.js';
import { SlotSink } from './frame-sink.js';
import { Sampler } from './sampler.js';
import type { FramesParams, FramesResult } from './selection.js';
import { TensorSink } from './tensor-sink.js';
import { Walker } from './walker.js';

/** Runs the job. */
export default async function framesJob(rawParams: unknown, context: JobContext): Promise<FramesResult> {
  const params = rawParams as FramesParams;
  return withLog(async () => {
    const job = new FramesJob(params, context);
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

class FramesJob implements Ways<Picture> {
  timed = true;
  readonly #params: FramesParams;
  readonly #context: JobContext;
  readonly #lateness: Lateness | undefined;
  readonly #toClose: { close(): void }[] = [];
  #first: Opened | undefined;
  #sampler: Sampler | undefined;
  #walked: { readonly walker: Walker; readonly decoder: VideoDecoder } | undefined;

  constructor(params: FramesParams, context: JobContext) {
    this.#params = params;
    this.#context = context;
    this.#lateness = params.maxDelay === null ? undefined : new Lateness(params.maxDelay / 1000);
  }

  async run({ input, stream }: Opened): Promise<FramesResult> {
    const params = this.#params;
    const context = this.#context;
    this.#first = { input, stream };
    const decoder = VideoDecoder.nameFor(input);
    // Packets are read ahead and gone back to: what comes in order, once, is walked through.
    this.timed = !input.untimed && input.seekable;
    const sink =
      params.gather === null ? new SlotSink(params, stream, context) : new TensorSink(params, stream, context);
    let damagedFrames = 0;
    let frames = 0;
    try {
      for await (const chosen of chooseFrames(this, params, { name: input.name, duration: input.duration })) {
        await sink.take(chosen);
        frames += 1;
        if (chosen.picture.damaged) damagedFrames += 1;
      }
      sink.finish();
    } finally {
      sink.close();
    }
    const decoded = (this.#sampler?.decoded ?? 0) + (this.#walked?.walker.decoded ?? 0);
    const damagedPackets = (this.#sampler?.damagedPackets ?? 0) + (this.#walked?.decoder.damagedPackets ?? 0);
    if ((this.#walked !== undefined || this.#sampler?.tried === true) && decoded === 0)
      throw new FramerailError(
        'FR_DECODE_NO_FRAME',
        `${input.name} has a video stream (${stream.codec}) but no frame of it could be decoded.`,
        {
          details: { damagedPackets },
        },
      );
    const late = this.#lateness?.skipped ?? 0;
    return { frames, late, decoded, damagedFrames, damagedPackets, decoder, log: await takeLog() };
  }

  /** Times that the sampler gave up are walked to in an input of their own: nothing is left of where it was. */
  async walk(): Promise<Walker> {
    const { input } = this.#sampler === undefined && this.#first !== undefined ? this.#first : await this.open();
    const decoder = VideoDecoder.open(input, { threads: this.#params.threads });
    this.#toClose.push(decoder);
    const { selection, precision } = this.#params;
    const walker = new Walker(input, decoder, {
      // Where keyframes can be sampled nobody walks for them, unless what they miss is wanted.
      keyframesOnly: !input.seekable && (selection.kind === 'keyframes' || precision === 'keyframe'),
      breathe: () => this.#context.breathe(),
      lateness: this.#lateness,
    });
    this.#toClose.push(walker);
    this.#walked = { walker, decoder };
    return walker;
  }

  sample(): Sampler | undefined {
    const { threads } = this.#params;
    invariant(this.#first, 'an opened input');
    if (!this.#first.input.seekable) return undefined;
    this.#sampler = new Sampler({
      ...this.#first,
      threads: threads === 0 ? availableParallelism() : threads,
      breathe: () => this.#context.breathe(),
    });
    return this.#sampler;
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
