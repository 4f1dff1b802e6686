// The time in a video that a wanted place stands for.
import { lastKeyframe, type Breathe, type MediaInputHandle, type VideoStreamInfo } from '../../av/index.js';
import type { TimedPlace } from '../cover-params.js';
import { beyondEnd } from './beyond-end.js';
import { isStill } from './still.js';

/**
 * The wanted time in seconds; one after the end that the header gives is only believed wrong by the packets.
 * Throws FR_TIME_BEYOND_END.
 */
export async function targetTime(
  place: TimedPlace,
  input: MediaInputHandle,
  stream: VideoStreamInfo,
  breathe: Breathe,
): Promise<number> {
  // A single picture is on display at all times.
  if (isStill(stream, input.container)) return 0;
  const duration = stream.duration ?? input.duration;
  // A file that does not say how long it is has a first frame all the same.
  if (place.kind === 'fraction') return (duration ?? 0) * place.fraction;
  const { seconds } = place;
  if (duration === undefined || seconds <= duration) return seconds;
  const end = await lastEnd(input, seconds, breathe);
  if (seconds <= end) return seconds;
  throw beyondEnd(input.name, seconds, end);
}

/** Where the last frame ends: headers leave out that a video may start late. */
async function lastEnd(input: MediaInputHandle, near: number, breathe: Breathe): Promise<number> {
  let end = 0;
  for (let packet = await lastKeyframe(input, near, breathe); packet !== undefined; packet = await input.readPacket()) {
    end = Math.max(end, (packet.time ?? 0) + packet.duration);
    await breathe();
  }
  return end;
}
