// The job behind `video.frames()` and `video.framesAt()` where commands run: pictures from ffmpeg's pipe into slots.
import { FramerailError } from '../../base/index.js';
import { pickVideo } from '../../sources/index.js';
import { CommandSession } from '../../spawned/index.js';
import type { JobContext } from '../../workers/index.js';
import { chooseFrames, type Ways } from '../choose.js';
import type { FramesParams, FramesResult } from '../selection.js';
import { commandSink } from './command-sinks.js';
import { CommandWalk } from './command-walk.js';
import type { RawPicture } from './raw-picture.js';
import { decoderOf, readHeaders } from './headers.js';

/** Runs the job. */
export default async function spawnedFramesJob(rawParams: unknown, context: JobContext): Promise<FramesResult> {
  const params = rawParams as FramesParams;
  const session = await CommandSession.open(context);
  try {
    return await deliver(session, params, context);
  } catch (error) {
    // Killed by a cancellation, a command looks as if it had failed.
    await context.breathe();
    throw error;
  } finally {
    await session.close();
  }
}

async function deliver(session: CommandSession, params: FramesParams, context: JobContext): Promise<FramesResult> {
  const { name } = session.source;
  const headers = await readHeaders(session);
  const stream = pickVideo(name, headers.streams, params.stream ?? undefined);
  const allowed = decoderOf(name, stream);
  const walk = new CommandWalk({ session, headers, stream, params, breathe: () => context.breathe() });
  // Commands tell nothing of packets beforehand: every way is a walk.
  const ways: Ways<RawPicture> = { walk: () => Promise.resolve(walk), sample: () => undefined, timed: false };
  const sink = commandSink(walk, params, context);
  let frames = 0;
  for await (const chosen of chooseFrames(ways, params, { name, duration: headers.duration })) {
    try {
      await sink.take(chosen);
    } catch (error) {
      throw await walk.explain(error);
    }
    frames += 1;
  }
  sink.finish();
  const { decoded, refusedPackets, decoder = allowed, log } = walk;
  if (decoded === 0) {
    const cause = log.find(({ level }) => level === 'error')?.text;
    throw new FramerailError(
      'FR_DECODE_NO_FRAME',
      `${name} has a video stream (${stream.codec}) but no frame of it could be decoded.${cause === undefined ? '' : ` FFmpeg says: ${cause}`}`,
      { details: { damagedPackets: refusedPackets, log } },
    );
  }
  return { frames, late: 0, decoded, damagedFrames: 0, damagedPackets: refusedPackets, decoder, log };
}
