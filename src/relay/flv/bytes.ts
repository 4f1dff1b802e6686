// FLV as bytes: what files and HTTP bodies begin with, and tags.

const TAG_HEADER = 11;
const BACK_POINTER = 4;

/** The header of a file, with the pointer that lies behind it. */
export function flvHeader({ audio, video }: { readonly audio: boolean; readonly video: boolean }): Buffer {
  const flags = (audio ? 4 : 0) | (video ? 1 : 0);
  return Buffer.from([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]);
}

/**
 * One tag.
 * @param timestamp - milliseconds, modulo 2^32
 * @param payload - is copied
 */
export function flvTag(type: number, timestamp: number, payload: Uint8Array): Buffer {
  const { byteLength } = payload;
  const bytes = Buffer.allocUnsafe(TAG_HEADER + byteLength + BACK_POINTER);
  const time = timestamp >>> 0;
  bytes[0] = type;
  bytes.writeUIntBE(byteLength, 1, 3);
  bytes.writeUIntBE(time & 0xffffff, 4, 3);
  bytes[7] = time >>> 24;
  bytes.writeUIntBE(0, 8, 3);
  bytes.set(payload, TAG_HEADER);
  bytes.writeUInt32BE(TAG_HEADER + byteLength, TAG_HEADER + byteLength);
  return bytes;
}
