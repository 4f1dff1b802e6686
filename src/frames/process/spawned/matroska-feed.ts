// Raw pictures as a Matroska stream: the shortest way to hand them to an ffmpeg with the exact time of each.
// Elements by RFC 9559; formats by the tags of FFmpeg's raw video (libavcodec/raw.c).
import type { Ratio } from '../../../base/index.js';

/** What the pictures of a stream are. */
export interface FeedFacts {
  readonly width: number;
  readonly height: number;
  /** FFmpeg's name of the format; one that `canFeed`. */
  readonly format: string;
  /** Frames per second; 0/1 when unknown or variable. */
  readonly frameRate: Ratio;
}

const TAGS: Readonly<Record<string, string>> = {
  yuv420p: 'I420',
  yuv422p: 'Y42B',
  yuv444p: '444P',
  yuv440p: '440P',
  yuv411p: 'Y41B',
  yuv410p: 'YUV9',
  gray: 'Y800',
  nv12: 'NV12',
  nv21: 'NV21',
  rgb24: 'RGB\x18',
  bgr24: 'BGR\x18',
  rgba: 'RGBA',
  bgra: 'BGRA',
  argb: 'ARGB',
  abgr: 'ABGR',
  rgb0: 'RGB\0',
  bgr0: 'BGR\0',
  '0rgb': '\0RGB',
  '0bgr': '\0BGR',
  rgb48le: 'RGB0',
  bgr48le: 'BGR0',
  rgba64le: 'RBA@',
  bgra64le: 'BRA@',
  rgb565le: 'RGB\x10',
  bgr565le: 'BGR\x10',
  rgb555le: 'RGB\x0f',
  bgr555le: 'BGR\x0f',
  ya8: 'Y2\0\x08',
};

/** How many planes, how the chroma is spread, how many bits: `Y3\x0b\x0a` is yuv420p10le. */
const CHROMA: Readonly<Record<string, number>> = { '420': 11, '422': 10, '444': 0 };

/** The tag of a format; undefined for those that cannot be fed. */
function tagOf(format: string): string | undefined {
  const plain = TAGS[format];
  if (plain !== undefined) return plain;
  const code = (letter: string, planes: number, chroma: number, bits: string | undefined): string =>
    `${letter}${String(planes)}${String.fromCharCode(chroma, Number(bits ?? 8))}`;
  const full = /^yuvj(4\d\dp)$/.exec(format);
  if (full !== null) return tagOf(`yuv${full[1] ?? ''}`);
  const yuv = /^yuv(a?)(420|422|444)p(?:(9|10|12|14|16)le)?$/.exec(format);
  if (yuv !== null) return code('Y', yuv[1] === '' ? 3 : 4, CHROMA[yuv[2] ?? ''] ?? 0, yuv[3]);
  const rgb = /^gbr(a?)p(?:(9|10|12|14|16)le)?$/.exec(format);
  if (rgb !== null) return code('G', rgb[1] === '' ? 3 : 4, 0, rgb[2]);
  const gray = /^gray(9|10|12|14|16)le$/.exec(format);
  return gray === null ? undefined : code('Y', 1, 0, gray[1]);
}

/** Whether pictures of a format can be fed. */
export function canFeed(format: string): boolean {
  return tagOf(format) !== undefined;
}

/** What comes ahead of the first picture. */
export function feedHeader({ width, height, format, frameRate }: FeedFacts): Buffer {
  const interval = frameRate.num > 0 ? [uint(0x23e383, nanoseconds(1n, invert(frameRate)))] : [];
  const video = element(0xe0, uint(0xb0, width), uint(0xba, height), element(0x2eb524, latin(tagOf(format) ?? '')));
  const track = element(
    0xae,
    ...[uint(0xd7, 1), uint(0x73c5, 1), uint(0x83, 1), uint(0x9c, 0)],
    ...[element(0x86, latin('V_UNCOMPRESSED')), ...interval, video],
  );
  return Buffer.concat([
    element(0x1a45dfa3, element(0x4282, latin('matroska')), uint(0x4287, 4), uint(0x4285, 2)),
    // A segment without an end: nobody knows how long it will be.
    Buffer.from('18538067' + '01ffffffffffffff', 'hex'),
    // Times count nanoseconds.
    element(0x1549a966, uint(0x2ad7b1, 1), element(0x4d80, latin('framerail')), element(0x5741, latin('framerail'))),
    element(0x1654ae6b, track),
  ]);
}

/** What comes ahead of the bytes of one picture; times in nanoseconds. */
export function pictureHeader(time: bigint, duration: bigint, bytes: number): Buffer {
  const block = Buffer.concat([id(0xa1), size(bytes + 4), Buffer.from([0x81, 0, 0, 0x80])]);
  const lasting = duration > 0n ? uint(0x9b, duration) : Buffer.alloc(0);
  const group = lasting.byteLength + block.byteLength + bytes;
  const groupHead = Buffer.concat([id(0xa0), size(group)]);
  const start = uint(0xe7, time);
  const cluster = Buffer.concat([id(0x1f43b675), size(start.byteLength + groupHead.byteLength + group)]);
  return Buffer.concat([cluster, start, groupHead, lasting, block]);
}

/** Ticks of a time base in nanoseconds, rounded to the nearest. */
export function nanoseconds(ticks: bigint, { num, den }: Ratio): bigint {
  const over = ticks * BigInt(num) * 1_000_000_000n;
  return (over + BigInt(den) / 2n) / BigInt(den);
}

function invert({ num, den }: Ratio): Ratio {
  return { num: den, den: num };
}

function element(name: number, ...content: readonly Buffer[]): Buffer {
  const inside = Buffer.concat(content);
  return Buffer.concat([id(name), size(inside.byteLength), inside]);
}

function uint(name: number, value: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return element(name, bytes);
}

function latin(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function id(name: number): Buffer {
  const hex = name.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}

/** A size in eight bytes, which is always enough. */
function size(bytes: number): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE((1n << 56n) | BigInt(bytes));
  return buffer;
}
