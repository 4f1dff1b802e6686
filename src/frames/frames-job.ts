// The job behind `video.frames()` and `video.framesAt()`; runs in a worker.
import { MediaInputHandle, takeLog, VideoDecoder, withLog, type VideoStreamInfo } from '../av/index.js';
import { FramerailError } from '../base/index.js';
import type { JobContext } from '../workers/index.js';
import { chooseFrames } from './choose.js';
import { Lateness } from './lateness.js';
import { SlotSink } from './frame-sink.js';
import type { FramesParams, FramesResult } from './selection.js';
import { TensorSink } from './tensor-sink.js';
import { Walker } from './walker.js';

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
  const lateness = params.maxDelay === null ? undefined : new Lateness(params.maxDelay / 1000);
  const walker = new Walker(input, decoder, {
    lateness,
    keyframesOnly: params.selection.kind === 'keyframes',
    breathe: () => context.breathe(),
  });
  const sink = params.gather === null ? new SlotSink(params, stream, context) : new TensorSink(params, stream, context);
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
  return {
    frames,
    late: lateness?.skipped ?? 0,
    decoded: walker.decoded,
    damagedFrames,
    damagedPackets,
    decoder: name,
    log: await takeLog(),
  };
}
