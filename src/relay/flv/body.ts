// What lies behind the head of a tag: which packet it is, and the codec's own bytes.
import { audioCodec, audioTrack, enhancedPacket, FIRST_TRACK, videoCodec, videoTrack } from './tag.js';

/** A tag taken apart. */
export interface TagBody {
  /** As FFmpeg calls it. */
  readonly codec: string;
  readonly packet: 'header' | 'frame';
  readonly keyframe: boolean;
  /** Milliseconds from decoding to showing. */
  readonly composition: number;
  /** The codec's own bytes, as a view. */
  readonly data: Buffer;
}

const KEYFRAME = 1;
const COMMAND_FRAME = 5;
const ENHANCED_AUDIO = 9;
/** Enhanced packets whose frames are shown when they are decoded, and say nothing of it. */
const CODED_FRAMES_X = 3;
/** Packets that the old way and the enhanced one number alike. */
const HEADER = 0;
const CODED_FRAMES = 1;
const FOURCC_BYTES = 4;
/** Codecs whose enhanced frames tell when they are shown. */
const WITH_COMPOSITION = new Set(['h264', 'hevc', 'vvc']);
/** Legacy codecs of video with a byte for the packet and three for the composition time. */
const WITH_PACKET = new Set(['h264', 'hevc', 'av1']);

/** Takes a video tag apart; undefined for what is no header and no picture of the first track. */
export function videoBody(payload: Buffer): TagBody | undefined {
  const first = payload[0] ?? 0;
  const codec = videoCodec(payload);
  const frame = (first >> 4) & 7;
  if (codec === undefined || frame === COMMAND_FRAME || videoTrack(payload) !== FIRST_TRACK) return undefined;
  const keyframe = frame === KEYFRAME;
  if ((first & 0x80) !== 0) return enhancedVideo(payload, codec, keyframe);
  if (!WITH_PACKET.has(codec)) return { codec, packet: 'frame', keyframe, composition: 0, data: payload.subarray(1) };
  return body(payload[1], codec, keyframe, payload, 2, true);
}

function enhancedVideo(payload: Buffer, codec: string, keyframe: boolean): TagBody | undefined {
  const found = enhancedPacket(payload, 'video');
  if (found === undefined) return undefined;
  const { type, at } = found;
  const begin = at + FOURCC_BYTES;
  if (type === CODED_FRAMES_X) return body(CODED_FRAMES, codec, keyframe, payload, begin, false);
  return body(type, codec, keyframe, payload, begin, type === CODED_FRAMES && WITH_COMPOSITION.has(codec));
}

/** Takes an audio tag apart; undefined for what is no header and no sound of the first track. */
export function audioBody(payload: Buffer): TagBody | undefined {
  const codec = audioCodec(payload);
  const first = payload[0] ?? 0;
  if (codec === undefined || audioTrack(payload) !== FIRST_TRACK) return undefined;
  if (first >> 4 !== ENHANCED_AUDIO) {
    const begin = codec === 'aac' ? 2 : 1;
    return body(codec === 'aac' ? payload[1] : CODED_FRAMES, codec, true, payload, begin, false);
  }
  const found = enhancedPacket(payload, 'audio');
  return found && body(found.type, codec, true, payload, found.at + FOURCC_BYTES, false);
}

/** @param timed - whether three bytes ahead of the data say when it is shown */
function body(
  type: number | undefined,
  codec: string,
  keyframe: boolean,
  payload: Buffer,
  begin: number,
  timed: boolean,
): TagBody | undefined {
  const from = timed ? begin + 3 : begin;
  if ((type !== HEADER && type !== CODED_FRAMES) || from >= payload.byteLength) return undefined;
  const header = type === HEADER;
  return {
    ...{ codec, keyframe },
    packet: header ? 'header' : 'frame',
    // 24 bits in two's complement.
    composition: timed && !header ? payload.readIntBE(begin, 3) : 0,
    data: payload.subarray(from),
  };
}
