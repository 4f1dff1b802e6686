// The way from the samples of HDR or of wide colours to sRGB, as tables and a matrix: what the loop over pixels needs.
import type { Light } from '../../av/index.js';
import { SAME_COLORS, WIDE_TO_709 } from './gamut.js';
import { toneMapped } from './tone-curve.js';
import { HLG_PEAK, hlgGain, hlgScene, PQ_PEAK, pqLight, srgbLight, srgbSignal, WHITE } from './transfer.js';

/** Steps of a table; its last entry stands for 1. */
export const STEPS = 4096;
/** The brightest light of a PQ picture that does not say, or names less than paper white; in cd/m²: most are made so. */
const USUAL_PEAK = 1000;

/** The way from one kind of samples to sRGB. */
export interface ColorMap {
  /** Linear light for a signal of 0 to `STEPS`; of the scene for HLG, else of the display, where 1 is the white of SDR. */
  readonly light: Float32Array;
  /** Light of the display for a unit of light of the scene, by its luminance of 0 to `STEPS`; undefined but for HLG. */
  readonly scene: Float32Array | undefined;
  /** What brightens or dims a pixel, by the light of its strongest colour in steps of `brightest`; undefined for SDR. */
  readonly gain: Float32Array | undefined;
  /** The light that the last entry of `gain` stands for. */
  readonly brightest: number;
  /** Linear RGB of the source to that of BT.709, by rows. */
  readonly matrix: readonly number[];
  /** sRGB of 0 to 255 for linear light of 0 to `STEPS`. */
  readonly srgb: Uint8Array;
}

const SRGB = Uint8Array.from({ length: STEPS + 1 }, (_, i) => Math.round(255 * srgbSignal(i / STEPS)));
const maps = new Map<string, ColorMap>();
/** Pictures differ in their peaks; the tables of few are kept. */
const KEPT = 8;

/** The map for a kind of light; undefined where samples already are what sRGB takes. */
export function colorMapOf({ transfer, wide, peak = 0 }: Light): ColorMap | undefined {
  if (transfer === 'sdr' && !wide) return undefined;
  const limit = transfer === 'hlg' ? HLG_PEAK : peak < WHITE ? USUAL_PEAK : Math.min(peak, PQ_PEAK);
  const key = `${transfer} ${String(wide)} ${String(limit)}`;
  const known = maps.get(key);
  if (known !== undefined) return known;
  if (maps.size >= KEPT) maps.clear();
  const map = makeMap(transfer, wide, limit);
  maps.set(key, map);
  return map;
}

function makeMap(transfer: Light['transfer'], wide: boolean, peak: number): ColorMap {
  const matrix = wide ? WIDE_TO_709 : SAME_COLORS;
  // SDR has one curve in and out, so what is gray stays as it is.
  if (transfer === 'sdr')
    return { light: table(srgbLight), scene: undefined, gain: undefined, brightest: 1, matrix, srgb: SRGB };
  const brightest = peak / WHITE;
  const gain = table((share) => {
    // The first entry stands for all light below it, where the curve changes nothing.
    const light = Math.max(share, 1 / STEPS) * brightest * WHITE;
    return toneMapped(light, peak) / light;
  });
  return {
    light: transfer === 'pq' ? table((signal) => pqLight(signal) / WHITE) : table(hlgScene),
    scene: transfer === 'pq' ? undefined : table((luminance) => hlgGain(luminance) / WHITE),
    gain,
    brightest,
    matrix,
    srgb: SRGB,
  };
}

function table(of: (value: number) => number): Float32Array {
  return Float32Array.from({ length: STEPS + 1 }, (_, i) => of(i / STEPS));
}
