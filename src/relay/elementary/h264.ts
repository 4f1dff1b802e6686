// H.264 as far as a relay reads it: kinds of NAL units, the sequence parameter set, and the record that decoders are set up with.
import { BitReader } from './bit-reader.js';
import { unescapeNal } from './annex-b.js';
import type { VideoParameters } from './video-codec.js';

/** Types of NAL units (H.264 table 7-1). */
const NAL = { slice: 1, partitionA: 2, idr: 5, sei: 6, sps: 7, pps: 8, delimiter: 9 } as const;
/** A message that says where pictures can be decoded from without an IDR picture (H.264 D.2.8). */
const RECOVERY_POINT = 6;
/** Profiles whose parameter set says how chroma is sampled (H.264 7.3.2.1.1). */
const WITH_CHROMA = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
const BASELINE = 66;
/** Profiles that have variants of intra pictures alone, which constraint_set3_flag marks. */
const WITH_INTRA = new Set([44, 100, 110, 122, 244]);
const EXTENDED_ASPECT = 255;

/** What a NAL unit is for. */
export function h264Role(nal: Uint8Array): 'parameters' | 'delimiter' | 'picture' | 'other' {
  const type = typeOf(nal);
  if (type === NAL.sps || type === NAL.pps) return 'parameters';
  if (type === NAL.delimiter) return 'delimiter';
  return type >= NAL.slice && type <= NAL.idr ? 'picture' : 'other';
}

/**
 * Where a parameter set belongs: the kind and the number of it, so that a new one takes the place of its predecessor.
 * Undefined for one that is broken.
 */
export function h264SetName(nal: Uint8Array): string | undefined {
  const type = typeOf(nal);
  // The number lies in front, in a few bits: behind profile and level for one, at once for the other.
  const bits = new BitReader(unescapeNal(nal.subarray(0, 16)), type === NAL.sps ? 4 : 1);
  const id = bits.ue();
  return bits.over || id > 255 ? undefined : `${type === NAL.sps ? 'sps' : 'pps'}${String(id)}`;
}

/** Whether decoding can begin with a picture: an IDR one, or one that a message marks as a point of recovery. */
export function isH264Keyframe(nals: readonly Uint8Array[]): boolean {
  return nals.some((nal) => typeOf(nal) === NAL.idr || (typeOf(nal) === NAL.sei && hasRecoveryPoint(nal)));
}

/** Whether a slice is the first one of its picture: first_mb_in_slice is zero, which is a single one bit. */
export function beginsH264Picture(nal: Uint8Array): boolean {
  const type = typeOf(nal);
  return (type === NAL.slice || type === NAL.partitionA || type === NAL.idr) && ((nal[1] ?? 0) & 0x80) !== 0;
}

/** Reads a sequence parameter set (H.264 7.3.2.1.1); undefined for one that is broken. */
export function readH264Parameters(nal: Uint8Array): VideoParameters | undefined {
  const bits = new BitReader(unescapeNal(nal), 1);
  const profile = bits.bits(8);
  const constraints = bits.bits(8);
  bits.skip(8);
  bits.ue();
  let chroma = 1;
  if (WITH_CHROMA.has(profile)) chroma = skipChroma(bits);
  bits.ue();
  const order = bits.ue();
  skipPictureOrder(bits, order);
  bits.ue();
  bits.skip(1);
  const columns = (bits.ue() + 1) * 16;
  const units = bits.ue() + 1;
  const frames = bits.bit();
  if (frames === 0) bits.skip(1);
  bits.skip(1);
  const rows = units * 16 * (2 - frames);
  const crop = bits.flag() ? [bits.ue(), bits.ue(), bits.ue(), bits.ue()] : [0, 0, 0, 0];
  if (bits.over) return undefined;
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const unitX = chroma === 1 || chroma === 2 ? 2 : 1;
  const unitY = (chroma === 1 ? 2 : 1) * (2 - frames);
  const size = [columns - (left + right) * unitX, rows - (top + bottom) * unitY] as const;
  if (size[0] <= 0 || size[1] <= 0) return undefined;
  const usability = bits.flag() ? readUsability(bits) : {};
  const inOrder = order === 2 || profile === BASELINE || (WITH_INTRA.has(profile) && (constraints & 0x10) !== 0);
  return { size, frameRate: usability.frameRate, reorder: inOrder ? 0 : usability.reorder };
}

/** The record that decoders are set up with (ISO/IEC 14496-15, 5.3.3.1); undefined while a set is missing. */
export function h264Record(sets: readonly Uint8Array[]): Buffer | undefined {
  const sequence = sets.filter((nal) => typeOf(nal) === NAL.sps);
  const picture = sets.filter((nal) => typeOf(nal) === NAL.pps);
  const [first] = sequence;
  if (first === undefined || first.byteLength < 4 || picture.length === 0) return undefined;
  const profile = first[1] ?? 0;
  const parts = [
    Buffer.from([1, profile, first[2] ?? 0, first[3] ?? 0, 0xff, 0xe0 | Math.min(31, sequence.length)]),
    ...sequence.slice(0, 31).flatMap(behindLength),
    Buffer.from([Math.min(255, picture.length)]),
    ...picture.slice(0, 255).flatMap(behindLength),
  ];
  const depth = WITH_CHROMA.has(profile) ? chromaOf(first) : undefined;
  if (depth !== undefined) parts.push(Buffer.from([0xfc | depth[0], 0xf8 | depth[1], 0xf8 | depth[2], 0]));
  return Buffer.concat(parts);
}

