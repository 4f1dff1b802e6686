// The plan of a cover: what is cut from the stored picture, what it is scaled to, and where it lies. Arithmetic alone.
import {
  containRect,
  coverCrop,
  oriented,
  squarePixels,
  unturned,
  type Orientation,
  type Rect,
  type Size,
} from '../../pixels/index.js';
import { clearMiddle, type SafeZoneMargins } from './safe-zone.js';
import { SALIENCY_SIDE } from './saliency.js';
import { type CoverShape, MAX_SIDE } from './shape.js';

/** What is done to a stored picture to make a cover of it. */
export interface CoverPlan {
  /** The part of the stored picture that is used. */
  readonly crop: Rect;
  /** That part in pixels of the video as a person sees it: upright and square. */
  readonly part: Rect;
  /** What that part is scaled to, before its turn. */
  readonly scaled: Size;
  readonly orientation: Orientation;
  /** The whole cover. */
  readonly box: Size;
  /** Where the turned picture lies in it. */
  readonly place: Rect;
}

/** The decoded picture as it is stored, and how it is shown. */
export interface StoredPicture {
  /** What of it is meant to be seen. */
  readonly stored: Rect;
  /** Width of one pixel divided by its height. */
  readonly pixelAspect: number;
  readonly orientation: Orientation;
}

/** The size of a picture as a person sees it: upright, in square pixels. */
export function shownSize({ stored, pixelAspect, orientation }: StoredPicture): Size {
  return oriented(squarePixels(stored, pixelAspect), orientation);
}

/**
 * Plans a cover; all of it is arithmetic.
 * @param chosen - the part that is shown, in pixels of the video as a person sees it; without one that in the middle
 */
export function planCover(
  picture: StoredPicture,
  wanted: Pick<CoverShape, 'size' | 'fit' | 'safeZone'>,
  chosen?: Rect,
): CoverPlan {
  const { stored, orientation } = picture;
  const shown = shownSize(picture);
  const whole = { x: 0, y: 0, ...shown };
  const box = wanted.size ?? within(shown, MAX_SIDE);
  const full = { x: 0, y: 0, ...box };
  if (wanted.size === null)
    return { crop: stored, part: whole, scaled: oriented(box, orientation), orientation, box, place: full };
  if (wanted.fit === 'contain') {
    const place = clearOf(wanted.safeZone, containRect(shown, box), box);
    const { width, height } = place;
    return { crop: stored, part: whole, scaled: oriented({ width, height }, orientation), orientation, box, place };
  }
  const part = chosen ?? coverCrop(shown, box);
  const square = oriented(shown, orientation);
  const inside = unturned(part, shown, orientation);
  const [scaleX, scaleY] = [stored.width / square.width, stored.height / square.height];
  const crop = {
    x: stored.x + even(inside.x * scaleX),
    y: stored.y + even(inside.y * scaleY),
    width: Math.max(1, Math.round(inside.width * scaleX)),
    height: Math.max(1, Math.round(inside.height * scaleY)),
  };
  return { crop, part, scaled: oriented(box, orientation), orientation, box, place: full };
}

/** Plans the small upright copy that saliency is looked for in. */
export function planSmallCopy(picture: StoredPicture): CoverPlan {
  const shown = shownSize(picture);
  const size = within(shown, SALIENCY_SIDE);
  return planCover(picture, { size, fit: 'cover', safeZone: null }, { x: 0, y: 0, ...shown });
}

/** A place moved towards the middle of what stays clear, as far as there is room for it. */
function clearOf(margins: SafeZoneMargins | null, place: Rect, box: Size): Rect {
  const middle = margins === null ? undefined : clearMiddle(margins, box);
  const x = middle === undefined ? place.x : Math.min(box.width - place.width, middle.x - place.width / 2);
  const y = middle === undefined ? place.y : Math.min(box.height - place.height, middle.y - place.height / 2);
  // Chroma has half the columns and rows: an even place keeps it aligned with luma.
  return { ...place, x: even(Math.max(0, x)), y: even(Math.max(0, y)) };
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

/** How much smaller a picture must be shown for its decoder to work roughly. */
const ROUGH_SCALE = 3;

/** Whether a size is so much smaller than what is stored that nobody sees when the decoder works roughly. */
export function isMuchSmaller({ width, height }: Size, stored: Size): boolean {
  // Either side may become either, as the picture may be turned.
  return Math.max(width, height) * ROUGH_SCALE <= Math.min(stored.width, stored.height);
}

/** The size of a small picture: as wide as wanted and no wider than the video, even on both sides as chroma wants it. */
export function smallSize(shown: Size, wanted: number): Size {
  const width = toEven(Math.min(wanted, shown.width));
  return { width, height: Math.min(toEven((width * shown.height) / shown.width), MAX_SIDE) };
}

function toEven(value: number): number {
  return Math.max(2, 2 * Math.round(value / 2));
}

/** Full-range YCbCr of an RGB colour (ITU-T T.871, section 7). */
export function jpegColor([r, g, b]: CoverShape['background']): [number, number, number] {
  const y = 0.299 * r + 0.587 * g + 0.114 * b;
  return [y, 128 + (b - y) / 1.772, 128 + (r - y) / 1.402].map((value) =>
    Math.round(Math.min(255, Math.max(0, value))),
  ) as [number, number, number];
}
