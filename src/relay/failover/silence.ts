// Silence as AAC, for any rate and number of channels, bit by bit: to be quiet takes no encoder.
// The syntax is that of ISO/IEC 14496-3: 1.6.2.1 AudioSpecificConfig, 4.4.2 raw_data_block.

/** Sound that says nothing. */
export interface Silence {
  /** The payload of its sequence header. */
  readonly header: Buffer;
  /** The payload of each of its frames. */
  readonly frame: Buffer;
  /** Milliseconds of a frame. */
  readonly duration: number;
}

/** Samples a second by their index (table 1.18). */
const RATES = [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350];
/** An index that says that the rate itself follows. */
const EXPLICIT_RATE = 15;
const OBJECT = { lc: 2, sbr: 5, ps: 29 } as const;
/** Elements of a block by the channel configuration, in their order (table 1.19). */
const ELEMENTS: Readonly<Record<number, readonly ('single' | 'pair' | 'low')[]>> = {
  1: ['single'],
  2: ['pair'],
  3: ['single', 'pair'],
  4: ['single', 'pair', 'single'],
  5: ['single', 'pair', 'pair'],
  6: ['single', 'pair', 'pair', 'low'],
  7: ['single', 'pair', 'pair', 'pair', 'low'],
};
/** Numbers of the elements (table 4.85). */
const ID = { single: 0, pair: 1, low: 3, end: 7 } as const;
/** A scale that nothing is multiplied by. */
const GAIN = 100;
/** The first byte of a tag of AAC, and the second one of its header and of its frames. */
const TAG_BYTES = { aac: 0xaf, header: 0, frame: 1 } as const;

/** AAC-LC of 44,100 samples a second in stereo: what to begin with where nothing is known. */
export function usualSilence(): Silence | undefined {
  return silenceFor(Buffer.from([TAG_BYTES.aac, TAG_BYTES.header, 0x12, 0x10]));
}

/**
 * Silence that a decoder takes which was set up by a sequence header.
 * @param header - its payload; it is copied
 * @returns undefined for what is no AAC of this kind
 */
export function silenceFor(header: Uint8Array): Silence | undefined {
  if (header[0] === undefined || header[0] >> 4 !== 10 || header[1] !== TAG_BYTES.header) return undefined;
  const config = readConfig(header.subarray(2));
  const elements = ELEMENTS[config?.channels ?? 0];
  if (config === undefined || elements === undefined) return undefined;
  const { rate, samples } = config;
  return {
    header: Buffer.from(header),
    frame: Buffer.concat([Buffer.from([header[0], TAG_BYTES.frame]), block(elements)]),
    duration: (samples * 1000) / rate,
  };
}

/** What of a configuration silence depends on; the rate is that of the core, whatever a decoder makes of it. */
function readConfig(bytes: Uint8Array): { rate: number; channels: number; samples: number } | undefined {
  const bits = new BitReader(bytes);
  let object = bits.read(5);
  const rate = readRate(bits);
  const channels = bits.read(4);
  if (object === OBJECT.sbr || object === OBJECT.ps) {
    readRate(bits);
    object = bits.read(5);
  }
  if (object !== OBJECT.lc || rate === undefined) return undefined;
  return { rate, channels, samples: bits.read(1) === 1 ? 960 : 1024 };
}

function readRate(bits: BitReader): number | undefined {
  const index = bits.read(4);
  const rate = index === EXPLICIT_RATE ? bits.read(24) : RATES[index];
  return rate === 0 ? undefined : rate;
}

/** A block of which every channel has no spectrum at all. */
function block(elements: readonly ('single' | 'pair' | 'low')[]): Buffer {
  const bits = new BitWriter();
  const tags = { single: 0, pair: 0, low: 0 };
  for (const element of elements) {
    bits.write(ID[element], 3);
    bits.write(tags[element]++, 4);
    if (element === 'pair') {
      // One window for both, and no stereo to undo.
      bits.write(1, 1);
      window(bits);
      bits.write(0, 2);
      channel(bits, false);
      channel(bits, false);
    } else channel(bits, true);
  }
  bits.write(ID.end, 3);
  return bits.bytes();
}

/** `individual_channel_stream`: a gain, no sections, no pulses, no shaping of noise, no gain control. */
function channel(bits: BitWriter, ownWindow: boolean): void {
  bits.write(GAIN, 8);
  if (ownWindow) window(bits);
  bits.write(0, 3);
}

/** `ics_info`: a long window without any band, and without prediction. */
function window(bits: BitWriter): void {
  bits.write(0, 1 + 2 + 1 + 6 + 1);
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Bits beyond the end are zero. */
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++)
      value = value * 2 + (((this.#bytes[this.#at >> 3] ?? 0) >> (7 - (this.#at & 7))) & 1);
    return value;
  }
}

class BitWriter {
  readonly #bits: number[] = [];

  write(value: number, count: number): void {
    for (let i = count - 1; i >= 0; i--) this.#bits.push((value >> i) & 1);
  }

  bytes(): Buffer {
    const bytes = Buffer.alloc(Math.ceil(this.#bits.length / 8));
    for (const [i, bit] of this.#bits.entries()) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (bit << (7 - (i & 7)));
    return bytes;
  }
}
