// Headers of frames of sound: how long each is, and how much time it takes.
import { adtsFrame, adtsLength } from '../elementary/aac.js';
import { opusSamples, readOpusControl } from './opus.js';
import type { SoundCodec } from './stream-types.js';

/** What a header says. */
export interface SoundFrame {
  /** Of the frame with everything that belongs to it. */
  readonly bytes: number;
  /** Bytes in front that are framing, and not carried. */
  readonly header: number;
  /** Of each channel. */
  readonly samples: number;
  /** Samples a second. */
  readonly sampleRate: number;
  /** What a decoder must be told. */
  readonly config?: Buffer | undefined;
  /** Frames that do not lie in the bytes as they are, in memory of their own; several where they travel together. */
  readonly units?: readonly Buffer[] | undefined;
  /** Why it cannot be carried. */
  readonly refused?: string | undefined;
}

/** No frame begins here. */
export const NO_FRAME = 'none';
/** More bytes are needed to tell. */
export const SHORT = 'short';

/**
 * Reads the header that begins at a place.
 * @param final - whether nothing belongs to the frame that comes later than `end`
 */
export type FrameReader = (
  bytes: Buffer,
  at: number,
  end: number,
  final: boolean,
) => SoundFrame | typeof NO_FRAME | typeof SHORT;

/** The reader of each codec. */
export const FRAME_READERS: Readonly<Record<SoundCodec, FrameReader>> = {
  aac: readAdts,
  mp3: readMpeg,
  ac3: readAc3,
  eac3: readAc3,
  opus: readOpus,
};

const ADTS_HEADER = 7;

function readAdts(bytes: Buffer, at: number, end: number): ReturnType<FrameReader> {
  if (bytes[at] !== 0xff) return NO_FRAME;
  if (end - at < ADTS_HEADER) return SHORT;
  const length = adtsLength(bytes, at);
  if (length === undefined) return NO_FRAME;
  const frame = at + length <= end ? adtsFrame(bytes.subarray(at, at + length)) : undefined;
  // What is not here whole is only asked for its length; a frame of a header alone holds nothing.
  if (frame === undefined) return { bytes: length, header: length, samples: 0, sampleRate: 1 };
  const { config, samples, sampleRate, data } = frame;
  return { bytes: length, header: length - data.byteLength, samples, sampleRate, config };
}

