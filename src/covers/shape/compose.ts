// Brings a decoded picture into the shape of a cover, and into the samples that its file is made of.
import {
  borrowScaler,
  imageFormat,
  orientationOf,
  Picture,
  Turner,
  type TargetColor,
  type VideoStreamInfo,
} from '../../av/index.js';
import { needsTurn, UPRIGHT, type Orientation, type Rect, type Size } from '../../pixels/index.js';
import type { CoverShape } from '../cover-params.js';
import { Canvas } from './canvas.js';
import { isWhole, jpegColor, planCover, shrinks, type CoverPlan } from './plan.js';

/** What the samples of a composed picture are. */
export interface ComposedForm {
  /** FFmpeg's name of the pixel format. */
  readonly format: string;
  readonly color: TargetColor;
}

/** Everything stays in YUV: what JPEG stores. */
const JPEG: ComposedForm = { format: imageFormat({ type: 'jpeg', quality: 0 }), color: 'jpeg' };

/** What is given to sharp and to the palettes of GIF: full-range RGB. */
export const RGB_FORM: ComposedForm = { format: 'rgb24', color: 'video' };

/** The size of a picture as a person sees it, within the largest side of a cover. */
export function shownSize(picture: Picture, stream: VideoStreamInfo): Size {
  return planFor(picture, stream, { size: null, fit: 'cover' }).box;
}

function planFor(picture: Picture, stream: VideoStreamInfo, shape: Pick<CoverShape, 'size' | 'fit'>): CoverPlan {
  const stored = stream.crop ?? { x: 0, y: 0, width: picture.width, height: picture.height };
  const aspect = stream.pixelAspect !== 1 ? stream.pixelAspect : (picture.pixelAspect ?? 1);
  return planCover(stored, aspect, orientationOf(stream, picture), shape);
}

/**
 * Makes the cover of a decoded picture.
 * @param form - what its samples are; those of a JPEG unless told. Borders can be had in those alone
 * @returns a picture which shares no memory with the decoded one; the caller closes it
 */
export function composeCover(picture: Picture, stream: VideoStreamInfo, shape: CoverShape, form = JPEG): Picture {
  const plan = planFor(picture, stream, shape);
  const cut = turned(picture, { crop: isWhole(plan.crop, picture) ? undefined : plan.crop, orientation: UPRIGHT });
  const small = new Canvas(form.format, plan.scaled);
  // A new scaler costs more than a small scale.
  const scaler = borrowScaler({ filter: shrinks(plan) ? 'area' : 'bicubic', color: form.color }, cut, small.picture);
  scaler.value.convert(cut, small.picture);
  scaler.release();
  if (cut !== picture) cut.close();
  const upright = turned(small.picture, { orientation: plan.orientation });
  if (isWhole(plan.place, plan.box)) {
    if (upright !== small.picture) small.close();
    return upright;
  }
  const cover = new Canvas(form.format, plan.box);
  const source = upright === small.picture ? small : Canvas.copyOf(upright);
  cover.fill(jpegColor(shape.background));
  cover.paste(source, plan.place);
  for (const done of new Set([upright, small.picture, source.picture])) done.close();
  return cover.picture;
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
