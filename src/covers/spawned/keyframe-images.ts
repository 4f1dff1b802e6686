// The images of one keyframe where commands run: which part, what filters, and how the outcome becomes a file.
import type { VideoStreamInfo } from '../../av/index.js';
import type { CommandSession } from '../../spawned/index.js';
import type { CoverImage } from '../cover.js';
import type { ImageWish } from '../images/image-wish.js';
import type { CoverFile } from '../images/index.js';
import { reachGoal } from '../images/reach-goal.js';
import { sharpWriter } from '../images/sharp-writer.js';
import type { CoverShape } from '../shape/index.js';
import { planCover, planSmallCopy, shownSize, type CoverPlan, type StoredPicture } from '../shape/plan.js';
import { saliencyOf } from '../shape/saliency.js';
import { smartCrop, type SmartCrop } from '../shape/smart-crop.js';
import type { SummedArea } from '../shape/summed-area.js';
import { commandJpegWriter, jpegOutput } from './command-jpeg.js';
import { coverFilters, finishingFilters, flatteningFilters, smallFilters, type StoredFacts } from './cover-filters.js';
import { filtered } from './filtered.js';
import { flatPixels, needsFlattening } from './flat-picture.js';
import type { PictureLook } from './picture-look.js';

/** Has the keyframe decoded, led through filters, and written to standard output; gives what came out of it. */
export type TakeKeyframe = (filters: readonly string[], output: readonly string[]) => Promise<Uint8Array>;

/** What images are made with. */
export interface KeyframeImagesOptions {
  readonly session: CommandSession;
  readonly stream: VideoStreamInfo;
  readonly look: PictureLook;
  /** Where chroma samples lie, by FFmpeg's name; undefined where nobody knows. */
  readonly chroma: string | undefined;
  readonly image: ImageWish;
  readonly take: TakeKeyframe;
  /** Called between encodes; throws to stop. */
  readonly breathe: () => undefined | Promise<void>;
}

const RAW = ['-f', 'rawvideo', 'pipe:1'];
/** Out of the colours of JPEG, with nothing said about them that a viewer would undo. */
const TO_RGB = [
  'scale=in_range=pc:in_color_matrix=smpte170m:flags=bicubic+accurate_rnd',
  'format=rgb24',
  'setparams=color_primaries=unknown:color_trc=unknown',
];

/** Makes images of one keyframe. */
export class KeyframeImages {
  readonly #options: KeyframeImagesOptions;
  readonly #picture: StoredPicture;
  readonly #facts: StoredFacts;
  #saliency: SummedArea | undefined;

  constructor(options: KeyframeImagesOptions) {
    this.#options = options;
    const { stored, crop, pixelAspect, orientation } = options.stream;
    this.#picture = { stored: crop ?? { x: 0, y: 0, ...stored }, pixelAspect, orientation };
    this.#facts = { stored, chroma: options.chroma, look: options.look };
  }

  /** Makes one. */
  async make(shape: CoverShape): Promise<CoverImage> {
    const chosen = await this.#choose(shape);
    const plan = planCover(this.#picture, shape, chosen?.rect);
    const file = await this.#write(plan, shape);
    const attention = chosen === undefined ? null : { score: chosen.score, centerScore: chosen.centerScore };
    return { ...file, ...plan.box, crop: plan.part, attention };
  }

  async #choose({ fit, size, safeZone }: CoverShape): Promise<SmartCrop | undefined> {
    if (fit !== 'smart' || size === null) return undefined;
    this.#saliency ??= await this.#look();
    return smartCrop(this.#saliency, shownSize(this.#picture), size, safeZone);
  }

  async #look(): Promise<SummedArea> {
    const plan = planSmallCopy(this.#picture);
    const data = await this.#options.take(smallFilters(plan, this.#facts), RAW);
    return saliencyOf({ data, stride: 3 * plan.box.width, ...plan.box });
  }

  async #write(plan: CoverPlan, shape: CoverShape): Promise<Omit<CoverFile, 'width' | 'height'>> {
    const { session, breathe, image } = this.#options;
    const take = (output: readonly string[]): Promise<Uint8Array> => this.#shape(plan, shape, output);
    const { format, goal } = image;
    if (format === 'png') {
      const data = await take(['-c:v', 'png', '-f', 'image2pipe', 'pipe:1']);
      return { data, format, quality: null, ssim: null, attempts: 1 };
    }
    if (format === 'jpeg' && goal.kind === 'quality') {
      const { quality } = goal;
      return { data: await take(jpegOutput(quality)), format, quality, ssim: null, attempts: 1 };
    }
    const pixels = await take(RAW);
    const writer =
      format === 'jpeg'
        ? commandJpegWriter(session, pixels, plan.box)
        : await sharpWriter({ data: pixels, ...plan.box }, format);
    return { ...(await reachGoal(writer, goal, breathe)), format };
  }

  /** Has the picture shaped and written. */
  async #shape(plan: CoverPlan, shape: CoverShape, output: readonly string[]): Promise<Uint8Array> {
    const { take, session, look, image } = this.#options;
    const wholeChroma = image.format !== 'jpeg';
    const after = wholeChroma ? TO_RGB : [];
    if (!needsFlattening(look)) return take([...coverFilters(plan, this.#facts, shape, wholeChroma), ...after], output);
    const deep = await take(flatteningFilters(plan, this.#facts), RAW);
    const { width, height } = plan.scaled;
    const filters = [...finishingFilters(plan, shape, wholeChroma), ...after].join(',');
    return filtered(session, flatPixels(deep, plan.scaled, look, shape.background), [
      ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-video_size', `${String(width)}x${String(height)}`, '-i', 'pipe:0'],
      ...['-frames:v', '1', '-filter:v', filters, ...output],
    ]);
  }
}
