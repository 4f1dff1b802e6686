// Borders of the picture itself: soft, of its colours, and the picture between them as it is without them.
import { describe, expect, test } from 'vitest';
import { sharedCovers } from '../support/covers.js';
import { lumaOf, rgbOf } from '../support/decoded.js';
import { fixture } from '../support/fixtures.js';
import { meanColor, psnr } from '../support/psnr.js';

const covers = sharedCovers({ workers: 1 });
const spawned = sharedCovers({ backend: 'spawn', workers: 1 });

/** Where bars of 16:9 lie in a cover, without the pixels next to their edges. */
const CASES = [
  ['portrait', [160, 200], { x: 0, y: 55, width: 160, height: 90 }],
  ['wide and odd', [301, 91], { x: 70, y: 0, width: 162, height: 91 }],
] as const;

/** The rows of a rectangle of an rgb24 picture. */
function part(pixels: Buffer, columns: number, rect: { x: number; y: number; width: number; height: number }): Buffer {
  const rows = Array.from({ length: rect.height }, (_, row) => ((rect.y + row) * columns + rect.x) * 3);
  return Buffer.concat(rows.map((start) => pixels.subarray(start, start + rect.width * 3)));
}

describe.each(CASES)('%s', (_, size, place) => {
  const [width, height] = size;
  const upright = place.x === 0;
  const inner = { x: place.x + 2, y: place.y + 2, width: place.width - 4, height: place.height - 4 };
  const borders = upright
    ? [
        { x: 4, y: 2, width: width - 8, height: place.y - 6 },
        { x: 4, y: place.y + place.height + 4, width: width - 8, height: height - place.y - place.height - 6 },
      ]
    : [
        { x: 2, y: 4, width: place.x - 6, height: height - 8 },
        { x: place.x + place.width + 4, y: 4, width: width - place.x - place.width - 6, height: height - 8 },
      ];

  test.each(['blur', 'extend'] as const)('%s', async (border) => {
    const make = async (kind: 'color' | 'blur' | 'extend', engine = covers): Promise<Buffer> => {
      const { data } = await engine.make(fixture('bars.mp4'), {
        at: 0,
        size,
        fit: 'contain',
        border: kind,
        format: 'png',
      });
      return rgbOf(data);
    };
    const [pixels, plain, command] = [await make(border), await make('color'), await make(border, spawned)];
    expect(psnr(part(pixels, width, inner), part(plain, width, inner))).toBeGreaterThan(50);
    expect(psnr(pixels, command)).toBeGreaterThan(33);
    for (const rect of borders) {
      // Neither black nor any sharp edge: neighbours differ by little.
      const beside = part(pixels, width, rect);
      expect(Math.max(...meanColor(pixels, width, rect))).toBeGreaterThan(20);
      let sharpest = 0;
      for (let i = 3; i < beside.byteLength; i++)
        if (i % (rect.width * 3) >= 3) sharpest = Math.max(sharpest, Math.abs(beside[i]! - beside[i - 3]!));
      expect(sharpest).toBeLessThan(24);
    }
  });
});

test('blur is darker than the picture, extend goes on with its edges', async () => {
  const options = { at: 0, size: [200, 100], fit: 'contain', format: 'png' } as const;
  // Bars from white at the left of 25 to 175 to blue at the right.
  const left = { x: 2, y: 8, width: 6, height: 40 };
  const near = { x: 14, y: 8, width: 4, height: 40 };
  const at = async (border: 'blur' | 'extend'): Promise<Buffer> =>
    rgbOf((await covers.make(fixture('subject.mp4'), { ...options, border })).data);
  const [blurred, extended] = [await at('blur'), await at('extend')];
  // The left of the clip is one colour: 5a6470.
  for (const rect of [left, near])
    expect(meanColor(extended, 200, rect)).toEqual(
      [0x5a, 0x64, 0x70].map((part): unknown => expect.closeTo(part, -0.9)),
    );
  const dimmed = meanColor(blurred, 200, left);
  expect(dimmed[1]).toBeLessThan(0.8 * 0x64);
  expect(dimmed[1]).toBeGreaterThan(0.5 * 0x64);
});

test('a safe zone moves the picture up', async () => {
  const size = [90, 160] as const;
  const make = async (safeZone: 'reels' | undefined): Promise<Buffer> => {
    const { data } = await covers.make(fixture('bars.mp4'), { at: 0, size, fit: 'contain', safeZone, format: 'png' });
    return lumaOf(data);
  };
  const firstRow = (pixels: Buffer): number => pixels.findIndex((sample) => sample > 60) / 90;
  const [plain, moved] = [firstRow(await make(undefined)), firstRow(await make('reels'))];
  expect(Math.floor(plain)).toBe(54);
  // The middle of what stays clear of Reels is at 39.5 % of the height.
  expect(Math.floor(moved)).toBe(2 * Math.floor((160 * 0.395 - 25.5) / 2));
});
