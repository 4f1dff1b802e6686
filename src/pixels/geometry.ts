// Geometry as a person sees it: orientation from a display matrix, pixel aspect, and fitting into a box.
import { reduced, type Ratio } from '../base/index.js';

/** How a stored picture must be turned to stand upright: first mirrored, then turned clockwise. */
export interface Orientation {
  /** Clockwise turn in degrees. */
  readonly turn: 0 | 90 | 180 | 270;
  /** Whether the stored picture is mirrored left to right before the turn. */
  readonly mirror: boolean;
}

/** Columns and rows, in pixels. */
export interface Size {
  /** Columns, in pixels. */
  readonly width: number;
  /** Rows, in pixels. */
  readonly height: number;
}

/** A rectangle inside a picture, in pixels. */
export interface Rect extends Size {
  /** Columns left of the rectangle. */
  readonly x: number;
  /** Rows above the rectangle. */
  readonly y: number;
}

/** A picture that already stands upright. */
export const UPRIGHT: Orientation = { turn: 0, mirror: false };

/**
 * Reads the nine 16.16 numbers of a display matrix (ISO/IEC 14496-12 8.5.2, stored by libav as native int32).
 * Angles between right angles are taken to the nearest one.
 */
export function orientationFromMatrix(matrix: ArrayLike<number>): Orientation {
  const [a = 0, b = 0, , c = 0, d = 0] = Array.from(matrix);
  if (a * d - b * c === 0) return UPRIGHT;
  const mirror = a * d - b * c < 0;
  // Undo the mirror on the x axis, then the first row of the matrix is the direction of the picture's own x axis.
  const angle = (Math.atan2(mirror ? -b : b, mirror ? -a : a) * 180) / Math.PI;
  const turns = (((Math.round(angle / 90) % 4) + 4) % 4) as 0 | 1 | 2 | 3;
  return { turn: ([0, 90, 180, 270] as const)[turns], mirror };
}

/** Whether an orientation swaps columns and rows. */
export function swapsSides(orientation: Orientation): boolean {
  return orientation.turn === 90 || orientation.turn === 270;
}

/** A size after its orientation was applied; applying it twice gives the first size again. */
export function oriented(size: Size, orientation: Orientation): Size {
  return swapsSides(orientation) ? { width: size.height, height: size.width } : size;
}

/**
 * Where a rectangle of the upright picture lies in the stored one.
 * @param upright - the size of the upright picture
 */
export function unturned(rect: Rect, upright: Size, orientation: Orientation): Rect {
  const { x, y, width, height } = rect;
  const [right, below] = [upright.width - x - width, upright.height - y - height];
  const stored = {
    0: { x, y, width, height },
    90: { x: y, y: right, width: height, height: width },
    180: { x: right, y: below, width, height },
    270: { x: below, y: x, width: height, height: width },
  }[orientation.turn];
  if (!orientation.mirror) return stored;
  return { ...stored, x: oriented(upright, orientation).width - stored.x - stored.width };
}

/**
 * The size in square pixels, as players show it: the wider side is stretched, so nothing is lost.
 * @param pixelAspect - width of one pixel divided by its height
 */
export function squarePixels(size: Size, pixelAspect: number): Size {
  if (!Number.isFinite(pixelAspect) || pixelAspect <= 0) return size;
  return pixelAspect >= 1
    ? { width: Math.max(1, Math.round(size.width * pixelAspect)), height: size.height }
    : { width: size.width, height: Math.max(1, Math.round(size.height / pixelAspect)) };
}

/** The largest centred part of `picture` that has the shape of `box`. */
export function coverCrop(picture: Size, box: Size): Rect {
  const scale = Math.min(picture.width / box.width, picture.height / box.height);
  const width = Math.min(picture.width, Math.max(1, Math.round(box.width * scale)));
  const height = Math.min(picture.height, Math.max(1, Math.round(box.height * scale)));
  return { x: Math.floor((picture.width - width) / 2), y: Math.floor((picture.height - height) / 2), width, height };
}

/** Where `picture` lies, whole and centred, inside `box`. */
export function containRect(picture: Size, box: Size): Rect {
  const scale = Math.min(box.width / picture.width, box.height / picture.height);
  const width = Math.min(box.width, Math.max(1, Math.round(picture.width * scale)));
  const height = Math.min(box.height, Math.max(1, Math.round(picture.height * scale)));
  return { x: Math.floor((box.width - width) / 2), y: Math.floor((box.height - height) / 2), width, height };
}

/** The shape of pixels that keeps the shape of the picture when its size changes, as ffmpeg's scale filter does it. */
export function aspectAfter(aspect: Ratio, from: Size, to: Size): Ratio {
  if (aspect.num === 0 || (from.width === to.width && from.height === to.height)) return aspect;
  const num = aspect.num * from.width * to.height;
  const den = aspect.den * from.height * to.width;
  return reduced(num, den);
}
