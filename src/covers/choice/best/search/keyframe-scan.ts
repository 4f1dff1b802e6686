// Finds keyframes by reading a video from front to back: where nobody knows how long it is, or nothing can be sought.
import type { Breathe, KeptPacket, MediaInputHandle } from '../../../../av/index.js';

/** A keyframe that was kept. */
export interface ScannedKeyframe {
  readonly packet: KeptPacket;
  /** Seconds from the start of the video. */
  readonly time: number;
  /** Bytes of the packets after it, as far as they were counted, and how many these are. */
  following: { bytes: number; packets: number };
}

/** What reading a video showed. */
export interface Scan {
  /** Some of the keyframes, evenly spread, in order of time. */
  readonly keyframes: readonly ScannedKeyframe[];
  /** Where the last packet ends, in seconds. */
  readonly end: number;
}

/** Keyframes that are kept for each that is wanted: enough to choose even ones once the end is known. */
const SPARE = 4;
/** Compressed data that is kept at most. */
const BYTES = 64 * 1024 * 1024;

/**
 * Reads all packets. Whenever there are too many keyframes every second one is dropped, and from then on only every second
 * one of those that come is kept. The caller closes the packets.
 * @param ahead - packets after a keyframe whose bytes are counted
 */
export async function scanKeyframes(
  input: MediaInputHandle,
  wanted: number,
  ahead: number,
  breathe: Breathe,
): Promise<Scan> {
  let keyframes: ScannedKeyframe[] = [];
  let [seen, step, bytes, end] = [0, 1, 0, 0];
  let current: ScannedKeyframe | undefined;
  try {
    for (let facts = await input.readPacket(); facts !== undefined; facts = await input.readPacket()) {
      await breathe();
      const time = facts.time ?? end;
      end = Math.max(end, time + facts.duration);
      if (!facts.keyframe) {
        if (current !== undefined && current.following.packets < ahead) {
          current.following.bytes += facts.size;
          current.following.packets += 1;
        }
        continue;
      }
      current = undefined;
      if (seen++ % step !== 0) continue;
      current = { packet: input.keep(facts), time, following: { bytes: 0, packets: 0 } };
      keyframes.push(current);
      bytes += facts.size;
      while (keyframes.length > 1 && (keyframes.length > SPARE * wanted || bytes > BYTES)) {
        for (const [index, { packet }] of keyframes.entries()) if (index % 2 === 1) packet.close();
        keyframes = keyframes.filter((_, index) => index % 2 === 0);
        bytes = keyframes.reduce((sum, { packet }) => sum + packet.facts.size, 0);
        step *= 2;
      }
    }
    return { keyframes, end };
  } catch (error) {
    for (const { packet } of keyframes) packet.close();
    throw error;
  }
}
