// HDR signals for known colours, written down here once more: what the engine undoes must not be checked by itself.
import type { Color } from './patches.js';

/** The PQ signal of cd/m² (SMPTE ST 2084). */
export function pq(light: number): number {
  const y = (light / 10_000) ** (2610 / 16_384);
  return ((3424 / 4096 + (2413 / 128) * y) / (1 + (2392 / 128) * y)) ** (2523 / 32);
}

/** The HLG signal of light of the scene, 0 to 1 (ARIB STD-B67). */
export function hlg(scene: number): number {
  if (scene <= 1 / 12) return Math.sqrt(3 * scene);
  return 0.17883277 * Math.log(12 * scene - 0.28466892) + 0.55991073;
}

/** Light of sRGB, 0 to 1. */
function linear(code: number): number {
  const signal = code / 255;
  return signal <= 0.04045 ? signal / 12.92 : ((signal + 0.055) / 1.055) ** 2.4;
}

/** Linear BT.2020 of an sRGB colour (ITU-R BT.2087). */
function wide(color: Color): Color {
  const [r, g, b] = color.map(linear) as unknown as Color;
  return [
    0.627404 * r + 0.329283 * g + 0.043313 * b,
    0.069097 * r + 0.91954 * g + 0.011362 * b,
    0.016391 * r + 0.088013 * g + 0.895595 * b,
  ];
}

const WHITE = 203;

function signals(color: Color, of: (light: number) => number): Color {
  return wide(color).map((light) => 255 * of(Math.max(0, light))) as unknown as Color;
}

/** PQ signals, times 255, of a colour whose white is 203 cd/m². */
export function pqColor(color: Color): Color {
  return signals(color, (light) => pq(WHITE * light));
}

/** HLG signals, times 255, of a colour whose white is 203 cd/m² on a display of 1000 (ITU-R BT.2100). */
export function hlgColor(color: Color): Color {
  const [r, g, b] = wide(color);
  const luminance = (WHITE / 1000) * (0.2627 * r + 0.678 * g + 0.0593 * b);
  const scene = luminance ** (1 / 1.2);
  return signals(color, (light) => (luminance === 0 ? 0 : hlg(((WHITE / 1000) * light) / scene ** 0.2)));
}

/** The same colour in SDR of BT.2020, with the curve of sRGB. */
export function wideColor(color: Color): Color {
  return signals(color, (light) => (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
}

/** Grays of PQ for light in cd/m², times 255. */
export function pqGrays(...lights: readonly number[]): Color[] {
  return lights.map((light) => [255 * pq(light), 255 * pq(light), 255 * pq(light)]);
}

/** Grays. */
export function grays(...codes: readonly number[]): Color[] {
  return codes.map((code) => [code, code, code]);
}