/** The parameter sets of such a record and the bytes of its lengths; undefined for one that is broken. */
export function readH264Record(
  record: Uint8Array,
): { readonly sets: Uint8Array[]; readonly lengthBytes: number } | undefined {
  if (record.byteLength < 7 || record[0] !== 1) return undefined;
  const sets: Uint8Array[] = [];
  let at = 5;
  for (const mask of [0x1f, 0xff]) {
    const count = (record[at++] ?? 0) & mask;
    for (let i = 0; i < count; i++) {
      const length = (record[at] ?? 0) * 256 + (record[at + 1] ?? 0);
      if (at + 2 + length > record.byteLength) return undefined;
      sets.push(record.subarray(at + 2, at + 2 + length));
      at += 2 + length;
    }
  }
  return { sets, lengthBytes: ((record[4] ?? 0) & 3) + 1 };
}

function typeOf(nal: Uint8Array): number {
  return (nal[0] ?? 0) & 0x1f;
}

function behindLength(nal: Uint8Array): Uint8Array[] {
  return [Uint8Array.of(nal.byteLength >> 8, nal.byteLength & 0xff), nal];
}

/** chroma_format_idc and the depths of luma and chroma beyond eight bits. */
function chromaOf(nal: Uint8Array): readonly [number, number, number] {
  const bits = new BitReader(unescapeNal(nal), 4);
  bits.ue();
  const chroma = bits.ue() & 3;
  if (chroma === 3) bits.skip(1);
  return [chroma, bits.ue() & 7, bits.ue() & 7];
}

function skipChroma(bits: BitReader): number {
  const chroma = bits.ue();
  if (chroma === 3) bits.skip(1);
  bits.ue();
  bits.ue();
  bits.skip(1);
  if (bits.flag())
    for (let i = 0; i < (chroma === 3 ? 12 : 8); i++) if (bits.flag()) skipScalingList(bits, i < 6 ? 16 : 64);
  return chroma;
}

/** H.264 7.3.2.1.1.1. */
function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  for (let i = 0; i < size && !bits.over; i++) {
    const next = (last + bits.se() + 256) % 256;
    if (next === 0) return;
    last = next;
  }
}

function skipPictureOrder(bits: BitReader, order: number): void {
  if (order === 0) bits.ue();
  if (order !== 1) return;
  bits.skip(1);
  bits.se();
  bits.se();
  const count = bits.ue();
  for (let i = 0; i < count && !bits.over; i++) bits.se();
}

/** Reads what H.264 E.1.1 calls video usability information: the rate of frames, and how many are out of order. */
function readUsability(bits: BitReader): { frameRate?: number; reorder?: number } {
  if (bits.flag() && bits.bits(8) === EXTENDED_ASPECT) bits.skip(32);
  if (bits.flag()) bits.skip(1);
  if (bits.flag()) {
    bits.skip(4);
    if (bits.flag()) bits.skip(24);
  }
  if (bits.flag()) {
    bits.ue();
    bits.ue();
  }
  let frameRate: number | undefined;
  if (bits.flag()) {
    const tick = bits.bits(32);
    // A tick is a field.
    if (tick > 0) frameRate = bits.bits(32) / tick / 2;
    else bits.skip(32);
    bits.skip(1);
  }
  const network = bits.flag();
  if (network) skipReferenceDecoder(bits);
  const video = bits.flag();
  if (video) skipReferenceDecoder(bits);
  if (network || video) bits.skip(1);
  bits.skip(1);
  const facts = frameRate === undefined || bits.over ? {} : { frameRate };
  if (!bits.flag()) return facts;
  bits.skip(1);
  for (let i = 0; i < 4; i++) bits.ue();
  const reorder = bits.ue();
  return bits.over || reorder > 16 ? facts : { ...facts, reorder };
}

/** H.264 E.1.2. */
function skipReferenceDecoder(bits: BitReader): void {
  const count = bits.ue() + 1;
  bits.skip(8);
  for (let i = 0; i < count && !bits.over; i++) {
    bits.ue();
    bits.ue();
    bits.skip(1);
  }
  bits.skip(20);
}

/** Looks for a message of recovery among those of a unit (H.264 7.3.2.3.1). */
function hasRecoveryPoint(nal: Uint8Array): boolean {
  const bytes = unescapeNal(nal);
  let at = 1;
  const number = (): number => {
    let value = 0;
    while (bytes[at] === 0xff) {
      value += 255;
      at += 1;
    }
    return value + (bytes[at++] ?? 0);
  };
  // A message has two bytes at least, and the unit ends with one that is none.
  while (at + 2 < bytes.byteLength) {
    if (number() === RECOVERY_POINT) return true;
    at += number();
  }
  return false;
}
