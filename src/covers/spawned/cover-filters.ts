// How ffmpeg shapes a cover: cut, scale, turn, and borders, in the colours of JPEG.
import { needsTurn, turnFilters, UPRIGHT, type Size } from '../../pixels/index.js';
import type { CoverShape } from '../cover-params.js';
import { isWhole, shrinks, type CoverPlan } from '../shape/plan.js';

/** The filters for a plan, in FFmpeg's spelling. */
export function coverFilters(
  plan: CoverPlan,
  { stored, chroma }: { readonly stored: Size; readonly chroma: string | undefined },
  background: CoverShape['background'],
): string[] {
  const { crop, scaled, orientation, box, place } = plan;
  const cut = isWhole(crop, stored) ? [] : [turnFilters({ crop, orientation: UPRIGHT })];
  const pad = isWhole(place, box) ? undefined : borders(plan, background);
  // The filter that adds borders would cut the last column or row of an odd picture with halved chroma.
  const odd = pad !== undefined && (place.width % 2 === 1 || place.height % 2 === 1);
  const scale = [
    `scale=${String(scaled.width)}:${String(scaled.height)}`,
    `flags=${shrinks(plan) ? 'area' : 'bicubic'}`,
    // Full range with the matrix of SMPTE 170M, as JFIF wants it (ITU-T T.871).
    'out_range=pc:out_color_matrix=smpte170m',
    // Its chroma lies in the middle of four pixels, that of video mostly beside them (256ths of a pixel).
    ...(chroma === 'left' && !odd ? ['in_h_chr_pos=0:in_v_chr_pos=128:out_h_chr_pos=128:out_v_chr_pos=128'] : []),
  ].join(':');
  const turn = needsTurn({ orientation }) ? [turnFilters({ orientation })] : [];
  const framed = pad === undefined ? [] : [pad, ...(odd ? ['format=yuvj420p'] : [])];
  return [...cut, scale, `format=${odd ? 'yuvj444p' : 'yuvj420p'}`, ...turn, ...framed, 'setsar=1'];
}

function borders({ box, place }: CoverPlan, background: CoverShape['background']): string {
  const color = `0x${background.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
  return `pad=${[box.width, box.height, place.x, place.y].map(String).join(':')}:color=${color}`;
}
