// A picture beside the media, such as the cover of an album: one packet, delivered as often as somebody goes back to it.
import { Packet } from 'node-av/lib';
import { check } from './averror.js';

/** The packet of one such stream. libav delivers it once, first of all, and forgets it with the first seek. */
export class AttachedPicture {
  #kept: Packet | undefined;
  #delivered = false;

  /**
   * Makes it the current packet.
   * @param current - takes the packet
   * @param read - reads the next packet of the stream into `current`; returns whether there was one
   * @returns whether there was one; a second one there never is
   */
  async deliver(current: Packet, read: () => boolean | Promise<boolean>): Promise<boolean> {
    if (this.#delivered) return false;
    this.#delivered = true;
    if (this.#kept === undefined) {
      if (!(await read())) return false;
      this.#kept = new Packet();
      this.#kept.alloc();
      check(this.#kept.ref(current), 'FR_MEMORY_BUDGET', 'A packet could not be held');
      return true;
    }
    current.unref();
    check(current.ref(this.#kept), 'FR_MEMORY_BUDGET', 'A packet could not be recalled');
    return true;
  }

  /** Goes back to it. */
  rewind(): void {
    this.#delivered = false;
  }

  /** Lets go of the packet. */
  close(): void {
    this.#kept?.free();
  }
}
