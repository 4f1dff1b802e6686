// Whether packets of one number follow each other without a gap (ISO/IEC 13818-1, 2.4.3.3).
import { PACKET_BYTES, type PacketHeader } from './packet.js';

/** How a packet follows the one before it. */
export type Succession = 'next' | 'duplicate' | 'gap';

/** Watches the counter of one packet number. */
export class Continuity {
  #counter: number | undefined;
  readonly #last = Buffer.alloc(PACKET_BYTES);
  /** Where the payload of the last packet begins within it. */
  #from = 0;

  /** Takes a packet that has a payload; those without one do not count. */
  follow(header: PacketHeader, bytes: Buffer, at: number): Succession {
    const { counter, discontinuity, from, to } = header;
    const last = this.#counter;
    this.#counter = counter;
    let how: Succession = 'next';
    if (last !== undefined && !discontinuity && counter !== ((last + 1) & 15)) {
      // A packet may be sent twice, and is then the same but for its clock; sixteen that were lost look alike otherwise.
      const same = counter === last && bytes.compare(this.#last, this.#from, PACKET_BYTES, from, to) === 0;
      if (same) return 'duplicate';
      how = 'gap';
    }
    bytes.copy(this.#last, 0, at, at + PACKET_BYTES);
    this.#from = from - at;
    return how;
  }

  /** What comes next may have any counter. */
  forget(): void {
    this.#counter = undefined;
  }
}
