// The output of libav in memory, for files that are small by design.
import type { ByteTarget } from '../../av/index.js';
import { FramerailError } from '../../base/index.js';

const FIRST_BYTES = 64 * 1024;
const MAX_BYTES = 64 * 1024 * 1024;

/** Takes bytes at any place; what was left out in between is zero. */
export class MemoryTarget implements ByteTarget {
  readonly name: string;
  readonly seekable = true;
  #memory = Buffer.alloc(FIRST_BYTES);
  #length = 0;

  /** @param name - for messages */
  constructor(name: string) {
    this.name = name;
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.byteLength;
    if (end > MAX_BYTES)
      throw new FramerailError('FR_MEMORY_BUDGET', `${this.name} takes more than ${String(MAX_BYTES)} bytes.`);
    if (end > this.#memory.byteLength) {
      const larger = Buffer.alloc(Math.max(end, 2 * this.#memory.byteLength));
      this.#memory.copy(larger, 0, 0, this.#length);
      this.#memory = larger;
    }
    this.#memory.set(bytes, position);
    this.#length = Math.max(this.#length, end);
  }

  /** A copy of what was written. */
  get bytes(): Uint8Array {
    return Uint8Array.from(this.#memory.subarray(0, this.#length));
  }
}
