// Clips with something wrong in them, each made from a clip and a number: who knows both can make it again.
import { readFileSync } from 'node:fs';
import { fixture } from './fixtures.js';
import { random } from './random.js';

/** What a mutated clip is made from. */
export interface Recipe {
  /** A clip of the fixtures. */
  readonly clip: string;
  /** What is done to it follows from this number. */
  readonly seed: number;
}

type Numbers = () => number;
const below = (next: Numbers, most: number): number => Math.floor(next() * most);
/** Values that sizes and counts are compared with. */
const EDGES = [0, 1, 7, 8, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_fff8, 0xffff_ffff];

/** Where the four letters of a box of MP4 begin. */
function boxes(bytes: Buffer): number[] {
  const found: number[] = [];
  for (let at = 4; at + 4 <= bytes.length && found.length < 400; at++)
    if (/^[a-z][a-z0-9]{3}$/.test(bytes.toString('latin1', at, at + 4))) found.push(at);
  return found;
}

/** Headers are where damage does most: half of all damage is in the first or the last 4 KiB. */
function place(bytes: Buffer, next: Numbers): number {
  const kind = next();
  const near = Math.min(4096, bytes.length);
  if (kind < 0.25) return below(next, near);
  if (kind < 0.5) return bytes.length - 1 - below(next, near);
  return below(next, bytes.length);
}

const MUTATIONS: readonly ((bytes: Buffer, next: Numbers) => Buffer)[] = [
  // Bits that flipped.
  (bytes, next) => {
    for (let left = 1 + below(next, 40); left > 0; left--) {
      const at = place(bytes, next);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << below(next, 8));
    }
    return bytes;
  },
  // A box that says another size, or a count or an offset in it that is at the edge.
  (bytes, next) => {
    const all = boxes(bytes);
    for (let left = 1 + below(next, 3); left > 0 && all.length > 0; left--) {
      const at = all[below(next, all.length)] ?? 4;
      const where = next() < 0.5 ? at - 4 : at + 4 + 4 * below(next, 12);
      if (where + 4 <= bytes.length) bytes.writeUInt32BE(EDGES[below(next, EDGES.length)] ?? 0, where);
    }
    return bytes;
  },
  // Words at the edge, anywhere.
  (bytes, next) => {
    for (let left = 1 + below(next, 8); left > 0; left--) {
      const at = Math.min(place(bytes, next), bytes.length - 4);
      bytes.writeUInt32BE(EDGES[below(next, EDGES.length)] ?? 0, Math.max(0, at));
    }
    return bytes;
  },
  // The end is missing.
  (bytes, next) => bytes.subarray(0, 1 + below(next, bytes.length)),
  // A piece is missing.
  (bytes, next) => {
    const at = place(bytes, next);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(next, 2000))]);
  },
  // A piece is there twice.
  (bytes, next) => {
    const at = place(bytes, next);
    const piece = bytes.subarray(at, at + 1 + below(next, 5000));
    return Buffer.concat([bytes.subarray(0, at), piece, piece, bytes.subarray(at + piece.length)]);
  },
  // A run of one value.
  (bytes, next) => {
    const at = place(bytes, next);
    return bytes.fill(EDGES[below(next, 6)] ?? 0, at, Math.min(bytes.length, at + 1 + below(next, 400)));
  },
];

/** Makes a clip. */
export function mutated({ clip, seed }: Recipe): Buffer {
  const next = random(seed);
  let bytes: Buffer = Buffer.from(readFileSync(fixture(clip)));
  for (let left = 1 + below(next, 3); left > 0 && bytes.length >= 16; left--)
    bytes = MUTATIONS[below(next, MUTATIONS.length)]?.(Buffer.from(bytes), next) ?? bytes;
  return bytes;
}
