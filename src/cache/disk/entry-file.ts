// How an entry lies in a file: a head that says what follows, with a checksum over all of it, then facts and parts.
import { crc32 } from 'node:zlib';
import type { CacheEntry } from '../tier.js';

/** "FRC1": files of another version are damaged ones. */
const MAGIC = 0x46524331;
/** Magic, checksum, key, bytes of facts, number of parts; the bytes of each part follow. */
const FIXED = 4 + 4 + 32 + 4 + 4;
const MOST_PARTS = 10_000;

/** The pieces of the file of an entry. @param key - 64 hexadecimal digits */
export function encodeEntry(key: string, { facts, parts }: CacheEntry): Uint8Array[] {
  const text = Buffer.from(facts, 'utf8');
  const head = Buffer.alloc(FIXED + 4 * parts.length);
  head.writeUInt32BE(MAGIC, 0);
  head.write(key, 8, 'hex');
  head.writeUInt32BE(text.byteLength, 40);
  head.writeUInt32BE(parts.length, 44);
  for (const [index, part] of parts.entries()) head.writeUInt32BE(part.byteLength, FIXED + 4 * index);
  const pieces = [head, text, ...parts];
  const checksum = pieces.reduce((sum, piece, index) => crc32(index === 0 ? head.subarray(8) : piece, sum), 0);
  head.writeUInt32BE(checksum, 4);
  return pieces;
}

/** The entry in a file, its parts in memory of their own; undefined where the file is not the one that was written. */
export function decodeEntry(key: string, file: Buffer): CacheEntry | undefined {
  if (file.byteLength < FIXED || file.readUInt32BE(0) !== MAGIC) return undefined;
  if (file.readUInt32BE(4) !== crc32(file.subarray(8)) || file.toString('hex', 8, 40) !== key) return undefined;
  const count = file.readUInt32BE(44);
  if (count > MOST_PARTS) return undefined;
  let at = FIXED + 4 * count;
  if (at > file.byteLength) return undefined;
  const lengths = Array.from({ length: count }, (_, index) => file.readUInt32BE(FIXED + 4 * index));
  const facts = file.toString('utf8', at, (at += file.readUInt32BE(40)));
  const parts = lengths.map((length) => Uint8Array.from(file.subarray(at, (at += length))));
  return at === file.byteLength ? { facts, parts } : undefined;
}
