// MP3 in RTP as `MPA` (RFC 2250 3.5): whole frames behind four bytes, or a long one in several packets.
import type { RtpPacket } from '../rtp.js';
import type { Complaint, Depacketizer, FrameSink } from './depacketizer.js';

/** What a frame's header says (ISO/IEC 11172-3, 2.4.2.3). */
export interface MpegAudioHeader {
  readonly layer: number;
  /** Bytes of the whole frame. */
  readonly bytes: number;
  readonly sampleRate: number;
  /** Samples of each channel. */
  readonly samples: number;
}

/** Thousand bits a second of layer III. */
const RATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const RATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const SAMPLE_RATES = [44_100, 48_000, 32_000];
const HEADER = 4;
const MOST_BYTES = 2048;

/** Reads a header of layer III; of other layers only which one it is. Undefined for what is none. */
export function readMpegAudio(bytes: Uint8Array): MpegAudioHeader | undefined {
  const [first = 0, second = 0, third = 0] = bytes;
  if (bytes.byteLength < HEADER || first !== 0xff || (second & 0xe0) !== 0xe0) return undefined;
  // 3 is MPEG-1, 2 is MPEG-2, and 0 is what was made of it for low rates.
  const version = (second >> 3) & 3;
  const layer = 4 - ((second >> 1) & 3);
  const sampleRate = (SAMPLE_RATES[(third >> 2) & 3] ?? 0) / (version === 3 ? 1 : version === 2 ? 2 : 4);
  const rate = ((version === 3 ? RATES_1 : RATES_2)[third >> 4] ?? 0) * 1000;
  if (version === 1 || layer === 4 || sampleRate === 0) return undefined;
  const samples = version === 3 ? 1152 : 576;
  if (layer !== 3) return { layer, bytes: 0, sampleRate, samples };
  if (rate === 0) return undefined;
  const padding = (third >> 1) & 1;
  return { layer, bytes: Math.floor((samples * rate) / 8 / sampleRate) + padding, sampleRate, samples };
}

/** Takes apart packets of MP3. */
export class Mp3Depacketizer implements Depacketizer {
  readonly #clockRate: number;
  readonly #onFrame: FrameSink;
  readonly #complain: Complaint;
  #frame = Buffer.alloc(0);
  #timestamp = 0;

  constructor(clockRate: number, onFrame: FrameSink, complain: Complaint) {
    this.#clockRate = clockRate;
    this.#onFrame = onFrame;
    this.#complain = complain;
  }

  gap(): void {
    this.#frame = Buffer.alloc(0);
  }

  push({ payload, timestamp }: RtpPacket): void {
    if (payload.byteLength <= HEADER) return;
    const data = payload.subarray(HEADER);
    // Where in its frame this fragment lies.
    if (payload.readUInt16BE(2) > 0) {
      this.#goOn(data, timestamp);
      return;
    }
    this.#frame = Buffer.alloc(0);
    let ticks = timestamp;
    for (let at = 0; at < data.byteLength;) {
      const header = readMpegAudio(data.subarray(at));
      if (header === undefined) return;
      if (header.layer !== 3) {
        this.#complain(`is MPEG audio of layer ${String(header.layer)}, which cannot be carried`);
        return;
      }
      const frame = data.subarray(at, at + header.bytes);
      if (frame.byteLength < header.bytes) {
        this.#frame = Buffer.from(frame);
        this.#timestamp = ticks;
        return;
      }
      this.#onFrame(frame, ticks);
      ticks = Math.round(ticks + (header.samples * this.#clockRate) / header.sampleRate) % 2 ** 32;
      at += header.bytes;
    }
  }

  #goOn(data: Buffer, timestamp: number): void {
    const bytes = readMpegAudio(this.#frame)?.bytes ?? 0;
    if (this.#frame.byteLength === 0 || timestamp !== this.#timestamp || bytes > MOST_BYTES) return;
    const frame = Buffer.concat([this.#frame, data]);
    this.#frame = frame.byteLength < bytes ? frame : Buffer.alloc(0);
    if (frame.byteLength >= bytes) this.#onFrame(frame.subarray(0, bytes), timestamp);
  }
}
