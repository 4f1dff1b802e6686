// Silence as AAC, for any rate and number of channels, bit by bit: to be quiet takes no encoder.
import { readAacConfig } from './aac.js';

/** Frames that say nothing. */
export interface AacSilence {
  /** Each of them, without any framing. */
  readonly frame: Buffer;
  /** Milliseconds of one. */
  readonly duration: number;
}

const AAC_LC = 2;
/** Samples of a frame of each channel; the 960 of broadcasts are not read here. */
const SAMPLES = 1024;
/** Elements of a frame by the channel configuration, in their order (ISO/IEC 14496-3, table 1.19). */
const ELEMENTS: Readonly<Record<number, readonly Element[]>> = {
  1: ['single'],
  2: ['pair'],
  3: ['single', 'pair'],
  4: ['single', 'pair', 'single'],
  5: ['single', 'pair', 'pair'],
  6: ['single', 'pair', 'pair', 'low'],
  7: ['single', 'pair', 'pair', 'pair', 'low'],
};
type Element = 'single' | 'pair' | 'low';
/** Numbers of the elements (ISO/IEC 14496-3, table 4.85). */
const ID = { single: 0, pair: 1, low: 3, end: 7 } as const;

/**
 * Silence that a decoder takes which was set up by an AudioSpecificConfig: AAC-LC, also as the core of HE-AAC.
 * @returns undefined for configurations of another kind
 */
export function aacSilence(config: Uint8Array): AacSilence | undefined {
  const known = readAacConfig(config);
  const elements = ELEMENTS[known?.channelIndex ?? 0];
  if (known?.objectType !== AAC_LC || elements === undefined) return undefined;
  return { frame: block(elements), duration: (SAMPLES * 1000) / known.sampleRate };
}

/** `raw_data_block` (4.4.2.1), whose channels have no spectrum at all. */
function block(elements: readonly Element[]): Buffer {
  const bits: number[] = [];
  const write = (value: number, count: number): void => {
    for (let i = count - 1; i >= 0; i--) bits.push((value >> i) & 1);
  };
  /** `ics_info`: one long window without a band, and without prediction. */
  const window = (): void => {
    write(0, 1 + 2 + 1 + 6 + 1);
  };
  /** `individual_channel_stream`: a gain, no sections, no pulses, no shaping of noise, no gain control. */
  const channel = (own: boolean): void => {
    write(0, 8);
    if (own) window();
    write(0, 3);
  };
  const tags = { single: 0, pair: 0, low: 0 };
  for (const element of elements) {
    write(ID[element], 3);
    write(tags[element], 4);
    tags[element] += 1;
    if (element === 'pair') {
      // One window for both, and no stereo to undo.
      write(1, 1);
      window();
      write(0, 2);
      channel(false);
      channel(false);
    } else channel(true);
  }
  write(ID.end, 3);
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [i, bit] of bits.entries()) bytes[i >> 3] = (bytes[i >> 3] ?? 0) | (bit << (7 - (i & 7)));
  return bytes;
}
