// The plan of a cover: what is cut from the stored picture, what it is scaled to, and where it lies. Arithmetic alone.
import {
  containRect,
  coverCrop,
  oriented,
  squarePixels,
  type Orientation,
  type Rect,
  type Size,
} from '../../pixels/index.js';
import { MAX_SIDE, type CoverShape } from '../cover-params.js';

/** What is done to a stored picture to make a cover of it. */
export interface CoverPlan {
  /** The part of the stored picture that is used. */
  readonly crop: Rect;
  /** What that part is scaled to, before its turn. */
  readonly scaled: Size;
  readonly orientation: Orientation;
  /** The whole cover. */
  readonly box: Size;
  /** Where the turned picture lies in it. */
  readonly place: Rect;
}

/** Plans a cover; all of it is arithmetic. */
export function planCover(
  stored: Rect,
  pixelAspect: number,
  orientation: Orientation,
  wanted: Pick<CoverShape, 'size' | 'fit'>,
): CoverPlan {
  const square = squarePixels(stored, pixelAspect);
  const box = wanted.size ?? within(oriented(square, orientation), MAX_SIDE);
  const boxBeforeTurn = oriented(box, orientation);
  const whole = { x: 0, y: 0, ...box };
  if (wanted.size === null) return { crop: stored, scaled: boxBeforeTurn, orientation, box, place: whole };
  if (wanted.fit === 'contain') {
    const place = containRect(oriented(square, orientation), box);
    // Chroma has half the columns and rows: an even place keeps it aligned with luma.
    return {
      crop: stored,
      scaled: oriented(place, orientation),
      orientation,
      box,
      place: { ...place, x: even(place.x), y: even(place.y) },
    };
  }
  const part = coverCrop(square, boxBeforeTurn);
  const [scaleX, scaleY] = [stored.width / square.width, stored.height / square.height];
  const crop = {
    x: stored.x + even(part.x * scaleX),
    y: stored.y + even(part.y * scaleY),
    width: Math.max(1, Math.round(part.width * scaleX)),
    height: Math.max(1, Math.round(part.height * scaleY)),
  };
  return { crop, scaled: boxBeforeTurn, orientation, box, place: whole };
}

/** A size that is made smaller, in its shape, until both sides are within a limit: pixel aspects come from the file. */
function within(size: Size, side: number): Size {
  const scale = Math.min(1, side / size.width, side / size.height);
  return { width: Math.max(1, Math.round(size.width * scale)), height: Math.max(1, Math.round(size.height * scale)) };
}

function even(value: number): number {
  return 2 * Math.floor(value / 2);
}

/** Whether a part is all of it. */
export function isWhole(part: Rect, whole: Size): boolean {
  return part.x === 0 && part.y === 0 && part.width === whole.width && part.height === whole.height;
}

/** Whether a cover is so much smaller than its picture that areas are averaged. */
export function shrinks({ scaled, crop }: CoverPlan): boolean {
  return scaled.width * 1.5 <= crop.width;
}

/** The size of a small picture: as wide as wanted and no wider than the video, even on both sides as chroma wants it. */
export function smallSize(shown: Size, wanted: number): Size {
  const width = toEven(Math.min(wanted, shown.width));
  return { width, height: Math.min(toEven((width * shown.height) / shown.width), MAX_SIDE) };
}

function toEven(value: number): number {
  return Math.max(2, 2 * Math.round(value / 2));
}

/** How much smaller a cover must be for the decoder to work roughly. */
const ROUGH_SCALE = 3;

/** Whether a cover is so small that nobody sees what a decoder left out. */
export function isMuchSmaller(size: Size, stored: Size): boolean {
  // Either side may become either, as the picture may be turned.
  return Math.max(size.width, size.height) * ROUGH_SCALE <= Math.min(stored.width, stored.height);
}

/** Full-range YCbCr of an RGB colour (ITU-T T.871, section 7). */
export function jpegColor([r, g, b]: CoverShape['background']): [number, number, number] {
  const y = 0.299 * r + 0.587 * g + 0.114 * b;
  return [y, 128 + (b - y) / 1.772, 128 + (r - y) / 1.402].map((value) =>
    Math.round(Math.min(255, Math.max(0, value))),
  ) as [number, number, number];
}
