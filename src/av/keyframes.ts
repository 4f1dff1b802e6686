// Finds the keyframe for a time on any container; libav's own index cannot be asked through node-av.
import type { MediaInputHandle } from './input.js';
import type { PacketFacts } from './kept-packet.js';

/** How far the search first steps back where a container lands between keyframes. Seconds. */
const FIRST_STEP_BACK = 1;
/** Containers where one seek lands on the last keyframe: tried with MP4, MKV, WebM, AVI and FLV files. */
const EXACT = /^(mov|matroska|avi|flv|gif|apng)/;

/** Called for every packet that is read; throws to stop. */
export type Breathe = () => undefined | Promise<void>;

/**
 * Seeks so that the packet last read is a keyframe at or before `time`, mostly the last one.
 * @returns undefined where the container cannot seek, or has no such keyframe; the place in it is then unknown
 */
export async function seekKeyframe(
  input: MediaInputHandle,
  time: number,
  breathe: Breathe,
): Promise<PacketFacts | undefined> {
  for (let back = 0; ; back = back === 0 ? FIRST_STEP_BACK : back * 2) {
    const target = Math.max(0, time - back);
    if (!(await (target === 0 ? input.rewind() : input.seek(target)))) return undefined;
    const found = await nextKeyframe(input, time, breathe);
    if (found !== undefined || target === 0) return found;
  }
}

/**
 * Makes the last keyframe at or before `time` the current packet, or the first one after it where there is none before.
 * @returns undefined when the stream has no keyframe at all
 */
export async function lastKeyframe(
  input: MediaInputHandle,
  time: number,
  breathe: Breathe,
): Promise<PacketFacts | undefined> {
  if (EXACT.test(input.container) && (await input.seek(time))) {
    const found = await nextKeyframe(input, time, breathe);
    if (found !== undefined) return found;
  }
  // Between keyframes, or in a part of the file that is missing: start earlier and read on to the last one.
  let last = await seekKeyframe(input, time, breathe);
  if (last === undefined) {
    await input.rewind();
    last = await nextKeyframe(input, Number.POSITIVE_INFINITY, breathe);
  }
  for (let later = last; later !== undefined; later = await nextKeyframe(input, time, breathe)) {
    last = later;
    input.hold();
  }
  input.recall();
  return last;
}

/** Reads on to the next keyframe, if it is not after `time`. */
async function nextKeyframe(input: MediaInputHandle, time: number, breathe: Breathe): Promise<PacketFacts | undefined> {
  for (;;) {
    await breathe();
    const packet = await input.readPacket();
    if (packet === undefined || (packet.time !== undefined && packet.time > time)) return undefined;
    if (packet.keyframe) return packet;
  }
}
