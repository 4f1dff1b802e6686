// Transport packets, and what their headers say (ISO/IEC 13818-1, 2.4.3.2 to 2.4.3.5).

/** Bytes of a packet. */
export const PACKET_BYTES = 188;
/** The first byte of each. */
export const SYNC = 0x47;
/** Packets of this number hold nothing: they keep a rate. */
export const NULL_PID = 0x1fff;
/** Bytes ahead of the adaptation field or the payload. */
export const PACKET_HEADER = 4;

/** Bits of the first byte of an adaptation field. */
export const ADAPTATION = {
  discontinuity: 0x80,
  randomAccess: 0x40,
  pcr: 0x10,
  opcr: 0x08,
  splice: 0x04,
  privateData: 0x02,
  extension: 0x01,
} as const;

/** The header of one packet; one object reads them all, as there are many thousands a second. */
export class PacketHeader {
  pid = 0;
  /** Whether a section or a PES packet begins in it. */
  starts = false;
  /** Whether somebody on the way could not repair it. */
  damaged = false;
  scrambled = false;
  counter = 0;
  hasPayload = false;
  /** Whether counter and clock may begin anew here. */
  discontinuity = false;
  /** Whether it has bytes that only fill it up: with that, PES packets end. */
  stuffed = false;
  /** Where the payload begins and ends, in the bytes that were read. */
  from = 0;
  to = 0;

  /**
   * Reads a header.
   * @returns false for a packet that contradicts itself
   */
  read(bytes: Uint8Array, at: number): boolean {
    const second = bytes[at + 1] ?? 0;
    const fourth = bytes[at + 3] ?? 0;
    this.damaged = (second & 0x80) !== 0;
    this.starts = (second & 0x40) !== 0;
    this.pid = ((second & 0x1f) << 8) | (bytes[at + 2] ?? 0);
    this.scrambled = (fourth & 0xc0) !== 0;
    this.hasPayload = (fourth & 0x10) !== 0;
    this.counter = fourth & 0x0f;
    this.discontinuity = false;
    this.stuffed = false;
    this.from = at + PACKET_HEADER;
    this.to = at + PACKET_BYTES;
    return (fourth & 0x20) === 0 || this.#readAdaptation(bytes, at + PACKET_HEADER);
  }

  #readAdaptation(bytes: Uint8Array, at: number): boolean {
    const length = bytes[at] ?? 0;
    this.from = at + 1 + length;
    if (this.from > this.to || (this.hasPayload && this.from === this.to)) return false;
    const flags = length > 0 ? (bytes[at + 1] ?? 0) : 0;
    this.discontinuity = (flags & ADAPTATION.discontinuity) !== 0;
    // A field of no length is one byte of stuffing.
    this.stuffed = this.hasPayload && (length === 0 || length > usedLength(bytes, at + 1, flags));
    return true;
  }
}

/** Bytes of an adaptation field that mean something. */
function usedLength(bytes: Uint8Array, at: number, flags: number): number {
  let used = 1;
  if ((flags & ADAPTATION.pcr) !== 0) used += 6;
  if ((flags & ADAPTATION.opcr) !== 0) used += 6;
  if ((flags & ADAPTATION.splice) !== 0) used += 1;
  if ((flags & ADAPTATION.privateData) !== 0) used += 1 + (bytes[at + used] ?? 0);
  if ((flags & ADAPTATION.extension) !== 0) used += 1 + (bytes[at + used] ?? 0);
  return used;
}
