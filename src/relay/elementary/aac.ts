// AAC as far as a relay reads it: frames of ADTS, and the configuration that decoders are set up with.
import { BitReader } from './bit-reader.js';

/** Samples a second by their number (ISO/IEC 14496-3, table 1.18). */
const AAC_RATES: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];
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

/** The length of the frame of ADTS that begins at a place, with its header of seven bytes or nine; undefined where none begins. */
export function adtsLength(bytes: Uint8Array, at: number): number | undefined {
  // Twelve ones, and a layer that is always zero.
  if (bytes[at] !== 0xff || ((bytes[at + 1] ?? 0) & 0xf6) !== 0xf0) return undefined;
  const length = (((bytes[at + 3] ?? 0) & 3) << 11) | ((bytes[at + 4] ?? 0) << 3) | ((bytes[at + 5] ?? 0) >> 5);
  const rate = ((bytes[at + 2] ?? 0) >> 2) & 15;
  return length < HEADER || rate >= AAC_RATES.length ? undefined : length;
}

/** Takes one whole frame of ADTS apart; undefined for one that holds nothing. */
export function adtsFrame(bytes: Uint8Array): AdtsFrame | undefined {
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
    sampleRate: AAC_RATES[rate] ?? 0,
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
  const objectType = readAacType(bits);
  const sampleRate = readAacRate(bits);
  const channelIndex = bits.bits(4);
  if (bits.over || sampleRate === 0) return undefined;
  const named = AAC_RATES.indexOf(sampleRate);
  return {
    objectType: isAacExtension(objectType) ? innerType(bits) : objectType,
    sampleRate,
    channels: CHANNELS[channelIndex] ?? 0,
    rateIndex: named < 0 ? undefined : named,
    channelIndex,
  };
}

/** HE-AAC that says so in front of its core, without and with parametric stereo. */
const SBR = 5;
const PS = 29;

/** Whether a type of an AudioSpecificConfig is an extension: behind its rate comes the type of its core. */
export function isAacExtension(objectType: number): boolean {
  return objectType === SBR || objectType === PS;
}

/** A note behind the configuration of a core, and that it is about SBR (1.6.2.1). */
const SYNC_EXTENSION = 0x2b7;
/** Types of cores that such a note stands behind at once: their configurations have no parts of their own. */
const PLAIN_TYPES = [1, 2, 3, 4];

/**
 * An AudioSpecificConfig without the note that there is no SBR, which some encoders write and others do not; the whole of it
 * where there is no such note.
 */
export function withoutSbrNote(config: Uint8Array): Uint8Array {
  const bits = new BitReader(config);
  const type = readAacType(bits);
  readAacRate(bits);
  if (!PLAIN_TYPES.includes(type) || bits.bits(4) === 0) return config;
  // The length of frames, whether there is a core beside it, and an extension that these types do not have.
  if (bits.bits(3) !== 0) return config;
  const noted = bits.left === 24 && bits.bits(11) === SYNC_EXTENSION && bits.bits(5) === SBR && !bits.flag();
  return noted ? config.subarray(0, -3) : config;
}

function innerType(bits: BitReader): number {
  readAacRate(bits);
  return readAacType(bits);
}

/** The type of an object (ISO/IEC 14496-3, table 1.16, GetAudioObjectType). */
export function readAacType(bits: BitReader): number {
  const type = bits.bits(5);
  return type === 31 ? 32 + bits.bits(6) : type;
}

/** Samples a second: one of the table, or any; 0 for a number that the table does not have. */
export function readAacRate(bits: BitReader): number {
  const index = bits.bits(4);
  return index === EXPLICIT_RATE ? bits.bits(24) : (AAC_RATES[index] ?? 0);
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
