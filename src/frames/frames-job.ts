// The job behind `video.frames()` and `video.framesAt()`; runs in a worker.
import { MediaInputHandle, takeLog, VideoDecoder, withLog } from '../av/index.js';
import { FramerailError } from '../base/index.js';
import type { JobContext } from '../workers/index.js';
import { chooseFrames } from './choose.js';
import { SlotSink } from './frame-sink.js';
import { InputWays, type OpenedVideo } from './input-ways.js';
import { Lateness } from './lateness.js';
import type { FramesParams, FramesResult } from './selection.js';
import { TensorSink } from './tensor-sink.js';

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

class FramesJob {
  readonly #params: FramesParams;
  readonly #context: JobContext;
  readonly #lateness: Lateness | undefined;
  readonly #toClose: { close(): void }[] = [];

  constructor(params: FramesParams, context: JobContext) {
    this.#params = params;
    this.#context = context;
    this.#lateness = params.maxDelay === null ? undefined : new Lateness(params.maxDelay / 1000);
  }

  async run(opened: OpenedVideo): Promise<FramesResult> {
    const params = this.#params;
    const context = this.#context;
    const { input, stream } = opened;
    const decoder = VideoDecoder.nameFor(input);
    const ways = new InputWays({
      opened,
      reopen: () => this.open(),
      threads: params.threads,
      breathe: () => context.breathe(),
      keyframesOnly: params.selection.kind === 'keyframes' || params.precision === 'keyframe',
      lateness: this.#lateness,
    });
    this.#toClose.push(ways);
    const sink =
      params.gather === null ? new SlotSink(params, stream, context) : new TensorSink(params, stream, context);
    let damagedFrames = 0;
    let frames = 0;
    try {
      for await (const chosen of chooseFrames(ways, params, { name: input.name, duration: input.duration })) {
        await sink.take(chosen);
        frames += 1;
        if (chosen.picture.damaged) damagedFrames += 1;
      }
      sink.finish();
    } finally {
      sink.close();
    }
    const { decoded, damagedPackets } = ways;
    if (ways.tried && decoded === 0)
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

  /** Opens the input; it is closed with the job. */
  async open(): Promise<OpenedVideo> {
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
