// How light is spread over a picture: its levels, its contrast, and how many levels there are.
import type { Plane } from './thumbnail.js';

/** Figures of luma, in which 0 is black and 1 is white. */
export interface Light {
  /** Mean luma, 0 to 1. */
  readonly lumaMean: number;
  /** The level that 1 % of the pixels do not exceed, 0 to 1. */
  readonly lumaP1: number;
  /** The level that 5 % of the pixels do not exceed, 0 to 1. */
  readonly lumaP5: number;
  /** The level that 95 % of the pixels do not exceed, 0 to 1. */
  readonly lumaP95: number;
  /** The level that 99 % of the pixels do not exceed, 0 to 1. */
  readonly lumaP99: number;
  /** Share of pixels without detail in the shadows: luma of 1 % at most. */
  readonly clippedDark: number;
  /** Share of pixels without detail in the lights: luma above 99 %. */
  readonly clippedBright: number;
  /** Share of pixels that FFmpeg's blackdetect calls black: luma of 10 % at most. */
  readonly darkShare: number;
  /** RMS contrast: the standard deviation of luma, 0 to 0.5 (Peli, "Contrast in complex images", 1990). */
  readonly contrast: number;
  /** Entropy of the histogram of luma in bits, 0 to 8 (Shannon, 1948). */
  readonly entropy: number;
}

const LEVELS = 256;
const WHITE = LEVELS - 1;

/** Computes them from luma. */
export function lightOf({ samples }: Plane): Light {
  const histogram = new Uint32Array(LEVELS);
  for (let at = 0; at < samples.length; at++) {
    const level = samples[at] ?? 0;
    histogram[level] = (histogram[level] ?? 0) + 1;
  }
  const count = Math.max(1, samples.length);
  /** How many pixels are at or below each level. */
  const upTo = new Uint32Array(LEVELS);
  let [sum, squares, entropy, below] = [0, 0, 0, 0];
  for (let level = 0; level < LEVELS; level++) {
    const pixels = histogram[level] ?? 0;
    upTo[level] = below += pixels;
    sum += level * pixels;
    squares += level * level * pixels;
    if (pixels > 0) entropy -= (pixels / count) * Math.log2(pixels / count);
  }
  const mean = sum / count;
  const percentile = (share: number): number => {
    const level = upTo.findIndex((pixels) => pixels > 0 && pixels >= count * share);
    return Math.max(0, level) / WHITE;
  };
  const shareUpTo = (level: number): number => (upTo[Math.floor(WHITE * level)] ?? 0) / count;
  return {
    lumaMean: mean / WHITE,
    lumaP1: percentile(0.01),
    lumaP5: percentile(0.05),
    lumaP95: percentile(0.95),
    lumaP99: percentile(0.99),
    clippedDark: shareUpTo(0.01),
    clippedBright: 1 - shareUpTo(0.99),
    darkShare: shareUpTo(0.1),
    contrast: Math.sqrt(Math.max(0, squares / count - mean * mean)) / WHITE,
    entropy: Math.max(0, entropy),
  };
}
