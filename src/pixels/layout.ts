// Where the planes of a picture lie inside a slot.
import { argumentError } from '../base/index.js';
import { formatShape } from './format.js';

/** One plane inside a slot; all counts are in bytes but `rows`. */
export interface PlaneLayout {
  /** Bytes from the start of the slot to the first row. */
  readonly offset: number;
  /** Bytes from one row to the next. */
  readonly stride: number;
  /** Bytes of a row that hold pixels. */
  readonly rowBytes: number;
  /** Rows in this plane. */
  readonly rows: number;
}

/** The layout of one picture. */
export interface PictureLayout {
  readonly format: string;
  /** Columns of the picture, in pixels. */
  readonly width: number;
  /** Rows of the picture, in pixels. */
  readonly height: number;
  readonly planes: readonly PlaneLayout[];
  /** Bytes of the whole picture with its padding. */
  readonly byteLength: number;
  /** The width whose tight rows have these strides: what makes libav write straight into the slot. */
  readonly paddedWidth: number;
}

/** Planes start on, and strides are multiples of, this many bytes (what FFmpeg's widest SIMD wants). */
export const ALIGNMENT = 64;

/**
 * Lays out a picture.
 * @param packed - rows and planes without any padding, as a raw video file has them
 */
export function planLayout(format: string, width: number, height: number, packed: boolean): PictureLayout {
  const shape = formatShape(format);
  if (shape === undefined) throw argumentError('format', 'a pixel format that framerail can lay out', format);
  const rowBytes = (step: number, shiftX: number, columns: number): number => step * ceilShift(columns, shiftX);
  let paddedWidth = width;
  const aligned = (): boolean => shape.every((p) => rowBytes(p.step, p.shiftX, paddedWidth) % ALIGNMENT === 0);
  if (!packed) while (!aligned()) paddedWidth += 1;
  let offset = 0;
  const planes = shape.map(({ step, shiftX, shiftY }) => {
    const plane = {
      offset,
      stride: rowBytes(step, shiftX, paddedWidth),
      rowBytes: rowBytes(step, shiftX, width),
      rows: ceilShift(height, shiftY),
    };
    offset += plane.stride * plane.rows;
    return plane;
  });
  return { format, width, height, planes, byteLength: offset, paddedWidth };
}

/** Division by a power of two, rounded up: how libav sizes chroma planes of odd pictures. */
function ceilShift(value: number, shift: number): number {
  return (value + (1 << shift) - 1) >> shift;
}
