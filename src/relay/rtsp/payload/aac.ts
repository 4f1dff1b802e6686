// AAC in RTP as `mpeg4-generic` (RFC 3640): frames behind the list of their lengths, or a long one in several packets.
import { BitReader } from '../../elementary/bit-reader.js';
import type { RtpPacket } from '../rtp.js';
import type { Complaint, Depacketizer, FrameSink } from './depacketizer.js';

/** How packets are made, as the description says. */
export interface AacFraming {
  /** Bits of the length of a frame, of its number, and of the difference to the one ahead. */
  readonly sizeLength: number;
  readonly indexLength: number;
  readonly indexDeltaLength: number;
  /** Bytes of one frame, where it says so instead of each packet. */
  readonly constantSize: number | undefined;
  /** Ticks of one frame. */
  readonly duration: number;
}

/** Bytes of one frame at most: six channels of 6,144 bits each, and room for what surrounds them. */
const MOST_BYTES = 64 * 1024;

/** Takes apart packets of AAC. */
export class AacDepacketizer implements Depacketizer {
  readonly #framing: AacFraming;
  readonly #onFrame: FrameSink;
  readonly #complain: Complaint;
  /** Pieces of a frame of which not all have come. */
  #pieces: Buffer[] = [];
  #missing = 0;
  #timestamp = 0;

  constructor(framing: AacFraming, onFrame: FrameSink, complain: Complaint) {
    this.#framing = framing;
    this.#onFrame = onFrame;
    this.#complain = complain;
  }

  gap(): void {
    this.#drop();
  }

  push({ payload, timestamp }: RtpPacket): void {
    const { sizeLength, constantSize, duration } = this.#framing;
    if (sizeLength === 0) {
      this.#split(payload, timestamp, constantSize ?? payload.byteLength);
      return;
    }
    if (payload.byteLength < 2) return;
    const headers = payload.readUInt16BE(0);
    const data = payload.subarray(2 + Math.ceil(headers / 8));
    const sizes = this.#sizes(new BitReader(payload.subarray(2)), headers);
    if (sizes === undefined) return;
    const [first = 0] = sizes;
    // A frame that is larger than what is there goes on in the next packets, each of which repeats its whole length.
    if (sizes.length === 1 && first > data.byteLength) {
      this.#piece(data, first, timestamp);
      return;
    }
    this.#drop();
    let at = 0;
    for (const [i, size] of sizes.entries()) {
      if (at + size > data.byteLength) return;
      if (size > 0) this.#onFrame(data.subarray(at, at + size), wrapped(timestamp + i * duration));
      at += size;
    }
  }

  /** The lengths of all frames; undefined where they are out of order. */
  #sizes(bits: BitReader, length: number): number[] | undefined {
    const { sizeLength, indexLength, indexDeltaLength } = this.#framing;
    const sizes: number[] = [];
    for (let read = 0; bits.left > 0;) {
      const index = sizes.length === 0 ? indexLength : indexDeltaLength;
      read += sizeLength + index;
      if (read > length) break;
      sizes.push(bits.bits(sizeLength));
      // The number of the first frame counts nothing that is used; those behind it must follow each other.
      const number = bits.bits(index);
      if (sizes.length > 1 && number !== 0) {
        this.#complain('is interleaved, which cannot be read');
        return undefined;
      }
    }
    return sizes;
  }

  #split(payload: Buffer, timestamp: number, size: number): void {
    if (size <= 0) return;
    const { duration } = this.#framing;
    for (let at = 0, i = 0; at + size <= payload.byteLength; at += size, i++)
      this.#onFrame(payload.subarray(at, at + size), wrapped(timestamp + i * duration));
  }

  #piece(data: Buffer, size: number, timestamp: number): void {
    if (this.#pieces.length === 0 || timestamp !== this.#timestamp) {
      this.#drop();
      // The end of one whose beginning was lost.
      if (size > MOST_BYTES) return;
      this.#missing = size;
      this.#timestamp = timestamp;
    }
    this.#pieces.push(Buffer.from(data));
    this.#missing -= data.byteLength;
    if (this.#missing > 0) return;
    const whole = this.#missing === 0 ? Buffer.concat(this.#pieces) : undefined;
    this.#drop();
    if (whole !== undefined) this.#onFrame(whole, timestamp);
  }

  #drop(): void {
    this.#pieces = [];
    this.#missing = 0;
  }
}

function wrapped(ticks: number): number {
  return Math.round(ticks) % 2 ** 32;
}
