// AAC in RTP as `MP4A-LATM` (RFC 6416 6): frames behind their lengths, with what decoders need in the description alone.
import { BitReader } from '../../elementary/bit-reader.js';
import type { RtpPacket } from '../rtp.js';
import { readGeneralAudio } from './aac-config.js';
import type { Depacketizer, FrameSink } from './depacketizer.js';

/** What a StreamMuxConfig says (ISO/IEC 14496-3, 1.7.3). */
export interface LatmConfig {
  /** The AudioSpecificConfig of its only layer. */
  readonly config: Buffer;
  /** Frames in each element. */
  readonly frames: number;
}

/** Bytes of one element at most. */
const MOST_BYTES = 256 * 1024;

/**
 * Reads a StreamMuxConfig of one program with one layer of AAC, whose frames tell their lengths.
 * Undefined for all others, which nobody sends.
 */
export function readStreamMuxConfig(bytes: Uint8Array): LatmConfig | undefined {
  const bits = new BitReader(bytes);
  // Version 1 has other fields from here on.
  if (bits.bit() !== 0) return undefined;
  const together = bits.flag();
  const frames = bits.bits(6) + 1;
  const programs = bits.bits(4) + 1;
  const layers = bits.bits(3) + 1;
  if (!together || programs !== 1 || layers !== 1) return undefined;
  const begin = bytes.byteLength * 8 - bits.left;
  const rest = shifted(bytes, begin);
  const length = readGeneralAudio(rest)?.bits;
  if (length === undefined) return undefined;
  bits.skip(length);
  // Frames that tell their lengths are of type 0; GStreamer leaves the end out, and means that.
  if (bits.bits(3) !== 0) return undefined;
  const config = Buffer.from(rest.subarray(0, Math.ceil(length / 8)));
  const last = config.byteLength - 1;
  // Bits behind the end belong to the fields that follow.
  config[last] = (config[last] ?? 0) & (0xff << ((8 - (length % 8)) % 8));
  return { config, frames };
}

/** The bytes from a bit on. */
function shifted(bytes: Uint8Array, from: number): Uint8Array {
  const bits = new BitReader(bytes);
  bits.skip(from);
  return Uint8Array.from({ length: Math.ceil(bits.left / 8) }, () => bits.bits(8));
}

/** Takes apart packets of LATM. */
export class LatmDepacketizer implements Depacketizer {
  readonly #frames: number;
  /** Ticks of one frame. */
  readonly #duration: number;
  readonly #onFrame: FrameSink;
  /** An element of which not all has come. */
  #pieces: Buffer[] = [];
  #bytes = 0;
  #timestamp = 0;
  /** Whether the beginning of what comes is missing. */
  #broken = false;

  constructor(frames: number, duration: number, onFrame: FrameSink) {
    this.#frames = frames;
    this.#duration = duration;
    this.#onFrame = onFrame;
  }

  gap(): void {
    this.#broken = this.#pieces.length > 0;
    this.#pieces = [];
  }

  push({ payload, timestamp, marker }: RtpPacket): void {
    if (this.#pieces.length > 0 && timestamp !== this.#timestamp) this.#pieces = [];
    if (this.#broken && timestamp !== this.#timestamp) this.#broken = false;
    this.#timestamp = timestamp;
    if (this.#pieces.length === 0) this.#bytes = 0;
    this.#bytes += payload.byteLength;
    if (this.#bytes > MOST_BYTES) this.#broken = true;
    if (marker) {
      const whole = this.#pieces.length === 0 ? payload : Buffer.concat([...this.#pieces, payload]);
      if (!this.#broken) this.#element(whole, timestamp);
      this.#pieces = [];
      this.#broken = false;
    } else if (!this.#broken) this.#pieces.push(Buffer.from(payload));
  }

  /** Each frame lies behind its length: bytes that are summed up as long as they are 255. */
  #element(bytes: Buffer, timestamp: number): void {
    let at = 0;
    for (let i = 0; i < this.#frames && at < bytes.byteLength; i++) {
      let length = 0;
      while (bytes[at] === 0xff) {
        length += 255;
        at += 1;
      }
      length += bytes[at++] ?? 0;
      if (at + length > bytes.byteLength) return;
      if (length > 0)
        this.#onFrame(bytes.subarray(at, at + length), Math.round(timestamp + i * this.#duration) % 2 ** 32);
      at += length;
    }
  }
}
