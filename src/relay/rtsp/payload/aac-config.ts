// How an AudioSpecificConfig of general audio is laid out: where it ends, and how long its frames are.
import { BitReader } from '../../elementary/bit-reader.js';

/** ISO/IEC 14496-3, table 1.18. */
const RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350];
const EXPLICIT_RATE = 15;
/** HE-AAC that says so in front of its core, without and with parametric stereo. */
const SBR = 5;
const PS = 29;
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
  const objectType = (): number => {
    const type = bits.bits(5);
    return type === 31 ? 32 + bits.bits(6) : type;
  };
  const rate = (): number => {
    const index = bits.bits(4);
    return index === EXPLICIT_RATE ? bits.bits(24) : (RATES[index] ?? 0);
  };
  let type = objectType();
  const sampleRate = rate();
  const channels = bits.bits(4);
  if (type === SBR || type === PS) {
    rate();
    type = objectType();
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
    if (bits.bits(4) === EXPLICIT_RATE) bits.skip(24);
    const rest = bits.left;
    // Parametric stereo has a mark of its own.
    if (rest >= 12 && bits.bits(11) === SYNC_PS) bits.skip(1);
    else return begin - rest;
  }
  return begin - bits.left;
}
