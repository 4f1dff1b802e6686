// Packets of RTP (RFC 3550 5.1).

/** A packet that was read. */
export interface RtpPacket {
  readonly marker: boolean;
  readonly payloadType: number;
  /** Modulo 2^16. */
  readonly sequence: number;
  /** Ticks of the clock of its stream, modulo 2^32. */
  readonly timestamp: number;
  /** Who sends. */
  readonly source: number;
  /** A view of the packet. */
  readonly payload: Buffer;
}

const HEADER = 12;

/** Reads a packet; undefined for what is none. */
export function readRtp(bytes: Buffer): RtpPacket | undefined {
  if (bytes.byteLength < HEADER) return undefined;
  const first = bytes.readUInt8(0);
  const second = bytes.readUInt8(1);
  if (first >> 6 !== 2) return undefined;
  let begin = HEADER + 4 * (first & 0x0f);
  let end = bytes.byteLength;
  if ((first & 0x10) !== 0) {
    if (end < begin + 4) return undefined;
    begin += 4 + 4 * bytes.readUInt16BE(begin + 2);
  }
  // The last byte says how many of them only fill up.
  if ((first & 0x20) !== 0) end -= bytes.readUInt8(end - 1);
  if (end < begin) return undefined;
  return {
    marker: (second & 0x80) !== 0,
    payloadType: second & 0x7f,
    sequence: bytes.readUInt16BE(2),
    timestamp: bytes.readUInt32BE(4),
    source: bytes.readUInt32BE(8),
    payload: bytes.subarray(begin, end),
  };
}

/** A packet without media, which opens the way through firewalls towards us. */
export function emptyRtp(source: number): Buffer {
  const bytes = Buffer.alloc(HEADER);
  bytes[0] = 0x80;
  bytes.writeUInt32BE(source, 8);
  return bytes;
}
