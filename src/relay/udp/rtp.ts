// Transport streams in RTP (RFC 2250): each datagram has a header ahead of its packets.
import { PACKET_BYTES, SYNC } from '../mpegts/packet.js';

/** What of a datagram is transport stream. */
export interface RtpPayload {
  readonly sequence: number;
  /** A view. */
  readonly data: Buffer;
}

const HEADER = 12;
/** Numbers by which a datagram may be late and still be known for one. */
const WINDOW = 1024;

/** Takes RTP off a datagram; undefined for one that has none, or carries something else. */
export function readRtp(datagram: Buffer): RtpPayload | undefined {
  const first = datagram[0] ?? 0;
  if (datagram.byteLength < HEADER + PACKET_BYTES || first >> 6 !== 2) return undefined;
  let from = HEADER + 4 * (first & 0x0f);
  // An extension says its length in words (RFC 3550, 5.3.1).
  if ((first & 0x10) !== 0) {
    if (from + 4 > datagram.byteLength) return undefined;
    from += 4 + 4 * datagram.readUInt16BE(from + 2);
  }
  const padding = (first & 0x20) === 0 ? 0 : (datagram[datagram.byteLength - 1] ?? 0);
  const data = datagram.subarray(from, datagram.byteLength - padding);
  const packets = data.byteLength >= PACKET_BYTES && data[0] === SYNC;
  if (!packets || (data.byteLength > PACKET_BYTES && data[PACKET_BYTES] !== SYNC)) return undefined;
  return { sequence: datagram.readUInt16BE(2), data };
}

/** Leaves out datagrams that came before, and those that others have overtaken: their place is gone. */
export class RtpOrder {
  #last: number | undefined;

  /** Whether a datagram is the next one, or a later one. */
  isNew(sequence: number): boolean {
    const ahead = this.#last === undefined ? 1 : ((sequence - this.#last + 0x18000) % 0x10000) - 0x8000;
    // One that is far behind is of a sender that began anew.
    if (ahead <= 0 && ahead > -WINDOW) return false;
    this.#last = sequence;
    return true;
  }

  /** Another sender has numbers of its own. */
  forget(): void {
    this.#last = undefined;
  }
}
