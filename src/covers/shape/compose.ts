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
} from '../../av/index.js';
import {
  needsTurn,
  oriented,
  planLayout,
  squarePixels,
  UPRIGHT,
  type Orientation,
  type PictureLayout,
  type Rect,
  type Size,
} from '../../pixels/index.js';
import type { CoverShape } from '../cover-params.js';
import { isWhole, jpegColor, planCover, shrinks } from './plan.js';

const FORMAT = imageFormat({ type: 'jpeg', quality: 0 });

/**
 * Makes the cover of a decoded picture.
 * @returns a picture in the format of a JPEG, which shares no memory with the decoded one; the caller closes it
 */
export function composeCover(picture: Picture, stream: VideoStreamInfo, shape: CoverShape): Picture {
  const { stored, aspect, orientation } = viewOf(picture, stream);
  const plan = planCover(stored, aspect, orientation, shape);
  const cut = turned(picture, { crop: isWhole(plan.crop, picture) ? undefined : plan.crop, orientation: UPRIGHT });
  const small = emptyPicture(plan.scaled);
  // A new scaler costs more than a small scale.
  const scaler = borrowScaler({ filter: shrinks(plan) ? 'area' : 'bicubic', color: 'jpeg' }, cut, small.picture);
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
  paste(source.memory, source.layout, cover, plan.place, shape.background);
  for (const done of new Set([upright, small.picture, source.picture])) done.close();
  return cover.picture;
}

/** The size of a decoded picture as a person sees it: cropped, upright, with square pixels. */
export function shownSize(picture: Picture, stream: VideoStreamInfo): Size {
  const { stored, aspect, orientation } = viewOf(picture, stream);
  return oriented(squarePixels(stored, aspect), orientation);
}

/** What of a decoded picture is meant to be seen, and how. */
function viewOf(
  picture: Picture,
  stream: VideoStreamInfo,
): { readonly stored: Rect; readonly aspect: number; readonly orientation: Orientation } {
  return {
    stored: stream.crop ?? { x: 0, y: 0, width: picture.width, height: picture.height },
    aspect: stream.pixelAspect !== 1 ? stream.pixelAspect : (picture.pixelAspect ?? 1),
    orientation: orientationOf(stream, picture),
  };
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

/** Fills a cover with its background and copies the picture into its place. */
function paste(
  from: Buffer,
  fromLayout: PictureLayout,
  cover: OwnPicture,
  place: Rect,
  background: CoverShape['background'],
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
