// Pictures of H.264 that are one field each: tags, as MP4, hold both fields of a frame together (ISO/IEC 14496-15, 5.2.2).
import { unescapeNal } from '../elementary/annex-b.js';
import { BitReader } from '../elementary/bit-reader.js';

/** Bytes of a slice that tell which field it is of: three numbers, most of them short, and one of up to 16 bits. */
const TELLING = 24;

/** Finds the second fields among the pictures of one stream. */
export class FieldPairs {
  /** Bits of the number of a frame; undefined while pictures are never fields. */
  #bits: number | undefined;
  /** The field that came and has no other yet. */
  #first: { readonly number: number; readonly bottom: boolean } | undefined;

  /** Bytes of a slice that `closes` needs; undefined where pictures are never fields. */
  get telling(): number | undefined {
    return this.#bits === undefined ? undefined : TELLING;
  }

  /** Whether the last picture is a field that waits for its other one. */
  get open(): boolean {
    return this.#first !== undefined;
  }

  /**
   * Takes what a sequence parameter set says.
   * @param bits - of the number of a frame; undefined where pictures are never fields
   */
  describe(bits: number | undefined): void {
    this.#bits = bits;
    if (bits === undefined) this.#first = undefined;
  }

  /** Takes the first slice of a picture; says whether it is the second field of the one ahead (H.264 3.30, 7.4.1.2.4). */
  closes(slice: Uint8Array): boolean {
    const first = this.#first;
    const field = this.#bits === undefined ? undefined : readField(slice, this.#bits);
    const second =
      first !== undefined && field !== undefined && field.number === first.number && field.bottom !== first.bottom;
    this.#first = second ? undefined : field;
    return second;
  }

  /** Nothing is known of the last picture any more. */
  forget(): void {
    this.#first = undefined;
  }
}

/** Reads the head of a slice (H.264 7.3.3); undefined for one of a whole frame. */
function readField(slice: Uint8Array, numberBits: number): { number: number; bottom: boolean } | undefined {
  const bits = new BitReader(unescapeNal(slice.subarray(0, TELLING)), 1);
  // Where it lies, of which type it is, and by which picture parameter set.
  for (let i = 0; i < 3; i++) bits.ue();
  const number = bits.bits(numberBits);
  if (!bits.flag()) return undefined;
  const bottom = bits.flag();
  return bits.over ? undefined : { number, bottom };
}
