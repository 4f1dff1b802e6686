// The job behind `video.frames()` and `video.framesAt()`; runs in a worker.
import { takeLog, VideoDecoder, withLog } from '../av/index.js';
import type { JobContext } from '../workers/index.js';
import { SlotSink } from './frame-sink.js';
import { PictureSearch } from './picture-search.js';
import type { FramesParams, FramesResult } from './selection.js';
import { TensorSink } from './tensor-sink.js';

/** Runs the job. */
export default async function framesJob(rawParams: unknown, context: JobContext): Promise<FramesResult> {
  const params = rawParams as FramesParams;
  return withLog(async () => {
    const search = new PictureSearch(params, context);
    try {
      return await deliver(search, params, context);
    } finally {
      search.close();
    }
  });
}

async function deliver(search: PictureSearch, params: FramesParams, context: JobContext): Promise<FramesResult> {
  const { input, stream } = await search.open();
  const decoder = VideoDecoder.nameFor(input);
  const sink = params.gather === null ? new SlotSink(params, stream, context) : new TensorSink(params, stream, context);
  let damagedFrames = 0;
  let frames = 0;
  try {
    for await (const chosen of search.choose(params)) {
      await sink.take(chosen);
      frames += 1;
      if (chosen.picture.damaged) damagedFrames += 1;
    }
    sink.finish();
  } finally {
    sink.close();
  }
  const { decoded, damagedPackets, late } = search;
  return { frames, late, decoded, damagedFrames, damagedPackets, decoder, log: await takeLog() };
}
