// How ffmpeg shapes a cover: fields, cut, scale, turn, and borders, in the colours of JPEG.
import { needsTurn, turnFilters, UPRIGHT, type Size } from '../../pixels/index.js';
import type { CoverShape } from '../cover-params.js';
import { isWhole, shrinks, type CoverPlan } from '../shape/plan.js';
import type { PictureLook } from './picture-look.js';

/** What is known of the pictures that filters get. */
export interface FilterInput {
  readonly stored: Size;
  /** Where chroma lies, by FFmpeg's name; undefined where the header does not say. */
  readonly chroma: string | undefined;
  readonly look: PictureLook;
}

/** The filters for a plan, in FFmpeg's spelling. */
export function coverFilters(plan: CoverPlan, input: FilterInput, background: CoverShape['background']): string[] {
  const { matrix } = input.look;
  const scale = [
    ...[sizeOf(plan), ...(matrix === undefined ? [] : [`in_color_matrix=${matrix}`]), JPEG_COLORS],
    // Its chroma lies in the middle of four pixels, that of video mostly beside them (256ths of a pixel).
    ...(input.chroma === 'left' && !isOdd(plan)
      ? ['in_h_chr_pos=0:in_v_chr_pos=128:out_h_chr_pos=128:out_v_chr_pos=128']
      : []),
  ].join(':');
  return [...fieldsAndCut(plan, input), scale, ...turnAndBorders(plan, background)];
}

/** The filters that bring a picture to its size in deep RGB, for us to make it flat: the first half of a plan. */
export function flatteningFilters(plan: CoverPlan, input: FilterInput): string[] {
  const { matrix, transparent, pixelFormat } = input.look;
  // Colours are multiplied by their alpha before anything is averaged.
  const planar = /^(yuva|gbrap)/.test(pixelFormat)
    ? []
    : [`format=${/48|64|16/.test(pixelFormat) ? 'gbrap16le' : 'gbrap'}`];
  const multiply = transparent ? [...planar, 'premultiply=inplace=1'] : [];
  const scale = [sizeOf(plan), ...(matrix === undefined ? [] : [`in_color_matrix=${matrix}`])].join(':');
  return [...fieldsAndCut(plan, input), ...multiply, scale, `format=${deepFormat(input.look)}`];
}

/** The format of pictures that we make flat. */
export function deepFormat({ transparent }: PictureLook): 'gbrap16le' | 'gbrp16le' {
  return transparent ? 'gbrap16le' : 'gbrp16le';
}

/** The filters that make a cover of a flat picture in its size: the second half of a plan. */
export function finishingFilters(plan: CoverPlan, background: CoverShape['background']): string[] {
  return [`scale=${JPEG_COLORS}`, ...turnAndBorders(plan, background)];
}

/** Full range with the matrix of SMPTE 170M, as JFIF wants it (ITU-T T.871). */
const JPEG_COLORS = 'out_range=pc:out_color_matrix=smpte170m';

function sizeOf(plan: CoverPlan): string {
  const { width, height } = plan.scaled;
  return `scale=${String(width)}:${String(height)}:flags=${shrinks(plan) ? 'area' : 'bicubic'}`;
}

function fieldsAndCut({ crop }: CoverPlan, { stored, look }: FilterInput): string[] {
  const whole = look.weave ? ['estdif=mode=frame:deint=interlaced'] : [];
  return [...whole, ...(isWhole(crop, stored) ? [] : [turnFilters({ crop, orientation: UPRIGHT })])];
}

/** Whether the filter that adds borders would cut the last column or row, as chroma is halved. */
function isOdd({ place, box }: CoverPlan): boolean {
  return !isWhole(place, box) && (place.width % 2 === 1 || place.height % 2 === 1);
}

function turnAndBorders(plan: CoverPlan, background: CoverShape['background']): string[] {
  const { orientation, box, place } = plan;
  const odd = isOdd(plan);
  const turn = needsTurn({ orientation }) ? [turnFilters({ orientation })] : [];
  const framed = isWhole(place, box) ? [] : [borders(plan, background), ...(odd ? ['format=yuvj420p'] : [])];
  return [`format=${odd ? 'yuvj444p' : 'yuvj420p'}`, ...turn, ...framed, 'setsar=1'];
}

function borders({ box, place }: CoverPlan, background: CoverShape['background']): string {
  const color = `0x${background.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
  return `pad=${[box.width, box.height, place.x, place.y].map(String).join(':')}:color=${color}`;
}
