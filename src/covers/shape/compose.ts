// Brings decoded pictures into the shape of covers. Everything stays in YUV, in the colours of JPEG.
import {
  borrowScaler,
  copyPicture,
  FilterChain,
  JFIF,
  orientationOf,
  Picture,
  pixelAspectOf,
  setColor,
  Turner,
  visiblePart,
  type ScalerWish,
  type VideoStreamInfo,
} from '../../av/index.js';
import { invariant } from '../../base/index.js';
import { needsTurn, UPRIGHT, type Orientation, type Rect, type Size } from '../../pixels/index.js';
import { flatten } from '../picture/index.js';
import { backgroundFilters } from './borders.js';
import { Canvas } from './canvas.js';
import { fill, paste } from './paste.js';
import { isWhole, jpegColor, planCover, planSmallCopy, shownSize, type CoverPlan, type StoredPicture } from './plan.js';
import { saliencyOf } from './saliency.js';
import type { CoverShape } from './shape.js';
import { smartCrop, type CropScore } from './smart-crop.js';
import type { SummedArea } from './summed-area.js';

/** How chroma lies in a composed picture: halved as JPEG has it, or whole for what becomes RGB. */
export type ComposedFormat = 'yuv420p' | 'yuv444p';

/** A picture in the shape of a cover. */
export interface ComposedCover {
  /** Shares no memory with the decoded one; whoever composed it closes it. */
  readonly picture: Picture;
  /** What of the video it shows, in pixels as a person sees them. */
  readonly crop: Rect;
  /** Why that part; null where nobody chose. */
  readonly attention: CropScore | null;
}

/** Makes covers of one decoded picture, which stays as it is and must outlive them. */
export class CoverComposer {
  readonly #picture: Picture;
  readonly #facts: StoredPicture;
  readonly #format: ComposedFormat;
  /** Looked for once, whatever the number of covers. */
  #saliency: SummedArea | undefined;

  constructor(picture: Picture, stream: VideoStreamInfo, format: ComposedFormat) {
    this.#picture = picture;
    this.#format = format;
    this.#facts = {
      stored: visiblePart(stream, picture),
      pixelAspect: pixelAspectOf(stream, picture),
      orientation: orientationOf(stream, picture),
    };
  }

  /** The size of the picture as a person sees it: upright, in square pixels. */
  get shown(): Size {
    return shownSize(this.#facts);
  }

  /** Makes one cover. */
  compose(shape: CoverShape): ComposedCover {
    const chosen = this.#choose(shape);
    const plan = planCover(this.#facts, shape, chosen?.rect);
    const attention = chosen === undefined ? null : { score: chosen.score, centerScore: chosen.centerScore };
    return { picture: this.#shape(plan, shape), crop: plan.part, attention };
  }

  #choose({ fit, size, safeZone }: CoverShape): ReturnType<typeof smartCrop> | undefined {
    if (fit !== 'smart' || size === null) return undefined;
    this.#saliency ??= this.#look();
    return smartCrop(this.#saliency, shownSize(this.#facts), size, safeZone);
  }

  /** What draws the eye, in a small upright copy. */
  #look(): SummedArea {
    const plan = planSmallCopy(this.#facts);
    const small = new Canvas('rgb24', plan.scaled);
    this.#scale(plan.crop, small.picture, { filter: 'area' }, BLACK);
    const upright = turned(small.picture, { orientation: plan.orientation });
    const copy = upright === small.picture ? small : new Canvas('rgb24', plan.box);
    if (copy !== small) copyPicture(upright, copy.picture);
    for (const done of new Set([small.picture, upright, copy.picture])) done.close();
    return saliencyOf({ data: copy.memory, stride: copy.layout.planes[0]?.stride ?? 0, ...plan.box });
  }

  #shape(plan: CoverPlan, { border, background }: CoverShape): Picture {
    const small = new Canvas(this.#format, plan.scaled);
    this.#scale(plan.crop, small.picture, { filter: 'bicubic+accurate_rnd', color: 'jpeg' }, background);
    const upright = turned(small.picture, { orientation: plan.orientation });
    setColor(upright, JFIF);
    if (isWhole(plan.place, plan.box)) {
      if (upright !== small.picture) small.picture.close();
      return upright;
    }
    const cover = new Canvas(this.#format, plan.box);
    if (border === 'color') fill(cover, jpegColor(background));
    else drawBackground(upright, cover.picture, backgroundFilters(border, plan.place, plan.box));
    const source = upright === small.picture ? small : new Canvas(this.#format, plan.place);
    if (source !== small) copyPicture(upright, source.picture);
    paste(source, cover, plan.place);
    for (const done of new Set([upright, small.picture, source.picture])) done.close();
    setColor(cover.picture, JFIF);
    return cover.picture;
  }

  /** Scales a part of the decoded picture into another one, and makes it flat on its way. */
  #scale(crop: Rect, target: Picture, wish: ScalerWish, background: CoverShape['background']): void {
    const picture = this.#picture;
    const cut = turned(picture, { crop: isWhole(crop, picture) ? undefined : crop, orientation: UPRIGHT });
    const { width, height } = target;
    const flat = flatten(cut, { size: { width, height }, filter: wish.filter, background });
    // A new scaler costs more than a small scale.
    const scaler = borrowScaler(wish, flat, target);
    try {
      scaler.value.convert(flat, target);
    } finally {
      scaler.release();
      for (const done of new Set([flat, cut])) if (done !== picture) done.close();
    }
  }
}

const BLACK: CoverShape['background'] = [0, 0, 0];

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

/** Fills a cover with what filters make of the picture that will lie on it. */
function drawBackground(picture: Picture, cover: Picture, filters: string): void {
  const once = { timeBase: { num: 1, den: 1 }, frameRate: { num: 0, den: 1 }, pixelAspect: { num: 1, den: 1 } };
  const chain = new FilterChain(filters, once);
  const drawn = new Picture();
  try {
    chain.send(picture);
    chain.drain();
    invariant(chain.receive(drawn), 'a background for each picture');
    copyPicture(drawn, cover);
  } finally {
    drawn.close();
    chain.close();
  }
}
