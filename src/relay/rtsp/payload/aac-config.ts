// How an AudioSpecificConfig of general audio is laid out: where it ends, and how long its frames are.
import { isAacExtension, readAacRate, readAacType } from '../../elementary/aac.js';
import { BitReader } from '../../elementary/bit-reader.js';

/** The extension of HE-AAC. */
const SBR = 5;
const SYNC_EXTENSION = 0x2b7;
const SYNC_PS = 0x548;

/** What was read. */
export interface GeneralAudio {
  /** How many bits it takes. */
  readonly bits: number;
  /** Samples a second of the core: HE-AAC doubles them. */
  readonly sampleRate: number;
  /** Samples of the core in each frame. */
  readonly frameLength: number;
}

/** Reads one (ISO/IEC 14496-3, 1.6.2.1 and 4.4.1); undefined for what is no AAC of Main, LC, SSR or LTP. */
export function readGeneralAudio(bytes: Uint8Array): GeneralAudio | undefined {
  const bits = new BitReader(bytes);
  const all = bits.left;
  let type = readAacType(bits);
  const sampleRate = readAacRate(bits);
  const channels = bits.bits(4);
  if (isAacExtension(type)) {
    readAacRate(bits);
    type = readAacType(bits);
  }
  // A list of channels of its own (channels 0) is a thing of files.
  if (type < 1 || type > 4 || channels === 0 || sampleRate === 0) return undefined;
  const frameLength = bits.flag() ? 960 : 1024;
  if (bits.flag()) bits.skip(14);
  // Extensions belong to scalable and resilient types.
  if (bits.flag() || bits.over) return undefined;
  return { bits: all - bits.left + extensionBits(bytes, all - bits.left), sampleRate, frameLength };
}

/** HE-AAC that says so behind its core, to which older decoders do not look (1.6.5.2). */
function extensionBits(bytes: Uint8Array, from: number): number {
  const bits = new BitReader(bytes);
  bits.skip(from);
  const begin = bits.left;
  if (begin < 16 || bits.bits(11) !== SYNC_EXTENSION || bits.bits(5) !== SBR) return 0;
  if (bits.flag()) {
    readAacRate(bits);
    const rest = bits.left;
    // Parametric stereo has a mark of its own.
    if (rest >= 12 && bits.bits(11) === SYNC_PS) bits.skip(1);
    else return begin - rest;
  }
  return begin - bits.left;
}
