// The job behind `video.frames()` and `video.framesAt()`; runs in a worker.
import { MediaInputHandle, takeLog, VideoDecoder, withLog, type VideoStreamInfo } from '../av/index.js';
import { FramerailError } from '../base/index.js';
import type { PictureLayout } from '../pixels/index.js';
import type { JobContext } from '../workers/index.js';
import { chooseFrames, type Chosen } from './choose.js';
import { FrameWriter } from './frame-writer.js';
import type { FrameFacts, FramesParams, FramesResult } from './selection.js';
import { Walker } from './walker.js';

/** The one event of this job: how the frames that follow are laid out. */
export interface LayoutEvent {
  readonly layout: PictureLayout;
}

/** Runs the job. */
export default async function framesJob(rawParams: unknown, context: JobContext): Promise<FramesResult> {
  const params = rawParams as FramesParams;
  return withLog(async () => {
    const input = await MediaInputHandle.open(context.source, { readBlock: context.readBlock });
    try {
      const stream = input.selectVideo(params.stream ?? undefined);
      const decoder = VideoDecoder.open(input, { threads: params.threads });
      try {
        return await deliver(input, stream, decoder, params, context);
      } finally {
        decoder.close();
      }
    } finally {
      input.close();
    }
  });
}

async function deliver(
  input: MediaInputHandle,
  stream: VideoStreamInfo,
  decoder: VideoDecoder,
  params: FramesParams,
  context: JobContext,
): Promise<FramesResult> {
  const walker = new Walker(input, decoder, {
    keyframesOnly: params.selection.kind === 'keyframes',
    breathe: () => context.breathe(),
  });
  const sink = params.gather === null ? new SlotSink(params, stream, context) : new GatherSink(params, stream, context);
  let damagedFrames = 0;
  let frames = 0;
  try {
    for await (const chosen of chooseFrames(walker, params, { name: input.name, duration: input.duration })) {
      await sink.take(chosen);
      frames += 1;
      if (chosen.picture.damaged) damagedFrames += 1;
    }
    sink.finish();
    if (walker.decoded === 0)
      throw new FramerailError(
        'FR_DECODE_NO_FRAME',
        `${input.name} has a video stream (${stream.codec}) but no frame of it could be decoded.`,
        {
          details: { damagedPackets: decoder.damagedPackets },
        },
      );
  } finally {
    sink.close();
    walker.close();
  }
  const { damagedPackets, name } = decoder;
  return { frames, decoded: walker.decoded, damagedFrames, damagedPackets, decoder: name, log: await takeLog() };
}

/** One slot for each frame. */
class SlotSink {
  readonly #params: FramesParams;
  readonly #stream: VideoStreamInfo;
  readonly #context: JobContext;
  #writer: FrameWriter | undefined;

  constructor(params: FramesParams, stream: VideoStreamInfo, context: JobContext) {
    this.#params = params;
    this.#stream = stream;
    this.#context = context;
  }

  async take(chosen: Chosen): Promise<void> {
    this.#writer ??= await this.#start(chosen);
    const waiting = this.#context.slot();
    const slot = waiting instanceof Promise ? await waiting : waiting;
    this.#writer.write(chosen.picture, slot.bytes, slot.index);
    this.#context.emit(slot, this.#writer.layout.byteLength, factsOf(chosen, this.#params));
  }

  async #start(first: Chosen): Promise<FrameWriter> {
    const writer = new FrameWriter(this.#params, this.#stream, first.picture);
    await this.#context.reserve(writer.layout.byteLength);
    this.#context.event({ layout: writer.layout } satisfies LayoutEvent);
    return writer;
  }

  finish(): void {
    // Every frame was emitted as it came.
  }

  close(): void {
    this.#writer?.close();
  }
}

/** One slot for all frames, one after another: a tensor. */
class GatherSink {
  readonly #params: FramesParams;
  readonly #stream: VideoStreamInfo;
  readonly #context: JobContext;
  readonly #facts: FrameFacts[] = [];
  #writer: FrameWriter | undefined;
  #memory: { readonly index: number; readonly bytes: Buffer } | undefined;
  #planes: Buffer | undefined;

  constructor(params: FramesParams, stream: VideoStreamInfo, context: JobContext) {
    // Planes of one colour each are what libav calls gbrp, in another order.
    this.#params = params.gather === 'nchw' ? { ...params, format: 'gbrp' } : params;
    this.#stream = stream;
    this.#context = context;
  }

  async take(chosen: Chosen): Promise<void> {
    this.#writer ??= await this.#start(chosen);
    const { byteLength } = this.#writer.layout;
    if (this.#memory === undefined) return;
    const facts = factsOf(chosen, this.#params);
    const place = this.#memory.bytes.subarray(facts.index * byteLength, (facts.index + 1) * byteLength);
    if (this.#planes === undefined) {
      this.#writer.write(chosen.picture, place, chosen.index);
    } else {
      this.#writer.write(chosen.picture, this.#planes, 0);
      const third = byteLength / 3;
      for (const [to, from] of [2, 0, 1].entries())
        place.set(this.#planes.subarray(from * third, (from + 1) * third), to * third);
    }
    this.#facts[facts.index] = facts;
  }

  async #start(first: Chosen): Promise<FrameWriter> {
    const { selection } = this.#params;
    const count = selection.kind === 'times' ? selection.times.length : 1;
    const writer = new FrameWriter(this.#params, this.#stream, first.picture);
    const { layout } = writer;
    await this.#context.reserve(layout.byteLength * count);
    this.#context.event({ layout } satisfies LayoutEvent);
    this.#memory = await this.#context.slot();
    if (this.#params.gather === 'nchw') this.#planes = Buffer.alloc(layout.byteLength);
    return writer;
  }

  finish(): void {
    if (this.#memory === undefined || this.#writer === undefined) return;
    this.#context.emit(this.#memory, this.#writer.layout.byteLength * this.#facts.length, this.#facts);
  }

  close(): void {
    this.#writer?.close();
  }
}

function factsOf({ picture, time, duration, index }: Chosen, { selection }: FramesParams): FrameFacts {
  const place = selection.kind === 'times' ? (selection.places[index] ?? index) : index;
  return { pts: time, duration, keyframe: picture.keyframe, damaged: picture.damaged, index: place };
}
