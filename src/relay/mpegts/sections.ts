// Sections, in which tables travel, out of the payloads of packets (ISO/IEC 13818-1, 2.4.4).
import { crcMpeg } from './crc.js';

/** Table, length; more is not needed to know where a section ends. */
const HEAD = 3;
/** The longest one that is allowed (2.4.4.1: private sections; those of programs have 1,024). */
const LONGEST = 4096;
/** What fills up the rest of a packet. */
const STUFFING = 0xff;

/** Puts the sections of one packet number together. */
export class SectionReader {
  readonly #onSection: (section: Buffer) => void;
  readonly #room = Buffer.alloc(LONGEST);
  #have = 0;
  #open = false;

  /** @param onSection - takes a section whose checksum is right; it is valid until it returns */
  constructor(onSection: (section: Buffer) => void) {
    this.#onSection = onSection;
  }

  /** Takes the payload of a packet. */
  push(payload: Buffer, starts: boolean): void {
    if (!starts) {
      this.#take(payload);
      return;
    }
    const begin = 1 + (payload[0] ?? 0);
    this.#take(payload.subarray(1, begin));
    let rest = payload.subarray(begin);
    while (rest.byteLength > 0 && rest[0] !== STUFFING) {
      this.#have = 0;
      this.#open = true;
      rest = rest.subarray(this.#take(rest));
    }
  }

  /** What came of a section is of no use: packets were lost. */
  reset(): void {
    this.#open = false;
  }

  /** Takes what belongs to the open section; gives how many bytes that was. */
  #take(bytes: Buffer): number {
    let at = 0;
    while (this.#open && at < bytes.byteLength) {
      const wanted = this.#have < HEAD ? HEAD : this.#length();
      const count = Math.min(wanted - this.#have, bytes.byteLength - at);
      bytes.copy(this.#room, this.#have, at, at + count);
      this.#have += count;
      at += count;
      if (this.#have < HEAD || this.#have < this.#length()) continue;
      this.#open = false;
      const section = this.#room.subarray(0, this.#have);
      if (crcMpeg(section) === 0) this.#onSection(section);
    }
    return at;
  }

  #length(): number {
    return Math.min(LONGEST, HEAD + (this.#room.readUInt16BE(1) & 0x0fff));
  }
}
