// Brings a decoded picture into the shape of a cover. Everything stays in YUV: what JPEG stores.
import {
  borrowScaler,
  copyPicture,
  imageFormat,
  orientationOf,
  Picture,
  pictureOver,
  Turner,
  type VideoStreamInfo,
} from '../av/index.js';
import {
  containRect,
  coverCrop,
  oriented,
  planLayout,
  squarePixels,
  UPRIGHT,
  type Orientation,
  type PictureLayout,
  type Rect,
  type Size,
  needsTurn,
} from '../pixels/index.js';
import { MAX_SIDE, type CoverParams } from './cover-params.js';

const FORMAT = imageFormat({ type: 'jpeg', quality: 0 });

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
  wanted: Pick<CoverParams, 'size' | 'fit'>,
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

/**
 * Makes the cover of a decoded picture.
 * @returns a picture in the format of a JPEG, with memory of its own; the caller closes it
 */
export function composeCover(picture: Picture, stream: VideoStreamInfo, params: CoverParams): Picture {
  const orientation = orientationOf(stream, picture);
  const stored = stream.crop ?? { x: 0, y: 0, width: picture.width, height: picture.height };
  const aspect = stream.pixelAspect !== 1 ? stream.pixelAspect : (picture.pixelAspect ?? 1);
  const plan = planCover(stored, aspect, orientation, params);
  const cut = turned(picture, { crop: isWhole(plan.crop, picture) ? undefined : plan.crop, orientation: UPRIGHT });
  const small = emptyPicture(plan.scaled);
  const shrinks = plan.scaled.width * 1.5 <= plan.crop.width;
  // A new scaler costs more than a small scale.
  const scaler = borrowScaler({ filter: shrinks ? 'area' : 'bicubic', color: 'jpeg' }, cut, small.picture);
  scaler.value.convert(cut, small.picture);
  scaler.release();
  if (cut !== picture) cut.close();
  const upright = turned(small.picture, { orientation });
  if (isWhole(plan.place, plan.box)) {
    if (upright !== small.picture) small.picture.close();
    return upright;
  }
  const cover = emptyPicture(plan.box);
  const source = upright === small.picture ? small : copyOut(upright, plan.place);
  paste(source.memory, source.layout, cover, plan.place, params.background);
  for (const done of new Set([upright, small.picture, source.picture])) done.close();
  return cover.picture;
}

interface OwnPicture {
  readonly picture: Picture;
  readonly memory: Buffer;
  readonly layout: PictureLayout;
}

function emptyPicture({ width, height }: Size): OwnPicture {
  const layout = planLayout(FORMAT, width, height, false);
  const memory = Buffer.alloc(layout.byteLength);
  return { picture: pictureOver(memory, layout), memory, layout };
}

/** The pixels of a picture that libav owns, in memory of our own. */
function copyOut(picture: Picture, size: Size): OwnPicture {
  const own = emptyPicture(size);
  copyPicture(picture, own.picture);
  return own;
}

/** The turned picture, or the same one when there is nothing to turn. */
function turned(picture: Picture, turn: { crop?: Rect | undefined; orientation: Orientation }): Picture {
  if (!needsTurn(turn)) return picture;
  const turner = new Turner(turn);
  try {
    const target = new Picture();
    turner.turn(picture, target);
    return target;
  } finally {
    turner.close();
  }
}

function isWhole(part: Rect, whole: Size): boolean {
  return part.x === 0 && part.y === 0 && part.width === whole.width && part.height === whole.height;
}

/** Fills a cover with its background and copies the picture into its place. */
function paste(
  from: Buffer,
  fromLayout: PictureLayout,
  cover: OwnPicture,
  place: Rect,
  background: CoverParams['background'],
): void {
  const colors = jpegColor(background);
  for (const [index, plane] of cover.layout.planes.entries()) {
    const source = fromLayout.planes[index];
    if (source === undefined) continue;
    const shift = index === 0 ? 0 : 1;
    cover.memory.fill(colors[index] ?? 0, plane.offset, plane.offset + plane.stride * plane.rows);
    for (let row = 0; row < source.rows; row++) {
      const to = plane.offset + ((place.y >> shift) + row) * plane.stride + (place.x >> shift);
      from.copy(
        cover.memory,
        to,
        source.offset + row * source.stride,
        source.offset + row * source.stride + source.rowBytes,
      );
    }
  }
}

/** Full-range YCbCr of an RGB colour (ITU-T T.871, section 7). */
export function jpegColor([r, g, b]: CoverParams['background']): [number, number, number] {
  const y = 0.299 * r + 0.587 * g + 0.114 * b;
  return [y, 128 + (b - y) / 1.772, 128 + (r - y) / 1.402].map((value) =>
    Math.round(Math.min(255, Math.max(0, value))),
  ) as [number, number, number];
}
