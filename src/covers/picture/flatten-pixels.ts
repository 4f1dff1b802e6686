// The loop over pixels: HDR and wide colours become sRGB, and what is transparent shows the background.
import { STEPS, type ColorMap } from './color-map.js';
import { LUMINANCE_2020, LUMINANCE_709 } from './gamut.js';

/** Red, green and blue, 0 to 255. */
export type Color = readonly [number, number, number];

/** A picture of 16 bits a sample in full range. */
export interface DeepPicture {
  readonly width: number;
  readonly height: number;
  /** The sample that stands for 1. */
  readonly full: number;
  /** Green, blue, red, and alpha where there is one, which colours are multiplied by: libav's gbrp16 and gbrap16. */
  readonly planes: readonly Uint16Array[];
  /** Samples from one row of a plane to the next. */
  readonly strides: readonly number[];
}

/**
 * Fills `target` with rgb24.
 * @param map - what samples stand for; undefined where they are sRGB
 * @param stride - bytes from one row of `target` to the next
 */
export function flattenPixels(
  picture: DeepPicture,
  map: ColorMap | undefined,
  background: Color,
  target: Uint8Array,
  stride: number,
): void {
  const { width, height, planes, strides, full } = picture;
  for (let y = 0; y < height; y++) {
    const rows = planes.map((plane, i) => plane.subarray(y * (strides[i] ?? 0), y * (strides[i] ?? 0) + width));
    const out = target.subarray(y * stride, y * stride + 3 * width);
    const [green, blue, red, alpha] = rows;
    if (green === undefined || blue === undefined || red === undefined) return;
    if (alpha !== undefined && map !== undefined) divide([green, blue, red], alpha, full);
    if (map === undefined) narrow([red, green, blue], full, out);
    else mapRow([red, green, blue], full, map, out);
    if (alpha !== undefined) blend(alpha, full, background, map !== undefined, out);
  }
}

/** Takes alpha out of the colours again: a curve needs them as they are. */
function divide(colors: readonly Uint16Array[], alpha: Uint16Array, full: number): void {
  for (const row of colors)
    for (let x = 0; x < row.length; x++) {
      const opacity = alpha[x] ?? 0;
      row[x] = opacity === 0 ? 0 : Math.min(full, Math.round(((row[x] ?? 0) * full) / opacity));
    }
}

function narrow(colors: readonly Uint16Array[], full: number, out: Uint8Array): void {
  for (const [channel, row] of colors.entries())
    for (let x = 0; x < row.length; x++) out[3 * x + channel] = Math.min(255, Math.round(((row[x] ?? 0) * 255) / full));
}

/** Lays colours over the background. @param whole - colours are as they are, and not yet multiplied by alpha */
function blend(alpha: Uint16Array, full: number, background: Color, whole: boolean, out: Uint8Array): void {
  for (const [channel, behind] of background.entries())
    for (let x = 0, at = channel; x < alpha.length; x++, at += 3) {
      const share = Math.min(1, (alpha[x] ?? 0) / full);
      const color = (out[at] ?? 0) * (whole ? share : 1);
      // A filter that rings may leave more colour than its alpha allows.
      out[at] = Math.min(255, Math.round(color + behind * (1 - share)));
    }
}

/** One row of HDR or of wide colours. Written for speed: one typed array beside the other, nothing allocated. */
function mapRow(
  colors: readonly [Uint16Array, Uint16Array, Uint16Array],
  full: number,
  map: ColorMap,
  out: Uint8Array,
): void {
  const [red, green, blue] = colors;
  const { light, scene, gain, srgb, matrix } = map;
  const [rr = 1, rg = 0, rb = 0, gr = 0, gg = 1, gb = 0, br = 0, bg = 0, bb = 1] = matrix;
  const [wr, wg, wb] = LUMINANCE_709;
  const scale = STEPS / map.brightest;
  const step = STEPS / full;
  for (let x = 0, at = 0; x < red.length; x++, at += 3) {
    let r = light[Math.min(STEPS, (red[x] ?? 0) * step + 0.5) | 0] ?? 0;
    let g = light[Math.min(STEPS, (green[x] ?? 0) * step + 0.5) | 0] ?? 0;
    let b = light[Math.min(STEPS, (blue[x] ?? 0) * step + 0.5) | 0] ?? 0;
    let factor = scene === undefined ? 1 : (scene[sceneLuminance(r, g, b)] ?? 0);
    if (gain !== undefined) {
      // One factor for all three keeps their hue; that of the strongest keeps it within what can be shown.
      const strongest = Math.max(r, g, b) * factor;
      factor *= gain[Math.min(STEPS, strongest * scale) | 0] ?? 1;
    }
    r *= factor;
    g *= factor;
    b *= factor;
    let R = rr * r + rg * g + rb * b;
    let G = gr * r + gg * g + gb * b;
    let B = br * r + bg * g + bb * b;
    const low = Math.min(R, G, B);
    if (low < 0) {
      // A colour that sRGB has not: towards the gray of the same luminance, until it fits. Its hue stays.
      const gray = Math.max(0, wr * R + wg * G + wb * B);
      const share = gray / (gray - low);
      R = gray + (R - gray) * share;
      G = gray + (G - gray) * share;
      B = gray + (B - gray) * share;
    }
    const high = Math.max(R, G, B);
    if (high > 1) {
      // One that is too bright for its hue is dimmed: towards white it would lose its colour.
      R /= high;
      G /= high;
      B /= high;
    }
    out[at] = srgb[(R * STEPS + 0.5) | 0] ?? 255;
    out[at + 1] = srgb[(G * STEPS + 0.5) | 0] ?? 255;
    out[at + 2] = srgb[(B * STEPS + 0.5) | 0] ?? 255;
  }
}

/** The luminance of light of the scene, in steps of its table. */
function sceneLuminance(r: number, g: number, b: number): number {
  const [wr, wg, wb] = LUMINANCE_2020;
  return Math.min(STEPS, (wr * r + wg * g + wb * b) * STEPS) | 0;
}
