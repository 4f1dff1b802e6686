// How ffmpeg shapes a cover: cut, scale, turn, and borders, in the colours of JPEG.
import { needsTurn, turnFilters, UPRIGHT, type Rect, type Size } from '../../pixels/index.js';
import type { CoverShape } from '../cover-params.js';
import { backgroundFilters } from '../shape/borders.js';
import { isWhole, type CoverPlan } from '../shape/plan.js';

/** What is known of the stored picture. */
export interface StoredFacts {
  readonly stored: Size;
  /** Where its chroma samples lie, by FFmpeg's name; undefined where nobody knows. */
  readonly chroma: string | undefined;
}

type Borders = Pick<CoverShape, 'border' | 'background'>;

/** The filters for a small upright copy in RGB: what saliency is looked for in. */
export function smallFilters(plan: CoverPlan, { stored }: StoredFacts): string[] {
  return upright(plan, stored, ['flags=area'], 'rgb24');
}

/**
 * The filters for a plan, in FFmpeg's spelling.
 * @param wholeChroma - for what becomes RGB
 */
export function coverFilters(
  plan: CoverPlan,
  { stored, chroma }: StoredFacts,
  borders: Borders,
  wholeChroma: boolean,
): string[] {
  const { box, place } = plan;
  const framed = !isWhole(place, box);
  // Filters that join pictures would cut the last column or row of an odd one with halved chroma.
  const odd = framed && [place.width, place.height, box.width, box.height].some((side) => side % 2 === 1);
  const format = wholeChroma || odd ? 'yuvj444p' : 'yuvj420p';
  const scale = [
    'flags=bicubic+accurate_rnd',
    // Full range with the matrix of SMPTE 170M, as JFIF wants it (ITU-T T.871).
    'out_range=pc:out_color_matrix=smpte170m',
    // The chroma of video mostly lies beside the pixels (256ths of a pixel), that of JPEG in the middle of four.
    ...(chroma === 'left' ? ['in_h_chr_pos=0:in_v_chr_pos=128'] : []),
    ...(chroma === 'left' && format === 'yuvj420p' ? ['out_h_chr_pos=128:out_v_chr_pos=128'] : []),
  ];
  const frame = framed ? [bordersOf(plan, borders), ...(odd && !wholeChroma ? ['format=yuvj420p'] : [])] : [];
  return [...upright(plan, stored, scale, format), ...frame, 'setsar=1'];
}

/** Cuts, scales into a format, and turns. */
function upright(
  { crop, scaled, orientation }: CoverPlan,
  stored: Size,
  scale: readonly string[],
  format: string,
): string[] {
  const cut = isWhole(crop, stored) ? [] : [turnFilters({ crop, orientation: UPRIGHT })];
  const turn = needsTurn({ orientation }) ? [turnFilters({ orientation })] : [];
  return [
    ...cut,
    [`scale=${String(scaled.width)}:${String(scaled.height)}`, ...scale].join(':'),
    `format=${format}`,
    ...turn,
  ];
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
