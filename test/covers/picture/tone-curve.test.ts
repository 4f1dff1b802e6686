// The arithmetic of HDR against published figures.
import { describe, expect, test } from 'vitest';
import { toneMapped } from '#dist/covers/picture/tone-curve.js';
import { hlgGain, hlgScene, pqLight, pqSignal, srgbLight, srgbSignal } from '#dist/covers/picture/transfer.js';

describe('transfer functions', () => {
  // ITU-R BT.2408, table 1, and ST 2084's own table of values.
  test.each([
    [0, 0],
    [0.508, 100],
    [0.5807, 203],
    [0.7518, 1000],
    [0.9026, 4000],
    [1, 10_000],
  ])('a PQ signal of %f is %f cd/m²', (signal, light) => {
    expect(pqLight(signal) / Math.max(1, light)).toBeCloseTo(light === 0 ? 0 : 1, 2);
    expect(pqSignal(light)).toBeCloseTo(signal, 3);
  });

  // Grays of HLG on a display of 1000 cd/m² (ITU-R BT.2408, tables 1 and 2).
  test.each([
    [0, 0],
    [0.38, 26],
    [0.75, 203],
    [1, 1000],
  ])('an HLG signal of %f is %f cd/m²', (signal, light) => {
    const scene = hlgScene(signal);
    expect(Math.abs(scene * hlgGain(scene) - light)).toBeLessThan(0.01 * light + 0.001);
  });

  test('sRGB there and back', () => {
    for (let code = 0; code < 256; code++) expect(srgbSignal(srgbLight(code / 255))).toBeCloseTo(code / 255, 9);
  });
});

describe('the tone curve', () => {
  test.each([203, 400, 1000, 4000, 10_000])('of a peak of %i rises, and ends at the white of SDR', (peak) => {
    let before = 0;
    for (let light = 0; light <= peak; light += peak / 500) {
      const mapped = toneMapped(light, peak);
      expect(mapped).toBeGreaterThanOrEqual(before - 1e-9);
      expect(mapped).toBeLessThanOrEqual(light + 1e-9);
      before = mapped;
    }
    expect(toneMapped(peak, peak)).toBeCloseTo(203, 1);
    expect(toneMapped(2 * peak, peak)).toBeCloseTo(203, 1);
  });

  test('leaves alone what is below its knee', () => {
    for (const light of [0, 0.01, 1, 26, 87]) expect(toneMapped(light, 1000)).toBe(light);
    for (const light of [0, 100, 203]) expect(toneMapped(light, 203)).toBe(light);
  });

  test('gives paper white four fifths', () => {
    expect(toneMapped(203, 1000)).toBeCloseTo(159, 0);
  });
});
