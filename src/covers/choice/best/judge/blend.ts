// Whether a picture is a blend of those before and after it: the middle of a cross-fade, or of a fade.
import type { Candidate } from '../candidate.js';
import { correlation, products, statistics } from './grids.js';

/** A picture as the sum of two others. */
export interface Blend {
  /** `fade` where one of the two is a plain area. */
  readonly kind: 'fade' | 'cross-fade';
  /** How much of what sets the picture apart from the nearer of the two the blend leaves unexplained, 0 to 1. */
  readonly residue: number;
}

/** Levels that scenes are apart, and a blend is from either of them, in root mean square. */
const SCENES_APART = 16;
const BLEND_APART = 6;
/** The correlation from which two scenes are alike: a slow camera passes through such blends too. */
const ALIKE = 0.6;
/** The correlation that a picture has at least with each of those it is a cross-fade of, and with that of a fade. */
const SHOWS = 0.15;
const FADED = 0.8;
/** The least share of either. */
const SHARE = 0.15;
/** Standard deviation, in levels, below which a picture is a plain area. */
const PLAIN = 6;
/** Bytes after a keyframe beside its own, below which nothing changes: no cross-fade is that quiet. */
const QUIET = 0.05;

/**
 * The blend a picture f is of two others: the share s that makes s * a + (1 - s) * b come nearest to it, by least squares
 * over the means of 32x32 cells. A cross-fade gives every pixel such a sum (Hampapur et al., "Production model based
 * digital video segmentation", 1995).
 */
export function blendOf(before: Candidate, here: Candidate, after: Candidate): Blend | undefined {
  const [a, f, b] = [before, here, after].map(({ analysis }) => statistics(analysis.grid));
  if (a === undefined || f === undefined || b === undefined) return undefined;
  const [toA, toB] = [correlation(f, a), correlation(f, b)];
  const isFade = a.deviation < PLAIN || b.deviation < PLAIN;
  // Between two plain areas nothing fades.
  if (isFade && Math.max(toA, toB) < FADED) return undefined;
  if (!isFade && (Math.min(toA, toB) < SHOWS || correlation(a, b) > ALIKE)) return undefined;
  if (!isFade && here.activity !== undefined && here.activity < QUIET) return undefined;
  const apart = products(a.grid, b.grid, a.grid, b.grid);
  const share = products(f.grid, b.grid, a.grid, b.grid) / apart;
  if (Math.sqrt(apart) < SCENES_APART || share < SHARE || share > 1 - SHARE) return undefined;
  const nearer = Math.min(products(f.grid, a.grid, f.grid, a.grid), products(f.grid, b.grid, f.grid, b.grid));
  if (Math.sqrt(nearer) < BLEND_APART) return undefined;
  const blend = f.grid.map((_, cell) => share * (a.grid[cell] ?? 0) + (1 - share) * (b.grid[cell] ?? 0));
  const left = products(f.grid, blend, f.grid, blend);
  return { kind: isFade ? 'fade' : 'cross-fade', residue: left / nearer };
}
