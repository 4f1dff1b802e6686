// Access units from the NAL units of packets: they end with a marker or with another timestamp, and damaged ones are dropped.
import { splitAnnexB } from '../../elementary/annex-b.js';
import { NAL_CODECS, type NalCodecName } from '../../elementary/nal-codecs.js';
import type { PictureSink } from './depacketizer.js';

/** Bytes of one picture at most; those of the largest cameras have some megabytes. */
const MOST_BYTES = 16 * 1024 * 1024;
/** NAL units of one picture at most. */
const MOST_NALS = 4096;
const FIRST_BYTES = 64 * 1024;
const START_CODE = Buffer.from([0, 0, 1]);

/** Builds access units of one stream. */
export class AccessUnits {
  readonly #codec: (typeof NAL_CODECS)[NalCodecName];
  readonly #onPicture: PictureSink;
  /** The bytes of the unit that is being built. */
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #length = 0;
  /** Where its NAL units begin and end. */
  #nals: { readonly from: number; readonly to: number }[] = [];
  /** Where the one begins whose fragments are coming. */
  #open: number | undefined;
  #timestamp: number | undefined;
  #pictured = false;
  #damaged = false;
  /** Packets are missing since the last unit that was whole. */
  #gapped = false;
  /** Pictures refer to what was lost, until the next one that refers to none. */
  #waiting = true;
  /** Whether markers come amid pictures: then only another timestamp ends one. */
  #markersLie = false;
  /** The timestamp of the last unit that a marker ended. */
  #ended: number | undefined;

  constructor(codec: NalCodecName, onPicture: PictureSink) {
    this.#codec = NAL_CODECS[codec];
    this.#onPicture = onPicture;
  }

  /** The next packet has this timestamp. */
  at(timestamp: number): void {
    if (this.#timestamp !== undefined && timestamp !== this.#timestamp) this.#finish();
    this.#timestamp = timestamp;
  }

  /** A whole NAL unit, in one piece or in two. */
  whole(head: Uint8Array, rest?: Uint8Array): void {
    this.begin(head, rest);
    this.end();
  }

  /** The first fragment of a NAL unit: its header and what follows. */
  begin(head: Uint8Array, rest?: Uint8Array): void {
    if (this.#open !== undefined) this.#damaged = true;
    this.#open = this.#length;
    this.#append(head);
    if (rest !== undefined) this.#append(rest);
  }

  /** A later fragment. */
  more(bytes: Uint8Array): void {
    // Its beginning was lost, or was never sent.
    if (this.#open === undefined) this.#damaged = true;
    else this.#append(bytes);
  }

  /** The NAL unit is whole. */
  end(): void {
    const from = this.#open;
    this.#open = undefined;
    if (from === undefined || this.#damaged || from === this.#length) return;
    const nal = this.#bytes.subarray(from, this.#length);
    // A NAL unit has no start code within it; some cameras send a stretch of a byte stream as one.
    const code = nal.indexOf(START_CODE);
    if (code < 0) this.#add(nal, from);
    else {
      if (code > 0) this.#add(trimmed(nal.subarray(0, code)), from);
      for (const part of splitAnnexB(nal.subarray(code))) this.#add(part, part.byteOffset - this.#bytes.byteOffset);
    }
  }

  /** The packet was the last one of its picture, as its sender says. */
  marker(): void {
    // Parameters that are sent as if they were a picture belong to the next one.
    if (this.#markersLie || (!this.#pictured && !this.#damaged)) return;
    this.#ended = this.#timestamp;
    this.#finish();
    this.#timestamp = undefined;
  }

  /** Packets are missing ahead of the next one. */
  gap(): void {
    this.#waiting = true;
    this.#gapped = true;
    this.#open = undefined;
    if (this.#nals.length > 0 || this.#timestamp !== undefined) this.#damaged = true;
  }

  #append(bytes: Uint8Array): void {
    if (this.#damaged) return;
    const length = this.#length + bytes.byteLength;
    if (length > MOST_BYTES) {
      this.#damaged = true;
      return;
    }
    if (length > this.#bytes.byteLength) {
      const larger = Buffer.allocUnsafeSlow(Math.min(MOST_BYTES, Math.max(length, 2 * this.#bytes.byteLength)));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
  }

  #add(nal: Uint8Array, from: number): void {
    if (nal.byteLength === 0) return;
    const codec = this.#codec;
    const picture = codec.role(nal) === 'picture';
    if (picture && !this.#pictured) {
      // Whoever marks each slice has ended a picture that goes on here.
      const goesOn = this.#ended !== undefined && this.#ended === this.#timestamp;
      // Behind a gap only what shows its beginning is known to be whole.
      if ((goesOn || this.#gapped) && !codec.beginsPicture(nal)) {
        this.#markersLie ||= goesOn;
        this.#damaged = true;
      }
    }
    this.#pictured ||= picture;
    if (this.#nals.length >= MOST_NALS) this.#damaged = true;
    else this.#nals.push({ from, to: from + nal.byteLength });
  }

  #finish(): void {
    // What is no picture yet goes ahead of the next one, unless something of it is missing.
    if (!this.#damaged && !this.#pictured && this.#open === undefined) return;
    if (!this.#damaged && this.#open === undefined) this.#give();
    else this.#waiting = true;
    this.#nals = [];
    this.#length = 0;
    this.#open = undefined;
    this.#pictured = this.#damaged = this.#gapped = false;
  }

  #give(): void {
    const nals = this.#nals.map(({ from, to }) => this.#bytes.subarray(from, to));
    if (this.#waiting && !this.#codec.isKeyframe(nals)) return;
    this.#waiting = false;
    this.#onPicture(nals, this.#timestamp ?? 0);
  }
}

/** Zeros ahead of a start code belong to it. */
function trimmed(nal: Uint8Array): Uint8Array {
  let end = nal.byteLength;
  while (end > 0 && nal[end - 1] === 0) end -= 1;
  return nal.subarray(0, end);
}
