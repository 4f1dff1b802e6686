// The small picture that features are computed from: planes of samples, and how one is cut to a part of itself.
import type { Rect, Size } from '../../../../pixels/index.js';

/** One plane of samples, 0 to 255, row after row without gaps. */
export interface Plane extends Size {
  readonly samples: Uint8Array;
}

/**
 * A picture made small, upright and with square pixels, in full range with the matrix of BT.601 (as JFIF has it), on three
 * scales: each feature is judged on the smallest one that shows it.
 */
export interface Thumbnail {
  /** Luma, about 320x180: for strokes of text and for sharpness. */
  readonly fine: Plane;
  /** Luma at half of that: for light and edges. */
  readonly middle: Plane;
  /** Luma and chroma at a quarter: for colours. */
  readonly coarse: { readonly luma: Plane; readonly cb: Plane; readonly cr: Plane };
}

/** About so many samples of luma, in whatever shape. Larger sources are made that small. */
const AREA = 320 * 180;
const SHORTEST = 16;
const LONGEST = 1024;
/** Fine samples along each side of a coarse one. */
const COARSE = 4;

/** The size at which a picture is judged: never larger than itself, unless it is tiny. Multiples of four. */
export function thumbnailSize({ width, height }: Size): Size {
  const scale = Math.min(1, Math.sqrt(AREA / (width * height)));
  const side = (length: number): number =>
    COARSE * Math.round(Math.min(LONGEST, Math.max(SHORTEST, length * scale)) / COARSE);
  return { width: side(width), height: side(height) };
}

/** Makes a thumbnail of the three planes of a picture in 4:2:0, whose memory is used on. */
export function thumbnailOf(fine: Plane, cb: Plane, cr: Plane): Thumbnail {
  const middle = halved(fine);
  return { fine, middle, coarse: { luma: halved(middle), cb: halved(cb), cr: halved(cr) } };
}

/** A plane of half the columns and rows. */
export function halved({ width, height, samples }: Plane): Plane {
  const [columns, rows] = [width >> 1, height >> 1];
  const half = new Uint8Array(columns * rows);
  let to = 0;
  for (let row = 0; row < rows; row++) {
    let from = 2 * row * width;
    for (let column = 0; column < columns; column++) {
      const upper = (samples[from] ?? 0) + (samples[from + 1] ?? 0);
      const lower = (samples[from + width] ?? 0) + (samples[from + width + 1] ?? 0);
      half[to] = (upper + lower + 2) >> 2;
      to += 1;
      from += 2;
    }
  }
  return { width: columns, height: rows, samples: half };
}

/** The part of a thumbnail inside a rectangle of coarse samples. */
export function cut({ fine, middle, coarse }: Thumbnail, part: Rect): Thumbnail {
  return {
    fine: cutPlane(fine, times(part, COARSE)),
    middle: cutPlane(middle, times(part, COARSE / 2)),
    coarse: { luma: cutPlane(coarse.luma, part), cb: cutPlane(coarse.cb, part), cr: cutPlane(coarse.cr, part) },
  };
}

function times({ x, y, width, height }: Rect, factor: number): Rect {
  return { x: x * factor, y: y * factor, width: width * factor, height: height * factor };
}

function cutPlane({ width: stride, samples }: Plane, { x, y, width, height }: Rect): Plane {
  const part = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const from = (y + row) * stride + x;
    part.set(samples.subarray(from, from + width), row * width);
  }
  return { width, height, samples: part };
}
