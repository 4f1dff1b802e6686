// Where packets lie in a stream of bytes: 188 apart, or 192 with times of arrival ahead (M2TS), or 204 with Reed-Solomon behind.
import { PACKET_BYTES, SYNC } from './packet.js';

/** Distances of packets, the usual one first. */
const STRIDES = [PACKET_BYTES, 204, 192] as const;
const LONGEST = 204;
/** Packets in a row that are believed. */
const IN_A_ROW = 3;

/** Finds packets, however the bytes were cut, and finds them again behind bytes that are none. */
export class PacketFinder {
  /** How often what should have been a packet was none. */
  losses = 0;
  readonly #onPacket: (bytes: Buffer, at: number) => void;
  /** The distance of packets; undefined while they are looked for. */
  #stride: number | undefined;
  /** Bytes to pass over, up to the next packet. */
  #skip = 0;
  /** What came and was not yet a whole packet, or not yet known to be one. */
  #kept = Buffer.alloc(0);

  /** @param onPacket - takes 188 bytes from a place on; they are valid until it returns */
  constructor(onPacket: (bytes: Buffer, at: number) => void) {
    this.#onPacket = onPacket;
  }

  /** Takes the next bytes. */
  push(bytes: Buffer): void {
    let rest = bytes;
    if (this.#stride !== undefined && this.#kept.byteLength > 0) rest = this.#finish(bytes);
    // Looking needs several packets at once: what there is lies together until they are found.
    else if (this.#kept.byteLength > 0) rest = Buffer.concat([this.#take(), bytes]);
    while (rest.byteLength > 0) {
      if (this.#stride !== undefined) rest = this.#walk(rest, this.#stride);
      else {
        const found = findPackets(rest);
        rest = rest.subarray(found.at);
        if (found.stride === undefined) {
          this.#kept = Buffer.from(rest);
          return;
        }
        this.#stride = found.stride;
      }
    }
  }

  /** The end of what belongs together: packets that were too few to be believed are taken. */
  flush(): void {
    const rest = this.#take();
    if (this.#stride === undefined)
      for (let at = 0; at + PACKET_BYTES <= rest.byteLength && rest[at] === SYNC; at += PACKET_BYTES)
        this.#onPacket(rest, at);
    this.#stride = undefined;
    this.#skip = 0;
  }

  /** Completes the packet that began in an earlier piece; gives what lies behind it. */
  #finish(bytes: Buffer): Buffer {
    const needed = PACKET_BYTES - this.#kept.byteLength;
    const whole = Buffer.concat([this.#take(), bytes.subarray(0, needed)]);
    if (whole.byteLength < PACKET_BYTES) {
      this.#kept = whole;
      return bytes.subarray(bytes.byteLength);
    }
    this.#onPacket(whole, 0);
    this.#skip = (this.#stride ?? PACKET_BYTES) - PACKET_BYTES;
    return bytes.subarray(needed);
  }

  /** Takes packets as long as there are any; gives what is left to look into. */
  #walk(bytes: Buffer, stride: number): Buffer {
    let at = this.#skip;
    while (at + PACKET_BYTES <= bytes.byteLength && bytes[at] === SYNC) {
      this.#onPacket(bytes, at);
      at += stride;
    }
    this.#skip = Math.max(0, at - bytes.byteLength);
    if (at >= bytes.byteLength) return bytes.subarray(bytes.byteLength);
    if (bytes[at] === SYNC) {
      this.#kept = Buffer.from(bytes.subarray(at));
      return bytes.subarray(bytes.byteLength);
    }
    this.#stride = undefined;
    this.losses += 1;
    return bytes.subarray(at);
  }

  #take(): Buffer {
    const kept = this.#kept;
    this.#kept = Buffer.alloc(0);
    return kept;
  }
}

/**
 * Looks for packets.
 * @returns where they begin and how far they are apart; without a distance, from where on there may be some
 */
export function findPackets(bytes: Uint8Array): { readonly at: number; readonly stride: number | undefined } {
  for (let at = bytes.indexOf(SYNC); at >= 0; at = bytes.indexOf(SYNC, at + 1)) {
    const stride = STRIDES.find((distance) => isRow(bytes, at, distance));
    if (stride !== undefined) return { at, stride };
    if (at + (IN_A_ROW - 1) * LONGEST >= bytes.byteLength) return { at, stride: undefined };
  }
  return { at: bytes.byteLength, stride: undefined };
}

function isRow(bytes: Uint8Array, at: number, distance: number): boolean {
  for (let i = 1; i < IN_A_ROW; i++) if (bytes[at + i * distance] !== SYNC) return false;
  return true;
}
