// H.264 whose fields are pictures of their own, which no encoder at hand writes: raw macroblocks, by ITU-T H.264 section 7.3.
import { emulate } from './nal.js';

/** Bits, most significant first. */
class Bits {
  readonly #bytes: number[] = [];
  #current = 0;
  #count = 0;

  /** A number of so many bits: u(n). */
  u(count: number, value: number): this {
    for (let bit = count - 1; bit >= 0; bit--) {
      this.#current = this.#current * 2 + ((value >>> bit) & 1);
      this.#count += 1;
      if (this.#count < 8) continue;
      this.#bytes.push(this.#current);
      this.#current = this.#count = 0;
    }
    return this;
  }

  /** An exponential Golomb code: ue(v), and se(v) where the value is 0. */
  ue(...values: readonly number[]): this {
    for (const value of values) {
      const length = 32 - Math.clz32(value + 1);
      this.u(length - 1, 0).u(length, value + 1);
    }
    return this;
  }

  align(): this {
    while (this.#count > 0) this.u(1, 0);
    return this;
  }

  /** With the stop bit behind it. */
  end(): number[] {
    this.u(1, 1).align();
    return this.#bytes;
  }
}

/** Luma and the two chroma samples. */
export type Yuv = readonly [number, number, number];

const COLUMNS = 10;
/** Macroblocks of one field, one above the other. */
const ROWS = 3;

/** A stream of 160x96 in which every picture has fields of two colours; each field is a picture of its own. */
export function fieldPictures(count: number, [top, bottom]: readonly [Yuv, Yuv]): Buffer {
  const sps = new Bits()
    .u(8, 77)
    .u(8, 0)
    .u(8, 30)
    .ue(0, 0, 0, 0, 1)
    .u(1, 0)
    .ue(COLUMNS - 1, ROWS - 1);
  // Not frames only, no mixing of both in one picture, direct_8x8_inference, no cropping, no more.
  const headers = [
    ...emulate(0x67, sps.u(1, 0).u(1, 0).u(1, 1).u(1, 0).u(1, 0).end()),
    ...emulate(0x68, new Bits().ue(0, 0).u(2, 0).ue(0, 0, 0).u(3, 0).ue(0, 0, 0).u(3, 0b100).end()),
  ];
  return Buffer.concat(
    Array.from({ length: count }, (_, picture) =>
      Buffer.from([...headers, ...field(picture, 0, top), ...field(picture, 1, bottom)]),
    ),
  );
}

function field(picture: number, bottom: 0 | 1, color: Yuv): number[] {
  const slice = new Bits().ue(0, 7, 0).u(4, 0).u(1, 1).u(1, bottom);
  // The first field is an IDR picture; the second one of the pair cannot be.
  if (bottom === 0)
    slice
      .ue(picture & 1)
      .u(4, 0)
      .u(2, 0);
  else slice.u(4, 1).u(1, 0);
  slice.ue(0, 1);
  const [y, u, v] = color;
  for (let macroblock = 0; macroblock < COLUMNS * ROWS; macroblock++) {
    slice.ue(25).align();
    for (const [sample, samples] of [[y, 256] as const, [u, 64] as const, [v, 64] as const])
      for (let i = 0; i < samples; i++) slice.u(8, sample);
  }
  return [...emulate(0x09, [0x10]), ...emulate(bottom === 0 ? 0x65 : 0x61, slice.end())];
}
