// H.264 in RTP (RFC 6184): single NAL units, several in one packet (STAP-A), and one in several (FU-A).
import type { RtpPacket } from '../rtp.js';
import { AccessUnits } from './access-units.js';
import type { Complaint, Depacketizer, PictureSink } from './depacketizer.js';

/** Types of payloads (RFC 6184 table 1); smaller ones are NAL units themselves. */
const STAP_A = 24;
const FIRST_INTERLEAVED = 25;
const FU_A = 28;
const LAST_INTERLEAVED = 29;

/** Takes apart packets of H.264 that travel in the order of decoding. */
export class H264Depacketizer implements Depacketizer {
  readonly #units: AccessUnits;
  readonly #complain: Complaint;

  constructor(onPicture: PictureSink, complain: Complaint) {
    this.#units = new AccessUnits('h264', onPicture);
    this.#complain = complain;
  }

  gap(): void {
    this.#units.gap();
  }

  push({ payload, timestamp, marker }: RtpPacket): void {
    const units = this.#units;
    units.at(timestamp);
    const [first] = payload;
    if (first !== undefined) {
      const type = first & 0x1f;
      // Type 0 is none: it is where a start code begins that some cameras leave in.
      if (type < STAP_A && (type > 0 || isStartCode(payload))) units.whole(payload);
      else if (type === STAP_A) this.#aggregate(payload);
      else if (type === FU_A) this.#fragment(first, payload);
      // STAP-B, MTAP and FU-B are those in which units travel out of order.
      else if (type >= FIRST_INTERLEAVED && type <= LAST_INTERLEAVED)
        this.#complain('is interleaved, which cannot be read');
    }
    if (marker) units.marker();
  }

  #aggregate(payload: Buffer): void {
    for (let at = 1; at + 2 < payload.byteLength;) {
      const end = at + 2 + payload.readUInt16BE(at);
      if (end > payload.byteLength) return;
      if (end > at + 2) this.#units.whole(payload.subarray(at + 2, end));
      at = end;
    }
  }

  #fragment(indicator: number, payload: Buffer): void {
    const header = payload[1];
    if (header === undefined) return;
    const rest = payload.subarray(2);
    if ((header & 0x80) !== 0) this.#units.begin(Uint8Array.of((indicator & 0xe0) | (header & 0x1f)), rest);
    else this.#units.more(rest);
    if ((header & 0x40) !== 0) this.#units.end();
  }
}

function isStartCode(payload: Buffer): boolean {
  return payload.byteLength > 4 && payload.readUIntBE(0, 3) <= 1;
}
