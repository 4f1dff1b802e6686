// The transfer functions of HDR and of sRGB: how signals between 0 and 1 stand for light.

/** Light of what is white on paper, in cd/m²: the level that SDR calls 1 (ITU-R BT.2408, table 1). */
export const WHITE = 203;

// SMPTE ST 2084, section 4; the constants are exact.
const M1 = 2610 / 16_384;
const M2 = (2523 / 4096) * 128;
const C1 = 3424 / 4096;
const C2 = (2413 / 4096) * 32;
const C3 = (2392 / 4096) * 32;
/** The brightest light of ST 2084, in cd/m². */
export const PQ_PEAK = 10_000;

/** cd/m² for a PQ signal. */
export function pqLight(signal: number): number {
  const power = Math.max(0, signal) ** (1 / M2);
  return PQ_PEAK * (Math.max(0, power - C1) / (C2 - C3 * power)) ** (1 / M1);
}

/** The PQ signal for cd/m². */
export function pqSignal(light: number): number {
  const power = (Math.max(0, light) / PQ_PEAK) ** M1;
  return ((C1 + C2 * power) / (1 + C3 * power)) ** M2;
}

// ARIB STD-B67 and ITU-R BT.2100, table 5.
const A = 0.17883277;
const B = 1 - 4 * A;
const C = 0.5 - A * Math.log(4 * A);
/** The nominal peak of a display of HLG, in cd/m². */
export const HLG_PEAK = 1000;
/** The system gamma of a display of that peak. */
const HLG_GAMMA = 1.2;

/** Light of the scene, 0 to 1, for an HLG signal. */
export function hlgScene(signal: number): number {
  return signal <= 0.5 ? (Math.max(0, signal) * signal) / 3 : (Math.exp((signal - C) / A) + B) / 12;
}

/** cd/m² of the display for each unit of light of the scene, where that has a luminance from 0 to 1 (the OOTF). */
export function hlgGain(luminance: number): number {
  return HLG_PEAK * luminance ** (HLG_GAMMA - 1);
}

/** Light from 0 to 1 for an sRGB signal (IEC 61966-2-1). */
export function srgbLight(signal: number): number {
  return signal <= 0.04045 ? signal / 12.92 : ((signal + 0.055) / 1.055) ** 2.4;
}

/** The sRGB signal for light from 0 to 1. */
export function srgbSignal(light: number): number {
  return light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055;
}
