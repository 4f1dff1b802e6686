// HEVC in RTP (RFC 7798): single NAL units, several in one packet (AP), and one in several (FU).
import type { RtpPacket } from '../rtp.js';
import { AccessUnits } from './access-units.js';
import type { Complaint, Depacketizer, PictureSink } from './depacketizer.js';

/** Types of payloads (RFC 7798 4.4); smaller ones are NAL units themselves. */
const AP = 48;
const FU = 49;
const PACI = 50;
const HEADER = 2;

/** Takes apart packets of HEVC. */
export class HevcDepacketizer implements Depacketizer {
  readonly #units: AccessUnits;
  readonly #numbered: boolean;
  readonly #complain: Complaint;

  /**
   * @param numbered - whether units carry their place in the order of decoding (DONL). It is passed over: servers of live
   * streams send in that order, as everything else would have to wait.
   */
  constructor(numbered: boolean, onPicture: PictureSink, complain: Complaint) {
    this.#units = new AccessUnits('hevc', onPicture);
    this.#numbered = numbered;
    this.#complain = complain;
  }

  gap(): void {
    this.#units.gap();
  }

  push({ payload, timestamp, marker }: RtpPacket): void {
    const units = this.#units;
    units.at(timestamp);
    if (payload.byteLength > HEADER) {
      const type = (payload.readUInt8(0) >> 1) & 0x3f;
      if (type < AP) this.#single(payload);
      else if (type === AP) this.#aggregate(payload);
      else if (type === FU) this.#fragment(payload);
      else if (type === PACI) this.#complain('has extended payload headers, which cannot be read');
    }
    if (marker) units.marker();
  }

  #single(payload: Buffer): void {
    if (this.#numbered) this.#units.whole(payload.subarray(0, HEADER), payload.subarray(HEADER + 2));
    else this.#units.whole(payload);
  }

  #aggregate(payload: Buffer): void {
    // The first unit has a number of two bytes, the others the difference in one.
    let number = this.#numbered ? 2 : 0;
    for (let at = HEADER; at + number + 2 < payload.byteLength; number = this.#numbered ? 1 : 0) {
      const begin = at + number + 2;
      const end = begin + payload.readUInt16BE(at + number);
      if (end > payload.byteLength) return;
      if (end > begin) this.#units.whole(payload.subarray(begin, end));
      at = end;
    }
  }

  #fragment(payload: Buffer): void {
    const header = payload[HEADER];
    if (header === undefined) return;
    const starts = (header & 0x80) !== 0;
    // Only the first fragment has a number.
    const rest = payload.subarray(HEADER + 1 + (this.#numbered && starts ? 2 : 0));
    if (starts) {
      const first = (payload.readUInt8(0) & 0x81) | ((header & 0x3f) << 1);
      this.#units.begin(Uint8Array.of(first, payload.readUInt8(1)), rest);
    } else this.#units.more(rest);
    if ((header & 0x40) !== 0) this.#units.end();
  }
}
