// What the entries of a PMT are, and which of them FLV tags can carry.
// Numbers: ISO/IEC 13818-1 table 2-34; ATSC A/52 annex A and A/53; ETSI EN 300 468 table 12; SMPTE RP 227; ETSI TS 103 491 (Opus).
import type { NalCodecName } from '../elementary/nal-codecs.js';
import { opusHead } from './opus.js';
import type { Descriptor, StreamEntry } from './psi.js';

/** Sound that can be carried. */
export type SoundCodec = 'aac' | 'mp3' | 'ac3' | 'eac3' | 'opus';

/** One stream, as far as it can be told from its entry. */
export type StreamKind =
  | { readonly kind: 'video'; readonly codec: NalCodecName }
  | {
      readonly kind: 'audio';
      readonly codec: SoundCodec;
      readonly config?: Buffer | undefined;
      /** AAC may be framed in another way than by ADTS. */
      readonly latm?: boolean;
    }
  | { readonly kind: 'other'; readonly name: string };

export const STREAM_TYPE = {
  mpeg1Audio: 0x03,
  mpeg2Audio: 0x04,
  privatePes: 0x06,
  aac: 0x0f,
  latm: 0x11,
  h264: 0x1b,
  hevc: 0x24,
  ac3: 0x81,
  eac3: 0x87,
} as const;

export const DESCRIPTOR = {
  registration: 0x05,
  teletext: 0x56,
  subtitles: 0x59,
  ac3: 0x6a,
  eac3: 0x7a,
  dts: 0x7b,
  extension: 0x7f,
} as const;

const KINDS: Readonly<Record<number, StreamKind>> = {
  [STREAM_TYPE.mpeg1Audio]: { kind: 'audio', codec: 'mp3' },
  [STREAM_TYPE.mpeg2Audio]: { kind: 'audio', codec: 'mp3' },
  [STREAM_TYPE.aac]: { kind: 'audio', codec: 'aac' },
  [STREAM_TYPE.latm]: { kind: 'audio', codec: 'aac', latm: true },
  [STREAM_TYPE.h264]: { kind: 'video', codec: 'h264' },
  [STREAM_TYPE.hevc]: { kind: 'video', codec: 'hevc' },
  [STREAM_TYPE.ac3]: { kind: 'audio', codec: 'ac3' },
  [STREAM_TYPE.eac3]: { kind: 'audio', codec: 'eac3' },
};
/** What private streams say that they are. */
const REGISTERED: Readonly<Record<string, StreamKind>> = {
  'AC-3': { kind: 'audio', codec: 'ac3' },
  EAC3: { kind: 'audio', codec: 'eac3' },
  HEVC: { kind: 'video', codec: 'hevc' },
};
const NAMES: Readonly<Record<number, string>> = {
  0x01: 'MPEG-1 video',
  0x02: 'MPEG-2 video',
  0x05: 'private sections',
  0x0a: 'DSM-CC',
  0x0b: 'DSM-CC',
  0x0c: 'DSM-CC',
  0x0d: 'DSM-CC',
  0x10: 'MPEG-4 part 2 video',
  0x15: 'metadata',
  0x1c: 'AAC without framing',
  0x20: 'the second view of H.264',
  0x21: 'JPEG 2000',
  0x33: 'VVC',
  0x42: 'AVS video',
  0x82: 'DTS',
  0x83: 'TrueHD',
  0x85: 'DTS-HD',
  0x86: 'SCTE-35',
  0xd1: 'Dirac',
  0xd2: 'AVS2 video',
  0xd4: 'AVS3 video',
  0xdb: 'encrypted H.264',
  0xcf: 'encrypted AAC',
  0xc1: 'encrypted AC-3',
  0xc2: 'encrypted E-AC-3',
  0xea: 'VC-1',
};
const PRIVATE_NAMES: Readonly<Record<number, string>> = {
  [DESCRIPTOR.teletext]: 'teletext',
  [DESCRIPTOR.subtitles]: 'DVB subtitles',
  [DESCRIPTOR.dts]: 'DTS',
};
/** The descriptor of DVB that says how many channels Opus has (ETSI TS 103 491). */
const OPUS_EXTENSION = 0x80;

/** Says what a stream is. */
export function streamKind({ type, descriptors }: StreamEntry): StreamKind {
  return KINDS[type] ?? (type === STREAM_TYPE.privatePes ? privateKind(descriptors) : undefined) ?? otherKind(type);
}

function privateKind(descriptors: readonly Descriptor[]): StreamKind | undefined {
  const find = (tag: number): Descriptor | undefined => descriptors.find((one) => one.tag === tag);
  const format = find(DESCRIPTOR.registration)?.data.toString('latin1', 0, 4);
  if (format === 'Opus') return opusKind(find(DESCRIPTOR.extension));
  const registered = REGISTERED[format ?? ''];
  if (registered !== undefined) return registered;
  if (find(DESCRIPTOR.ac3) !== undefined) return { kind: 'audio', codec: 'ac3' };
  if (find(DESCRIPTOR.eac3) !== undefined) return { kind: 'audio', codec: 'eac3' };
  for (const { tag } of descriptors) {
    const name = PRIVATE_NAMES[tag];
    if (name !== undefined) return { kind: 'other', name };
  }
  // What registers itself has four letters; those of others may be anything.
  return format !== undefined && /^[\w .-]{4}$/.test(format)
    ? { kind: 'other', name: `private, ${format}` }
    : undefined;
}

function opusKind(extension: Descriptor | undefined): StreamKind {
  const code = extension?.data[0] === OPUS_EXTENSION ? extension.data[1] : undefined;
  const config = code === undefined ? undefined : opusHead(code);
  return config === undefined
    ? { kind: 'other', name: 'Opus with channels of its own' }
    : { kind: 'audio', codec: 'opus', config };
}

function otherKind(type: number): StreamKind {
  const hex = `0x${type.toString(16).padStart(2, '0')}`;
  return { kind: 'other', name: NAMES[type] ?? `of the unknown type ${hex}` };
}

/** A descriptor that says with four letters what a stream is (2.6.8). */
export function registration(format: string): Descriptor {
  return { tag: DESCRIPTOR.registration, data: Buffer.from(format, 'latin1') };
}

/** The descriptor that Opus needs beside its registration. */
export function opusExtension(channelCode: number): Descriptor {
  return { tag: DESCRIPTOR.extension, data: Buffer.from([OPUS_EXTENSION, channelCode]) };
}
