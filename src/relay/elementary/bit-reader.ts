// Bits of headers, one after the other.

/** Reads bits from the highest to the lowest; behind the end there are zeros, and `over` says so. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;

  /** @param from - the first byte that is read */
  constructor(bytes: Uint8Array, from = 0) {
    this.#bytes = bytes;
    this.#at = from * 8;
  }

  /** Whether more was read than there is. */
  get over(): boolean {
    return this.#at > this.#bytes.byteLength * 8;
  }

  /** Bits that are left. */
  get left(): number {
    return this.#bytes.byteLength * 8 - this.#at;
  }

  bit(): number {
    const byte = this.#bytes[this.#at >> 3] ?? 0;
    const bit = (byte >> (7 - (this.#at & 7))) & 1;
    this.#at += 1;
    return bit;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** A number of up to 53 bits. */
  bits(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }

  skip(count: number): void {
    this.#at += count;
  }

  /** An unsigned number in Exp-Golomb code (H.264 9.1). */
  ue(): number {
    let zeros = 0;
    while (zeros < 32 && this.left > 0 && this.bit() === 0) zeros += 1;
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** A signed one. */
  se(): number {
    const value = this.ue();
    return value % 2 === 0 ? -value / 2 : (value + 1) / 2;
  }
}
