// The loop over pixels: grays stay gray, hues stay hues, and what is transparent shows the background.
import { expect, test } from 'vitest';
import { colorMapOf } from '#dist/covers/picture/color-map.js';
import { flattenPixels } from '#dist/covers/picture/flatten-pixels.js';

const FULL = 65_535;

/** One row of pixels, each red, green, blue and maybe alpha, 0 to 1. */
function flatten(
  pixels: readonly (readonly number[])[],
  light: Parameters<typeof colorMapOf>[0],
  background: readonly [number, number, number] = [0, 0, 0],
): number[][] {
  const channels = pixels[0]!.length === 4 ? [1, 2, 0, 3] : [1, 2, 0];
  const planes = channels.map((channel) => Uint16Array.from(pixels, (pixel) => Math.round(FULL * pixel[channel]!)));
  const out = new Uint8Array(3 * pixels.length);
  const picture = { width: pixels.length, height: 1, full: FULL, planes, strides: planes.map(() => pixels.length) };
  flattenPixels(picture, colorMapOf(light), background, out, out.length);
  return pixels.map((_, at) => [...out.subarray(3 * at, 3 * at + 3)]);
}

const PQ = { transfer: 'pq', wide: true, peak: undefined } as const;
const SDR = { transfer: 'sdr', wide: false, peak: undefined } as const;

test('SDR without alpha needs no map', () => {
  expect(colorMapOf(SDR)).toBeUndefined();
});

test('SDR of BT.2020 keeps its grays, every one of them', () => {
  const grays = Array.from({ length: 256 }, (_, code) => [code / 255, code / 255, code / 255]);
  for (const [code, color] of flatten(grays, { ...SDR, wide: true }).entries())
    for (const part of color) expect(Math.abs(part - code)).toBeLessThanOrEqual(1);
});

test.each([PQ, { ...PQ, peak: 4000 }, { ...PQ, transfer: 'hlg' } as const])(
  'grays of %o rise and stay gray',
  (light) => {
    const grays = Array.from({ length: 300 }, (_, i) => [i / 299, i / 299, i / 299]);
    let before = 0;
    for (const color of flatten(grays, light)) {
      expect(Math.max(...color) - Math.min(...color)).toBeLessThanOrEqual(1);
      expect(Math.max(...color)).toBeGreaterThanOrEqual(before);
      before = Math.max(...color);
    }
    expect(before).toBe(255);
  },
);

test('colours beyond sRGB keep their hue: the order of their parts, and none of them white', () => {
  const primaries = [
    [0.7, 0, 0],
    [0, 0.7, 0],
    [0, 0, 0.7],
    [0.7, 0.7, 0],
    [0.5, 0, 0.7],
  ];
  for (const [i, [r, g, b]] of flatten(primaries, PQ).entries()) {
    const wanted = primaries[i]!;
    const shown = [r!, g!, b!];
    for (const one of [0, 1, 2])
      for (const other of [0, 1, 2])
        if (wanted[one]! > wanted[other]!) expect(shown[one]).toBeGreaterThan(shown[other]!);
    expect(Math.min(...shown)).toBeLessThan(120);
  }
});

test('alpha: colours come multiplied by it', () => {
  const shown = flatten(
    [
      [1, 0.5, 0, 1],
      [0.5, 0.25, 0, 0.5],
      [0, 0, 0, 0],
      [0.6, 0, 0, 0.5],
    ],
    SDR,
    [100, 200, 50],
  );
  expect(shown).toEqual([
    [255, 128, 0],
    [178, 164, 25],
    [100, 200, 50],
    // More colour than its alpha allows, as filters that ring leave behind.
    [203, 100, 25],
  ]);
});

test('alpha of HDR: the curve sees the colours themselves', () => {
  const [whole] = flatten([[0.58, 0.58, 0.58]], PQ);
  const [half] = flatten([[0.29, 0.29, 0.29, 0.5]], PQ);
  for (const [channel, part] of half!.entries()) expect(part).toBeCloseTo(whole![channel]! / 2, -0.5);
});
