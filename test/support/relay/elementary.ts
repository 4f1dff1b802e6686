// What tags hold against what a clip holds: coded slices, frames of sound, and when they are shown.
import { splitAnnexB } from '#dist/relay/elementary/annex-b.js';
import { ffmpeg, ffprobe } from '../ffmpeg.js';
import { isHeader } from './stream.js';
import { AUDIO, crcOf, VIDEO, type Tag } from './tags.js';

/** A slice or a frame, and when it is shown in milliseconds. */
export interface Unit {
  readonly crc: number;
  readonly shown: number;
}

/** Whether a NAL unit is a coded slice (H.264 table 7-1, H.265 table 7-1). */
function isSlice(codec: 'h264' | 'hevc', nal: Uint8Array): boolean {
  const first = nal[0] ?? 0;
  return codec === 'h264' ? (first & 31) >= 1 && (first & 31) <= 5 : first >> 1 < 32;
}

/** Checksums of all slices of a clip, in the order of decoding. */
export async function clipSlices(clip: string, codec: 'h264' | 'hevc'): Promise<number[]> {
  const filter = ['-c:v', 'copy', '-bsf:v', `${codec}_mp4toannexb`, '-f', codec, '-'];
  const bytes = await ffmpeg('-i', clip, '-map', '0:v', ...filter);
  return splitAnnexB(bytes)
    .filter((nal) => isSlice(codec, nal))
    .map(crcOf);
}

/** When the packets of a stream of a clip are shown, in milliseconds, in the order of decoding. */
export async function clipTimes(clip: string, stream: 'v:0' | 'a:0'): Promise<number[]> {
  const { packets } = await ffprobe('-select_streams', stream, '-show_entries', 'packet=pts_time', clip);
  return (packets as { pts_time: string }[]).map((packet) => Number(packet.pts_time) * 1000);
}

/** The slices in tags of video, of which each picture has one. */
export function taggedSlices(
  tags: readonly Pick<Tag, 'type' | 'timestamp' | 'payload'>[],
  codec: 'h264' | 'hevc',
): Unit[] {
  const units: Unit[] = [];
  // Enhanced tags have a FourCC ahead of the same three bytes.
  const head = codec === 'h264' ? 5 : 8;
  for (const { type, timestamp, payload } of tags) {
    if (type !== VIDEO || isHeader({ type, payload })) continue;
    const shown = timestamp + payload.readIntBE(head - 3, 3);
    for (let at = head; at + 4 <= payload.length;) {
      const end = at + 4 + payload.readUInt32BE(at);
      const nal = payload.subarray(at + 4, end);
      if (isSlice(codec, nal)) units.push({ crc: crcOf(nal), shown });
      at = end;
    }
  }
  return units;
}

/** Frames in tags of sound. @param head - bytes ahead of them */
export function taggedFrames(tags: readonly Pick<Tag, 'type' | 'timestamp' | 'payload'>[], head: number): Unit[] {
  return tags
    .filter((tag) => tag.type === AUDIO && (head === 1 || !isSoundHeader(tag.payload)))
    .map(({ timestamp, payload }) => ({ crc: crcOf(payload.subarray(head)), shown: timestamp }));
}

/** Headers of AAC are packet zero of it, those of Enhanced RTMP the lower half of their first byte. */
function isSoundHeader(payload: Buffer): boolean {
  const [first = 0, second] = payload;
  return first >> 4 === 9 ? (first & 15) === 0 : second === 0;
}