/** Kilobits a second of layer III (ISO/IEC 11172-3, 2.4.2.3; 13818-3, 2.4.2.3), then of layer II and I of MPEG-1. */
const BITRATES = {
  mpeg1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  mpeg2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  layer2: [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  layer1: [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
} as const;
const MPEG_RATES = [44_100, 48_000, 32_000] as const;
const LAYERS = ['III', 'II', 'I'] as const;

/** MPEG audio (ISO/IEC 11172-3, 2.4.1.3). */
function readMpeg(bytes: Buffer, at: number, end: number): ReturnType<FrameReader> {
  if (bytes[at] !== 0xff) return NO_FRAME;
  if (end - at < 4) return SHORT;
  const second = bytes[at + 1] ?? 0;
  const third = bytes[at + 2] ?? 0;
  const version = (second >> 3) & 3;
  const layer = LAYERS[((second >> 1) & 3) - 1];
  const rate = MPEG_RATES[(third >> 2) & 3];
  const index = third >> 4;
  if ((second & 0xe0) !== 0xe0 || version === 1 || layer === undefined || rate === undefined || index === 15)
    return NO_FRAME;
  // MPEG-2 halves the rates, and what is called 2.5 does so again.
  const sampleRate = rate >> (version === 3 ? 0 : version === 2 ? 1 : 2);
  if (layer !== 'III') return refusedMpeg(layer, version === 3, index, sampleRate, ((third >> 1) & 1) === 1);
  const kilobits = BITRATES[version === 3 ? 'mpeg1' : 'mpeg2'][index] ?? 0;
  // A rate of its own says nothing of where the frame ends.
  if (kilobits === 0) return NO_FRAME;
  const samples = version === 3 ? 1152 : 576;
  return {
    bytes: Math.floor((samples * 125 * kilobits) / sampleRate) + ((third >> 1) & 1),
    header: 0,
    ...{ samples, sampleRate },
  };
}

function refusedMpeg(
  layer: 'I' | 'II',
  first: boolean,
  index: number,
  sampleRate: number,
  padded: boolean,
): ReturnType<FrameReader> {
  const table = !first ? 'mpeg2' : layer === 'II' ? 'layer2' : 'layer1';
  const kilobits = BITRATES[table][index] ?? 0;
  if (kilobits === 0) return NO_FRAME;
  const samples = layer === 'II' ? 1152 : 384;
  const slot = layer === 'II' ? 1 : 4;
  const bytes = (Math.floor((samples * 125 * kilobits) / sampleRate / slot) + (padded ? 1 : 0)) * slot;
  return { bytes, header: 0, samples, sampleRate, refused: `MPEG audio of layer ${layer}` };
}

const AC3_RATES = [48_000, 44_100, 32_000] as const;
/** Kilobits a second by half of their code (ETSI TS 102 366, table 4.13). */
const AC3_KILOBITS = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];
const AC3_HEADER = 6;
const BLOCK = 256;

/** AC-3 and E-AC-3 (ETSI TS 102 366, 4.4.1 and E.1.2.2), which begin alike. */
function readAc3(bytes: Buffer, at: number, end: number, final: boolean): ReturnType<FrameReader> {
  if (bytes[at] !== 0x0b) return NO_FRAME;
  if (end - at < AC3_HEADER) return SHORT;
  if (bytes[at + 1] !== 0x77) return NO_FRAME;
  const id = (bytes[at + 5] ?? 0) >> 3;
  if (id > 10) return id <= 16 ? readEac3(bytes, at, end, final) : NO_FRAME;
  const code = bytes[at + 4] ?? 0;
  const rate = AC3_RATES[code >> 6];
  const half = (code & 0x3f) >> 1;
  const kilobits = AC3_KILOBITS[half];
  if (rate === undefined || kilobits === undefined) return NO_FRAME;
  // A frame is 1,536 samples, in words of 16 bits; only at 44,100 samples a second they do not come out even.
  const words = Math.floor((kilobits * 96_000) / rate) + (rate === 44_100 ? code & 1 : 0);
  // Below eight the frame is the usual one; above, it is one of half or a quarter of the rate.
  return { bytes: words * 2, header: 0, samples: 6 * BLOCK, sampleRate: rate >> Math.max(0, id - 8) };
}

/** An independent frame with all that depend on it: one without the others is another mix. */
function readEac3(bytes: Buffer, at: number, end: number, final: boolean): ReturnType<FrameReader> {
  const head = eac3Head(bytes, at);
  if (head === undefined || head.belongs) return NO_FRAME;
  let length = head.bytes;
  while (at + length <= end) {
    const next = at + length;
    if (end - next < AC3_HEADER) {
      if (final) break;
      return SHORT;
    }
    const other = bytes[next] === 0x0b && bytes[next + 1] === 0x77 ? eac3Head(bytes, next) : undefined;
    if (other === undefined || !other.belongs) break;
    length += other.bytes;
  }
  return { bytes: length, header: 0, samples: head.samples, sampleRate: head.sampleRate };
}

/** One frame of E-AC-3, and whether it belongs to the one ahead of it. */
function eac3Head(
  bytes: Buffer,
  at: number,
): { bytes: number; samples: number; sampleRate: number; belongs: boolean } | undefined {
  const word = bytes.readUInt16BE(at + 2);
  const fifth = bytes[at + 4] ?? 0;
  const stream = word >> 14;
  const rate = fifth >> 6;
  const second = (fifth >> 4) & 3;
  const sampleRate = rate < 3 ? AC3_RATES[rate] : (AC3_RATES[second] ?? 0) / 2;
  if (stream === 3 || sampleRate === undefined || sampleRate === 0) return undefined;
  const blocks = rate === 3 ? 6 : ([1, 2, 3, 6][second] ?? 6);
  return {
    bytes: ((word & 0x07ff) + 1) * 2,
    samples: blocks * BLOCK,
    sampleRate,
    belongs: stream === 1 || ((word >> 11) & 7) > 0,
  };
}

function readOpus(bytes: Buffer, at: number, end: number): ReturnType<FrameReader> {
  const control = readOpusControl(bytes, at, end);
  if (control === NO_FRAME || control === SHORT) return control;
  const { header, packet } = control;
  const begin = at + header;
  if (begin + Math.min(2, packet) > end) return SHORT;
  return { bytes: header + packet, header, samples: opusSamples(bytes.subarray(begin, begin + 2)), sampleRate: 48_000 };
}
