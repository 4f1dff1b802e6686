// AAC as far as a relay reads it: frames of ADTS, and the configuration that decoders are set up with.
import { BitReader } from './bit-reader.js';

/** ISO/IEC 14496-3, table 1.18. */
const RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350];
/** Channels by their configuration (table 1.19). */
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 8];
const HEADER = 7;
const CHECKSUM = 2;
const SAMPLES = 1024;
const EXPLICIT_RATE = 15;

/** One frame without its framing. */
export interface AdtsFrame {
  /** The AudioSpecificConfig that its header implies. */
  readonly config: Buffer;
  /** A view of the bytes that were given. */
  readonly data: Uint8Array;
  /** Samples a second. */
  readonly sampleRate: number;
  /** Samples that it holds, of each channel. */
  readonly samples: number;
}

/**
 * Frames of ADTS (ISO/IEC 13818-7, 6.2), as views; `rest` is what is no whole frame yet, seven bytes to eight kilobytes.
 * What lies between frames is passed over.
 */
export function splitAdts(bytes: Uint8Array): { frames: AdtsFrame[]; rest: Uint8Array } {
  const frames: AdtsFrame[] = [];
  let at = 0;
  while (at + HEADER <= bytes.byteLength) {
    const length = adtsLength(bytes, at);
    if (length === undefined) {
      at += 1;
      continue;
    }
    if (at + length > bytes.byteLength) break;
    const frame = adtsFrame(bytes.subarray(at, at + length));
    if (frame !== undefined) frames.push(frame);
    at += length;
  }
  return { frames, rest: bytes.subarray(at) };
}

/** The length of the frame that begins at a place; undefined where none begins. */
function adtsLength(bytes: Uint8Array, at: number): number | undefined {
  // Twelve ones, and a layer that is always zero.
  if (bytes[at] !== 0xff || ((bytes[at + 1] ?? 0) & 0xf6) !== 0xf0) return undefined;
  const length = (((bytes[at + 3] ?? 0) & 3) << 11) | ((bytes[at + 4] ?? 0) << 3) | ((bytes[at + 5] ?? 0) >> 5);
  const rate = ((bytes[at + 2] ?? 0) >> 2) & 15;
  return length < HEADER || rate >= RATES.length ? undefined : length;
}

function adtsFrame(bytes: Uint8Array): AdtsFrame | undefined {
  const second = bytes[2] ?? 0;
  const objectType = (second >> 6) + 1;
  const rate = (second >> 2) & 15;
  const channels = ((second & 1) << 2) | ((bytes[3] ?? 0) >> 6);
  const blocks = ((bytes[6] ?? 0) & 3) + 1;
  const begin = ((bytes[1] ?? 0) & 1) === 1 ? HEADER : HEADER + CHECKSUM;
  if (bytes.byteLength <= begin) return undefined;
  return {
    config: Buffer.from([(objectType << 3) | (rate >> 1), ((rate & 1) << 7) | (channels << 3)]),
    data: bytes.subarray(begin),
    sampleRate: RATES[rate] ?? 0,
    samples: SAMPLES * blocks,
  };
}

/** What an AudioSpecificConfig says. */
export interface AacParameters {
  readonly objectType: number;
  /** Samples a second of the core; the spectral band replication of HE-AAC doubles them. */
  readonly sampleRate: number;
  readonly channels: number;
  /** Numbers of the two in tables, as ADTS needs them; undefined where the tables have none. */
  readonly rateIndex: number | undefined;
  readonly channelIndex: number;
}

/** Reads an AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1); undefined for one that is broken. */
export function readAacConfig(config: Uint8Array): AacParameters | undefined {
  const bits = new BitReader(config);
  const objectType = readObjectType(bits);
  const index = bits.bits(4);
  const sampleRate = index === EXPLICIT_RATE ? bits.bits(24) : (RATES[index] ?? 0);
  const channelIndex = bits.bits(4);
  if (bits.over || sampleRate === 0) return undefined;
  const named = index === EXPLICIT_RATE ? RATES.indexOf(sampleRate) : index;
  return {
    objectType: objectType === SBR || objectType === PS ? innerType(bits) : objectType,
    sampleRate,
    channels: CHANNELS[channelIndex] ?? 0,
    rateIndex: named < 0 ? undefined : named,
    channelIndex,
  };
}

/** HE-AAC that says so in front: behind the rate of its extension comes the type of its core. */
const SBR = 5;
const PS = 29;

function innerType(bits: BitReader): number {
  if (bits.bits(4) === EXPLICIT_RATE) bits.skip(24);
  return readObjectType(bits);
}

function readObjectType(bits: BitReader): number {
  const type = bits.bits(5);
  return type === 31 ? 32 + bits.bits(6) : type;
}

/** The header of ADTS for a frame of so many bytes; undefined where ADTS cannot say what the configuration does. */
export function adtsHeader({ objectType, rateIndex, channelIndex }: AacParameters, bytes: number): Buffer | undefined {
  const length = bytes + HEADER;
  if (rateIndex === undefined || objectType < 1 || objectType > 4 || channelIndex > 7 || length > 0x1fff)
    return undefined;
  return Buffer.from([
    ...[0xff, 0xf1],
    ((objectType - 1) << 6) | (rateIndex << 2) | (channelIndex >> 2),
    ((channelIndex & 3) << 6) | (length >> 11),
    ...[(length >> 3) & 0xff, ((length & 7) << 5) | 0x1f, 0xfc],
  ]);
}
