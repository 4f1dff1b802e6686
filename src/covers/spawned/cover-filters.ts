// How ffmpeg shapes a cover: fields, cut, scale, turn, and borders, in the colours of JPEG.
import { needsTurn, turnFilters, UPRIGHT, type Rect, type Size } from '../../pixels/index.js';
import { backgroundFilters } from '../shape/borders.js';
import type { CoverShape } from '../shape/index.js';
import { isWhole, type CoverPlan } from '../shape/plan.js';
import type { PictureLook } from './picture-look.js';

/** What is known of the pictures that filters get. */
export interface StoredFacts {
  readonly stored: Size;
  /** Where their chroma samples lie, by FFmpeg's name; undefined where nobody knows. */
  readonly chroma: string | undefined;
  readonly look: PictureLook;
}

type Borders = Pick<CoverShape, 'border' | 'background'>;

const FLAGS = 'flags=bicubic+accurate_rnd';
/** Full range with the matrix of SMPTE 170M, as JFIF wants it (ITU-T T.871). */
const JPEG_COLORS = 'out_range=pc:out_color_matrix=smpte170m';
/** The chroma of video mostly lies beside the pixels (256ths of a pixel), that of JPEG in the middle of four. */
const [BESIDE, CENTRED] = ['in_h_chr_pos=0:in_v_chr_pos=128', 'out_h_chr_pos=128:out_v_chr_pos=128'];

/** The filters for a small upright copy in RGB: what saliency is looked for in. */
export function smallFilters(plan: CoverPlan, facts: StoredFacts): string[] {
  return [...fieldsAndCut(plan, facts), scale(plan, facts, 'flags=area'), 'format=rgb24', ...turn(plan)];
}

/**
 * The filters for a plan, in FFmpeg's spelling.
 * @param wholeChroma - for what becomes RGB
 */
export function coverFilters(plan: CoverPlan, facts: StoredFacts, borders: Borders, wholeChroma: boolean): string[] {
  const format = workingFormat(plan, wholeChroma);
  const places = facts.chroma === 'left' ? [BESIDE, ...(format === 'yuvj420p' ? [CENTRED] : [])] : [];
  return [
    ...fieldsAndCut(plan, facts),
    scale(plan, facts, [FLAGS, JPEG_COLORS, ...places].join(':')),
    ...finish(plan, borders, wholeChroma),
  ];
}

/** The filters that bring a picture to its size in deep RGB, for us to make it flat: the first half of a plan. */
export function flatteningFilters(plan: CoverPlan, facts: StoredFacts): string[] {
  const { transparent, pixelFormat } = facts.look;
  // Colours are multiplied by their alpha before anything is averaged.
  const planar = /^(yuva|gbrap)/.test(pixelFormat)
    ? []
    : [`format=${/48|64|16/.test(pixelFormat) ? 'gbrap16le' : 'gbrap'}`];
  const multiply = transparent ? [...planar, 'premultiply=inplace=1'] : [];
  return [...fieldsAndCut(plan, facts), ...multiply, scale(plan, facts, FLAGS), `format=${deepFormat(facts.look)}`];
}

/** The format of pictures that we make flat. */
export function deepFormat({ transparent }: PictureLook): 'gbrap16le' | 'gbrp16le' {
  return transparent ? 'gbrap16le' : 'gbrp16le';
}

/** The filters that make a cover of a flat picture in its size: the second half of a plan. */
export function finishingFilters(plan: CoverPlan, borders: Borders, wholeChroma: boolean): string[] {
  return [`scale=${FLAGS}:${JPEG_COLORS}`, ...finish(plan, borders, wholeChroma)];
}

/** Fields become one picture where that is needed, and what is not shown is cut off. */
function fieldsAndCut({ crop }: CoverPlan, { stored, look }: StoredFacts): string[] {
  const whole = look.weave ? ['estdif=mode=frame:deint=interlaced'] : [];
  return [...whole, ...(isWhole(crop, stored) ? [] : [turnFilters({ crop, orientation: UPRIGHT })])];
}

function scale({ scaled }: CoverPlan, { look }: StoredFacts, how: string): string {
  const matrix = look.matrix === undefined ? '' : `:in_color_matrix=${look.matrix}`;
  return `scale=${String(scaled.width)}:${String(scaled.height)}${matrix}:${how}`;
}

function turn({ orientation }: CoverPlan): string[] {
  return needsTurn({ orientation }) ? [turnFilters({ orientation })] : [];
}

/** Filters that join pictures would cut the last column or row of an odd one with halved chroma. */
function workingFormat({ box, place }: CoverPlan, wholeChroma: boolean): 'yuvj444p' | 'yuvj420p' {
  const odd = !isWhole(place, box) && [place.width, place.height, box.width, box.height].some((side) => side % 2 === 1);
  return wholeChroma || odd ? 'yuvj444p' : 'yuvj420p';
}

/** Turns and frames what has its size. */
function finish(plan: CoverPlan, borders: Borders, wholeChroma: boolean): string[] {
  const format = workingFormat(plan, wholeChroma);
  const halved = !wholeChroma && format === 'yuvj444p' ? ['format=yuvj420p'] : [];
  const frame = isWhole(plan.place, plan.box) ? [] : [bordersOf(plan, borders), ...halved];
  return [`format=${format}`, ...turn(plan), ...frame, 'setsar=1'];
}

function bordersOf({ box, place }: CoverPlan, { border, background }: Borders): string {
  if (border === 'color') {
    const color = `0x${background.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
    return `pad=${[box.width, box.height, place.x, place.y].map(String).join(':')}:color=${color}`;
  }
  // What the background shows is laid beside the picture: laid over it, the picture would need an alpha channel.
  const { before, after } = besidePicture(place, box);
  const parts = [before, after].filter((part) => part !== undefined);
  const copies = parts.map((_, i) => `[copy${String(i)}]`);
  const crops = parts.map(
    ({ x, y, width, height }, i) =>
      `[copy${String(i)}]crop=${[width, height, x, y].map(String).join(':')}:exact=1[part${String(i)}]`,
  );
  const names = parts.map((_, i) => `[part${String(i)}]`);
  const row = before === undefined ? ['[picture]', ...names] : [...names.slice(0, 1), '[picture]', ...names.slice(1)];
  const stack = `${place.height < box.height ? 'vstack' : 'hstack'}=inputs=${String(row.length)}`;
  const drawn = `[under]${backgroundFilters(border, place, box)},split=${String(parts.length)}${copies.join('')}`;
  return ['split[picture][under]', drawn, ...crops, `${row.join('')}${stack}`].join(';');
}

/** The parts of a cover above and below the picture, or left and right of it; undefined where there is none. */
function besidePicture(place: Rect, { width, height }: Size): Readonly<Record<'before' | 'after', Rect | undefined>> {
  const [right, below] = [place.x + place.width, place.y + place.height];
  const seen = (part: Rect): Rect | undefined => (part.width > 0 && part.height > 0 ? part : undefined);
  if (place.height < height)
    return {
      before: seen({ x: 0, y: 0, width, height: place.y }),
      after: seen({ x: 0, y: below, width, height: height - below }),
    };
  return {
    before: seen({ x: 0, y: 0, width: place.x, height }),
    after: seen({ x: right, y: 0, width: width - right, height }),
  };
}
