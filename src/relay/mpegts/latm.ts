// AAC in LATM within LOAS, as DVB and ISDB broadcast it (ISO/IEC 14496-3, 1.7): frames that begin at any bit.
import { isAacExtension, readAacRate } from '../elementary/aac.js';
import { BitReader } from '../elementary/bit-reader.js';
import { NO_FRAME, SHORT, type FrameReader, type SoundFrame } from './sound-headers.js';

/** Eleven bits, and a length of thirteen (table 1.32, AudioSyncStream). */
const SYNC = 0x2b7;
const HEADER = 3;
/** Types of AAC that differ in nothing that is read here (table 1.17). */
const PLAIN_TYPES: readonly number[] = [1, 2, 3, 4];
const LONG_FRAME = 1024;
const SHORT_FRAME = 960;

/** How the frames of a stream lie. */
interface MuxConfig {
  /** The AudioSpecificConfig. */
  readonly config: Buffer;
  readonly sampleRate: number;
  readonly samples: number;
  /** Frames in each element. */
  readonly frames: number;
}

/** Makes the reader of one stream: its elements may refer to what an earlier one said. */
export function latmReader(): FrameReader {
  let mux: MuxConfig | undefined;
  return (bytes, at, end) => {
    if (bytes[at] !== SYNC >> 3) return NO_FRAME;
    if (end - at < HEADER) return SHORT;
    const head = bytes.readUIntBE(at, HEADER);
    if (head >> 13 !== SYNC) return NO_FRAME;
    const length = HEADER + (head & 0x1fff);
    const nothing: SoundFrame = { bytes: length, header: length, samples: 0, sampleRate: 1 };
    if (at + length > end) return nothing;
    const element = bytes.subarray(at + HEADER, at + length);
    const bits = new BitReader(element);
    // A bit says that all is as before (table 1.41, AudioMuxElement).
    if (!bits.flag()) {
      mux = readMux(element, bits);
      if (mux === undefined) return { ...nothing, refused: 'AAC in LATM with several layers, or channels of its own' };
    }
    const units = mux && readUnits(bits, mux.frames);
    if (mux === undefined || units === undefined) return nothing;
    const { config, sampleRate, samples } = mux;
    return { bytes: length, header: length, samples: samples * units.length, sampleRate, config, units };
  };
}

/** StreamMuxConfig (table 1.42), with one program of one layer, as broadcasts have it; undefined for others. */
function readMux(element: Buffer, bits: BitReader): MuxConfig | undefined {
  const version = bits.bit();
  if (version === 1 && bits.flag()) return undefined;
  if (version === 1) readValue(bits);
  const sameTimes = bits.flag();
  const frames = bits.bits(6) + 1;
  const [program, layer] = [bits.bits(4), bits.bits(3)];
  const told = version === 1 ? readValue(bits) : undefined;
  const begin = position(element, bits);
  const known = readConfig(bits);
  if (!sameTimes || program > 0 || layer > 0 || known === undefined || bits.over) return undefined;
  const length = told ?? position(element, bits) - begin;
  bits.skip(begin + length - position(element, bits));
  const config = copyBits(element, begin, length);
  // Lengths lie ahead of the frames themselves; how full a buffer is says nothing to a relay.
  if (bits.bits(3) !== 0) return undefined;
  bits.skip(8);
  skipOthers(bits, version);
  return bits.over || config === undefined ? undefined : { config, frames, ...known };
}

/** What comes behind the frames, and a checksum. */
function skipOthers(bits: BitReader, version: number): void {
  if (bits.flag()) {
    if (version === 1) readValue(bits);
    else
      for (let more = true; more && !bits.over;) {
        more = bits.flag();
        bits.skip(8);
      }
  }
  if (bits.flag()) bits.skip(8);
}

/** LatmGetValue (table 1.43). */
function readValue(bits: BitReader): number {
  return bits.bits(8 * (bits.bits(2) + 1));
}

/** Walks through an AudioSpecificConfig, whose end nothing but itself tells (table 1.15; 4.4.1, GASpecificConfig). */
function readConfig(bits: BitReader): { readonly sampleRate: number; readonly samples: number } | undefined {
  let type = bits.bits(5);
  const sampleRate = readAacRate(bits);
  const channels = bits.bits(4);
  if (isAacExtension(type)) {
    readAacRate(bits);
    type = bits.bits(5);
  }
  if (!PLAIN_TYPES.includes(type) || channels === 0 || sampleRate === 0) return undefined;
  const samples = bits.flag() ? SHORT_FRAME : LONG_FRAME;
  if (bits.flag()) bits.skip(14);
  if (bits.flag()) bits.skip(1);
  return { sampleRate, samples };
}

/** The frames of an element, each behind its length (tables 1.44 and 1.45); undefined where one is cut off. */
function readUnits(bits: BitReader, frames: number): Buffer[] | undefined {
  const units: Buffer[] = [];
  for (let i = 0; i < frames; i++) {
    let length = 0;
    for (let part = 255; part === 255; length += part) {
      if (bits.left < 8) return undefined;
      part = bits.bits(8);
    }
    if (bits.left < 8 * length) return undefined;
    const unit = Buffer.allocUnsafe(length);
    for (let at = 0; at < length; at++) unit[at] = bits.bits(8);
    units.push(unit);
  }
  return units;
}

function position(bytes: Buffer, bits: BitReader): number {
  return 8 * bytes.byteLength - bits.left;
}

/** Bits from anywhere as bytes; undefined where they are more than there are. */
function copyBits(bytes: Buffer, from: number, count: number): Buffer | undefined {
  const bits = new BitReader(bytes);
  bits.skip(from);
  if (count < 0 || bits.left < count) return undefined;
  const copy = Buffer.alloc(Math.ceil(count / 8));
  for (let at = 0; at < count; at += 8) {
    const some = Math.min(8, count - at);
    copy[at / 8] = bits.bits(some) << (8 - some);
  }
  return copy;
}
