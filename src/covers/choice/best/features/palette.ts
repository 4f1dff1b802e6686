// Which levels and colours a picture is made of: what tells typical pictures of a video from odd ones.
import type { Thumbnail } from './thumbnail.js';

/** Levels of luma that are told apart. */
const LEVELS = 16;
/** Hues that are told apart: eighths of the plane of Cb and Cr. */
const HUES = 8;
/** Chroma below this is gray, and from the second one on strong. */
const [WEAK, STRONG] = [10, 40];
const COLORS = 1 + 2 * HUES;

/** Shares of pixels: by level first, then by hue and strength of colour; each of the two adds up to 1. */
export type Palette = Float64Array;

/** The palette of a thumbnail. */
export function paletteOf({ coarse }: Thumbnail): Palette {
  const [lumas, blues, reds] = [coarse.luma.samples, coarse.cb.samples, coarse.cr.samples];
  const counts = new Uint32Array(LEVELS + COLORS);
  for (let at = 0; at < lumas.length; at++) {
    const level = (lumas[at] ?? 0) >> 4;
    counts[level] = (counts[level] ?? 0) + 1;
    const color = LEVELS + colorOf((blues[at] ?? 0) - 128, (reds[at] ?? 0) - 128);
    counts[color] = (counts[color] ?? 0) + 1;
  }
  return Float64Array.from(counts, (count) => count / Math.max(1, lumas.length));
}

function colorOf(blue: number, red: number): number {
  const squared = blue * blue + red * red;
  if (squared < WEAK * WEAK) return 0;
  const eighth = (blue < 0 ? 4 : 0) + (red < 0 ? 2 : 0) + (red * red > blue * blue ? 1 : 0);
  return 1 + eighth + (squared < STRONG * STRONG ? 0 : HUES);
}

/** How far two palettes are apart, 0 to 1: half of the sum of differences (total variation), of levels and colours alike. */
export function paletteDistance(one: Palette, other: Palette): number {
  let sum = 0;
  for (let at = 0; at < one.length; at++) sum += Math.abs((one[at] ?? 0) - (other[at] ?? 0));
  return sum / 4;
}

/** The mean of palettes; there is at least one. */
export function meanPalette(palettes: readonly Palette[]): Palette {
  const mean = new Float64Array(LEVELS + COLORS);
  for (const palette of palettes)
    for (let at = 0; at < mean.length; at++) mean[at] = (mean[at] ?? 0) + (palette[at] ?? 0) / palettes.length;
  return mean;
}
