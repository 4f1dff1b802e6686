// Sample entries: which codec a track has, and what its decoder must be told (ISO/IEC 14496-12, 8.5.2, and each codec's own).
import type { AudioCodec, VideoCodec } from '../../elementary/tag-payload.js';
import { BoxReader, boxesIn, findBox, shownType, boxWithin, type Box } from '../../../sources/index.js';

/** What a track holds. */
export type TrackCodec =
  | { readonly kind: 'video'; readonly codec: VideoCodec; readonly record: Buffer }
  | { readonly kind: 'audio'; readonly codec: AudioCodec; readonly config: Buffer | undefined };

/** A track that is left out, and why in a few words. */
export interface LeftOut {
  readonly kind: 'left out';
  readonly why: string;
}

/** Bytes of the entries ahead of the boxes in them: 78 for pictures, 28 for sound. */
const VISUAL = 78;
const AUDIO = 28;
/** What QuickTime adds to sound, by the version of its entry. */
const QUICKTIME: Readonly<Record<number, number>> = { 1: 16, 2: 36 };

/** Entries of pictures: the codec, the box with its record, and what lies in that box ahead of the record. */
const VIDEO: Readonly<Record<string, readonly [VideoCodec, string, number]>> = {
  avc1: ['h264', 'avcC', 0],
  avc3: ['h264', 'avcC', 0],
  dva1: ['h264', 'avcC', 0],
  dvav: ['h264', 'avcC', 0],
  hvc1: ['hevc', 'hvcC', 0],
  hev1: ['hevc', 'hvcC', 0],
  dvh1: ['hevc', 'hvcC', 0],
  dvhe: ['hevc', 'hvcC', 0],
  av01: ['av1', 'av1C', 0],
  vp09: ['vp9', 'vpcC', 4],
};
/** Codecs of `mp4a` by their object type (ISO/IEC 14496-1, 7.2.6.6): MPEG-4, MPEG-2 in three profiles, and MPEG layer III. */
const OBJECT_TYPES: Readonly<Record<number, AudioCodec>> = {
  0x40: 'aac',
  0x66: 'aac',
  0x67: 'aac',
  0x68: 'aac',
  0x69: 'mp3',
  0x6b: 'mp3',
  0xa5: 'ac3',
  0xa6: 'eac3',
};

/** Reads the first entry of an `stsd`. */
export function readSampleEntry(stsd: Buffer): TrackCodec | LeftOut {
  const [entry] = boxesIn(new BoxReader(stsd).skip(8).rest());
  if (entry === undefined) return leftOut('without a description');
  if (entry.type === 'encv' || entry.type === 'enca') return leftOut(ENCRYPTED);
  const video = VIDEO[entry.type];
  if (video !== undefined) {
    const [codec, box, ahead] = video;
    const record =
      entry.data.byteLength < VISUAL ? undefined : boxWithin(entry.data.subarray(VISUAL), box)?.subarray(ahead);
    return record === undefined
      ? leftOut(`of ${shownType(entry.type)} without its record`)
      : { kind: 'video', codec, record };
  }
  return readSound(entry);
}

/** Why a track is left out that needs a licence. */
export const ENCRYPTED = 'that is encrypted by Common Encryption';

function readSound({ type, data }: Box): TrackCodec | LeftOut {
  const known = ['mp4a', 'Opus', 'fLaC', 'ac-3', 'ec-3', '.mp3'].includes(type);
  if (!known || data.byteLength < AUDIO) return leftOut(`of ${shownType(type)}, which tags do not carry`);
  const boxes = boxesIn(data.subarray(Math.min(data.byteLength, AUDIO + (QUICKTIME[data.readUInt16BE(8)] ?? 0))));
  if (type === 'mp4a') return elementary(findBox(boxes, 'esds') ?? boxWithin(findBox(boxes, 'wave') ?? EMPTY, 'esds'));
  if (type === 'Opus') return opus(findBox(boxes, 'dOps'));
  if (type === 'fLaC') return flac(findBox(boxes, 'dfLa'));
  const codec = type === 'ac-3' ? 'ac3' : type === 'ec-3' ? 'eac3' : 'mp3';
  return { kind: 'audio', codec, config: undefined };
}

const EMPTY = Buffer.alloc(0);

/** Descriptors of MPEG-4 systems (ISO/IEC 14496-1, 7.2.6): a tag, a length of up to four bytes of seven bits, a content. */
function elementary(esds: Buffer | undefined): TrackCodec | LeftOut {
  const stream = esds && descriptor(new BoxReader(esds).skip(4).rest(), 3);
  if (stream === undefined || stream.byteLength < 3) return leftOut("of 'mp4a' without its description");
  const flags = stream[2] ?? 0;
  const url = (flags & 0x40) === 0 ? 0 : 1 + (stream[3 + ((flags & 0x80) === 0 ? 0 : 2)] ?? 0);
  const head = 3 + ((flags & 0x80) === 0 ? 0 : 2) + url + ((flags & 0x20) === 0 ? 0 : 2);
  const decoder = descriptor(stream.subarray(head), 4);
  const codec = OBJECT_TYPES[decoder?.[0] ?? 0];
  if (decoder === undefined || codec === undefined) return leftOut("of 'mp4a' with a codec that tags do not carry");
  const config = descriptor(decoder.subarray(13), 5);
  if (codec !== 'aac') return { kind: 'audio', codec, config: undefined };
  return config === undefined ? leftOut('of AAC without its configuration') : { kind: 'audio', codec, config };
}

function descriptor(bytes: Buffer, wanted: number): Buffer | undefined {
  for (let at = 0; at + 2 <= bytes.byteLength;) {
    const tag = bytes[at];
    let length = 0;
    at += 1;
    for (let i = 0; i < 4; i++) {
      const byte = bytes[at++] ?? 0;
      length = length * 128 + (byte & 0x7f);
      if (byte < 0x80) break;
    }
    if (tag === wanted) return bytes.subarray(at, at + length);
    at += length;
  }
  return undefined;
}

/** `dOps` is an `OpusHead` without its name, and the other way round (Opus in ISOBMFF, 4.3.2; RFC 7845, 5.1). */
function opus(dops: Buffer | undefined): TrackCodec | LeftOut {
  if (dops === undefined || dops.byteLength < 11) return leftOut('of Opus without its description');
  const head = Buffer.concat([Buffer.from('OpusHead\x01', 'latin1'), dops.subarray(1)]);
  head.writeUInt16LE(dops.readUInt16BE(2), 10);
  head.writeUInt32LE(dops.readUInt32BE(4), 12);
  head.writeInt16LE(dops.readInt16BE(8), 16);
  return { kind: 'audio', codec: 'opus', config: head };
}

/** `dfLa` holds the metadata blocks of FLAC, STREAMINFO the first of them (FLAC in ISOBMFF, 3.3.2). */
function flac(dfla: Buffer | undefined): TrackCodec | LeftOut {
  const info = dfla?.subarray(8, 8 + STREAMINFO);
  if (info?.byteLength !== STREAMINFO) return leftOut('of FLAC without its description');
  return { kind: 'audio', codec: 'flac', config: info };
}

const STREAMINFO = 34;

function leftOut(why: string): LeftOut {
  return { kind: 'left out', why };
}
