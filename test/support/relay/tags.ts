// Synthetic tags of FLV: sequence headers that decoders would take, and payloads that carry a number to be told apart.
import { crc32 } from './crc32.js';
import { encodeAmf, encodeEcmaArray, type AmfObject } from '#dist/relay/amf0.js';

/** A tag as an origin sends it. */
export interface Tag {
  /** 8 is sound, 9 is video, 18 is data. */
  readonly type: number;
  /** Milliseconds; it is cut to 32 bits where it is written. */
  readonly timestamp: number;
  readonly payload: Buffer;
}

export const AUDIO = 8;
export const VIDEO = 9;
export const DATA = 18;

/** How the video of a stream is written. */
export type VideoFormat = 'avc' | 'hvc1' | 'av01' | 'hevc12';

interface HeaderOptions {
  readonly format?: VideoFormat;
  readonly variant?: number;
}

interface PictureOptions {
  readonly key?: boolean;
  /** Milliseconds by which it is shown later than it is decoded. */
  readonly cts?: number;
  readonly format?: VideoFormat;
  readonly bytes?: number;
}

/** Bytes of a picture, so that some of them need more than one chunk of 128 and of 4096 bytes. */
const KEYFRAME_BYTES = 9000;
const FRAME_BYTES = 700;
const SOUND_BYTES = 190;

/** `avcC` of a stream of Main profile at 640x360; `variant` changes its last byte, as another resolution would. */
function avcRecord(variant: number): Buffer {
  const sps = [0x67, 0x4d, 0x40, 0x1e, 0xe8, 0x80, 0x50, 0x17, 0xfc, 0xb8, 0x08, 0x80, 0x00, 0x00, 0x03, variant];
  const pps = [0x68, 0xeb, 0xef, 0x20];
  return Buffer.from([1, 0x4d, 0x40, 0x1e, 0xff, 0xe1, 0, sps.length, ...sps, 1, 0, pps.length, ...pps]);
}

/** The first bytes of a video tag, up to where its payload begins. */
function videoHead(format: VideoFormat, packet: 'header' | 'frame', key: boolean, cts: number): Buffer {
  const frame = key ? 1 : 2;
  const time = [(cts >> 16) & 0xff, (cts >> 8) & 0xff, cts & 0xff];
  if (format === 'avc' || format === 'hevc12')
    return Buffer.from([(frame << 4) | (format === 'avc' ? 7 : 12), packet === 'header' ? 0 : 1, ...time]);
  const head = Buffer.from([0x80 | (frame << 4) | (packet === 'header' ? 0 : 1), ...Buffer.from(format)]);
  // Coded frames of HEVC say how much later they are shown; those of AV1 have no such field.
  return packet === 'frame' && format === 'hvc1' ? Buffer.concat([head, Buffer.from(time)]) : head;
}

/** A sequence header of video; another `variant` is another picture. */
export function videoHeader(timestamp = 0, { format = 'avc', variant = 0 }: HeaderOptions = {}): Tag {
  const payload = Buffer.concat([videoHead(format, 'header', true, 0), avcRecord(variant)]);
  return { type: VIDEO, timestamp, payload };
}

/** A picture with its number in it. */
export function picture(
  timestamp: number,
  number: number,
  { key = false, cts = 0, format = 'avc', bytes = key ? KEYFRAME_BYTES : FRAME_BYTES }: PictureOptions = {},
): Tag {
  const payload = Buffer.concat([videoHead(format, 'frame', key, cts), filled(bytes, number)]);
  return { type: VIDEO, timestamp, payload };
}

/** A sequence header of AAC-LC in stereo; `rate` is the index of its sampling rate, 4 for 44,100 and 3 for 48,000. */
export function audioHeader(timestamp = 0, rate = 4): Tag {
  const record = (2 << 11) | (rate << 7) | (2 << 3);
  return { type: AUDIO, timestamp, payload: Buffer.from([0xaf, 0, record >> 8, record & 0xff]) };
}

/** A frame of AAC with its number in it. */
export function sound(timestamp: number, number: number): Tag {
  return { type: AUDIO, timestamp, payload: Buffer.concat([Buffer.from([0xaf, 1]), filled(SOUND_BYTES, number)]) };
}

/** `onMetaData`, which names codecs unless told otherwise; as an object where some encoders write no array. */
export function metadata(values: AmfObject = {}, as: 'array' | 'object' = 'array', timestamp = 0): Tag {
  const whole = { width: 640, height: 360, framerate: 25, videocodecid: 7, audiocodecid: 10, ...values };
  const payload =
    as === 'array' ? Buffer.concat([encodeAmf('onMetaData'), encodeEcmaArray(whole)]) : encodeAmf('onMetaData', whole);
  return { type: DATA, timestamp, payload };
}

/** A tag of data that is no metadata. */
export function dataTag(timestamp: number, name: string, ...values: readonly string[]): Tag {
  return { type: DATA, timestamp, payload: encodeAmf(name, ...values) };
}

/** What identifies a payload. */
export function crcOf(payload: Uint8Array): number {
  return crc32(payload);
}

/** Bytes that differ for each number and within themselves. */
function filled(bytes: number, number: number): Buffer {
  const payload = Buffer.alloc(bytes);
  payload.writeUInt32BE(bytes - 4);
  payload.writeUInt32BE(number >>> 0, 4);
  for (let at = 8; at < bytes; at++) payload[at] = (at * 31 + number * 17) & 0xff;
  return payload;
}
