// HEVC as far as a relay reads it: kinds of NAL units, the sequence parameter set, and the record that decoders are set up with.
import { BitReader } from './bit-reader.js';
import { unescapeNal } from './annex-b.js';
import type { VideoParameters } from './video-codec.js';

/** Types of NAL units (H.265 table 7-1). */
const NAL = { firstIrap: 16, lastIrap: 23, vps: 32, sps: 33, pps: 34, delimiter: 35 } as const;
const KINDS = { [NAL.vps]: 'vps', [NAL.sps]: 'sps', [NAL.pps]: 'pps' } as const;
/** Pictures have the types below. */
const FIRST_OTHER = 32;
/** Bytes ahead of the payload. */
const HEADER = 2;

/** What a NAL unit is for. */
export function hevcRole(nal: Uint8Array): 'parameters' | 'delimiter' | 'picture' | 'other' {
  const type = typeOf(nal);
  if (type === NAL.vps || type === NAL.sps || type === NAL.pps) return 'parameters';
  if (type === NAL.delimiter) return 'delimiter';
  return type < FIRST_OTHER ? 'picture' : 'other';
}

/** The kind and number of a parameter set; undefined for one that is broken. */
export function hevcSetName(nal: Uint8Array): string | undefined {
  const type = typeOf(nal);
  if (type === NAL.vps) return `vps${String((nal[HEADER] ?? 0) >> 4)}`;
  const bits = new BitReader(unescapeNal(nal), HEADER);
  if (type === NAL.sps) skipProfile(bits, readLayers(bits));
  const id = bits.ue();
  return bits.over || id > 63 ? undefined : `${type === NAL.sps ? 'sps' : 'pps'}${String(id)}`;
}

/** Whether decoding can begin with a picture: IDR, BLA and CRA ones (H.265 7.4.2.2, IRAP). */
export function isHevcKeyframe(nals: readonly Uint8Array[]): boolean {
  return nals.some((nal) => typeOf(nal) >= NAL.firstIrap && typeOf(nal) <= NAL.lastIrap);
}

/** Whether a slice is the first one of its picture. */
export function beginsHevcPicture(nal: Uint8Array): boolean {
  return typeOf(nal) < FIRST_OTHER && ((nal[HEADER] ?? 0) & 0x80) !== 0;
}

/** Reads a sequence parameter set as far as its reordering (H.265 7.3.2.2.1); undefined for one that is broken. */
export function readHevcParameters(nal: Uint8Array): VideoParameters | undefined {
  const facts = readSequence(nal);
  return facts === undefined ? undefined : { size: facts.size, frameRate: undefined, reorder: facts.reorder };
}

/** The record that decoders are set up with (ISO/IEC 14496-15, 8.3.3.1); undefined while a set is missing. */
export function hevcRecord(sets: readonly Uint8Array[]): Buffer | undefined {
  const groups = ([NAL.vps, NAL.sps, NAL.pps] as const).map((type) => ({
    type,
    nals: sets.filter((nal) => typeOf(nal) === type),
  }));
  const [sequence] = groups[1]?.nals ?? [];
  if (sequence === undefined || groups.some(({ nals }) => nals.length === 0)) return undefined;
  const facts = readSequence(sequence);
  // Profile, compatibility, constraints and level are twelve bytes that are copied as they are.
  const general = unescapeNal(sequence).subarray(HEADER + 1, HEADER + 13);
  if (facts === undefined || general.byteLength < 12) return undefined;
  const head = Buffer.from([
    ...[1, ...general],
    // What is not said: spatial segmentation, parallelism, and the average rate of frames.
    ...[0xf0, 0, 0xfc],
    ...[0xfc | facts.chroma, 0xf8 | facts.lumaDepth, 0xf8 | facts.chromaDepth],
    ...[0, 0, (facts.layers << 3) | (facts.nested ? 4 : 0) | 3, groups.length],
  ]);
  const arrays = groups.flatMap(({ type, nals }) => [
    Uint8Array.of(0x80 | type, nals.length >> 8, nals.length & 0xff),
    ...nals.flatMap((nal) => [Uint8Array.of(nal.byteLength >> 8, nal.byteLength & 0xff), nal]),
  ]);
  return Buffer.concat([head, ...arrays]);
}

/** The parameter sets of such a record and the bytes of its lengths; undefined for one that is broken. */
export function readHevcRecord(
  record: Uint8Array,
): { readonly sets: Uint8Array[]; readonly lengthBytes: number } | undefined {
  if (record.byteLength < 23) return undefined;
  const sets: Uint8Array[] = [];
  let at = 23;
  for (let arrays = record[22] ?? 0; arrays > 0; arrays--) {
    const type = (record[at] ?? 0) & 0x3f;
    const count = (record[at + 1] ?? 0) * 256 + (record[at + 2] ?? 0);
    at += 3;
    for (let i = 0; i < count; i++) {
      const length = (record[at] ?? 0) * 256 + (record[at + 1] ?? 0);
      if (at + 2 + length > record.byteLength) return undefined;
      if (type in KINDS) sets.push(record.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }
  return { sets, lengthBytes: ((record[21] ?? 0) & 3) + 1 };
}

interface Sequence {
  readonly size: readonly [number, number];
  readonly reorder: number | undefined;
  readonly layers: number;
  readonly nested: boolean;
  readonly chroma: number;
  readonly lumaDepth: number;
  readonly chromaDepth: number;
}

function readSequence(nal: Uint8Array): Sequence | undefined {
  const bits = new BitReader(unescapeNal(nal), HEADER);
  const { layers, nested } = readLayers(bits);
  skipProfile(bits, { layers });
  bits.ue();
  const chroma = bits.ue();
  if (chroma === 3) bits.skip(1);
  const columns = bits.ue();
  const rows = bits.ue();
  const [left, right, top, bottom] = bits.flag() ? [bits.ue(), bits.ue(), bits.ue(), bits.ue()] : [0, 0, 0, 0];
  const lumaDepth = bits.ue();
  const chromaDepth = bits.ue();
  bits.ue();
  const everyLayer = bits.flag();
  let reorder = 0;
  for (let i = everyLayer ? 1 : layers; i <= layers; i++) {
    bits.ue();
    reorder = Math.max(reorder, bits.ue());
    bits.ue();
  }
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = chroma === 1 ? 2 : 1;
  const size = [columns - (left + right) * unitX, rows - (top + bottom) * unitY] as const;
  if (bits.over || chroma > 3 || lumaDepth > 8 || chromaDepth > 8 || size[0] <= 0 || size[1] <= 0) return undefined;
  return { size, reorder: reorder > 16 ? undefined : reorder, layers, nested, chroma, lumaDepth, chromaDepth };
}

/** How many temporal layers there are, and whether each refers only to those below it. */
function readLayers(bits: BitReader): { readonly layers: number; readonly nested: boolean } {
  bits.skip(4);
  return { layers: bits.bits(3) + 1, nested: bits.flag() };
}

/** H.265 7.3.3: what is said of the whole, and of each layer below the last one. */
function skipProfile(bits: BitReader, { layers }: { readonly layers: number }): void {
  bits.skip(96);
  if (layers < 2) return;
  let length = 0;
  for (let i = 1; i < layers; i++) length += (bits.flag() ? 88 : 0) + (bits.flag() ? 8 : 0);
  // Where there are layers, their flags are filled up to eight pairs.
  bits.skip(2 * (9 - layers) + length);
}

function typeOf(nal: Uint8Array): number {
  return ((nal[0] ?? 0) >> 1) & 0x3f;
}
