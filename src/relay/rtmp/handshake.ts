// The handshake of RTMP (RTMP 1.0, section 5.2): three packets of fixed size each way.
import { randomBytes } from 'node:crypto';
import { FramerailError } from '../../base/index.js';

/** Bytes of the second and of the third packet. */
export const HANDSHAKE_BYTES = 1536;
const VERSION = 3;

/** The first and the second packet of either side. */
export function handshakeBegin(): Buffer {
  const bytes = randomBytes(1 + HANDSHAKE_BYTES);
  bytes[0] = VERSION;
  // Time, and zeros where an old server would take a version for the wish to compare digests.
  bytes.fill(0, 1, 9);
  return bytes;
}

/** The third packet: what the other side sent as its second one. */
export function handshakeEcho(second: Buffer): Buffer {
  return Buffer.from(second.subarray(0, HANDSHAKE_BYTES));
}

/** Takes the packets of the other side, however they are cut. */
export class HandshakeReader {
  readonly #packets: number;
  #pieces: Buffer[] = [];
  #have = 0;

  /** @param packets - how many packets behind the version: two from a server, one to begin with from a client */
  constructor(packets: 1 | 2) {
    this.#packets = packets;
  }

  /** Takes bytes; once all are here, gives the second packet and what lies behind the last one. */
  push(bytes: Buffer): { readonly second: Buffer; readonly rest: Buffer } | undefined {
    if (this.#have === 0 && bytes[0] !== VERSION)
      throw new FramerailError('FR_RELAY_PROTOCOL', 'The peer does not speak RTMP.', {
        details: { version: bytes[0] },
      });
    const needed = 1 + this.#packets * HANDSHAKE_BYTES;
    // The bytes are only ours until we return.
    this.#pieces.push(Buffer.from(bytes));
    this.#have += bytes.byteLength;
    if (this.#have < needed) return undefined;
    const whole = Buffer.concat(this.#pieces);
    this.#pieces = [];
    return { second: whole.subarray(1, 1 + HANDSHAKE_BYTES), rest: whole.subarray(needed) };
  }
}
