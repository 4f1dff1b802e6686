// Crops around what draws the eye: they keep a subject whole wherever it is, and nothing moves for nothing.
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { SAFE_ZONES } from '#dist/covers/shape/safe-zone.js';
import { saliencyOf } from '#dist/covers/shape/saliency.js';
import { smartCrop } from '#dist/covers/shape/smart-crop.js';
import { SummedArea } from '#dist/covers/shape/summed-area.js';
import { coverCrop, type Rect } from '#dist/pixels/index.js';

const [WIDTH, HEIGHT] = [160, 90];
const PICTURE = { width: 1920, height: 1080 };

/** A map where one rectangle stands out. */
function mapOf({ x, y, width, height }: Rect): SummedArea {
  const values = Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => {
    const [column, row] = [i % WIDTH, Math.floor(i / WIDTH)];
    return column >= x && column < x + width && row >= y && row < y + height ? 1 : 0;
  });
  return new SummedArea(values, WIDTH, HEIGHT);
}

/** A picture of one colour with a rectangle of others in it. */
function pictureOf(subject: Rect, paint: (x: number, y: number) => readonly number[]) {
  const data = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => {
    const [at, channel] = [Math.floor(i / 3), i % 3];
    const [x, y] = [(at % WIDTH) - subject.x, Math.floor(at / WIDTH) - subject.y];
    const inside = x >= 0 && y >= 0 && x < subject.width && y < subject.height;
    return inside ? paint(x, y)[channel]! : [90, 100, 110][channel]!;
  });
  return { data, stride: WIDTH * 3, width: WIDTH, height: HEIGHT };
}

/** Whether a rectangle of the map lies in one of the picture. */
function holds(crop: Rect, { x, y, width, height }: Rect): boolean {
  const scale = PICTURE.width / WIDTH;
  return (
    crop.x <= x * scale &&
    crop.y <= y * scale &&
    crop.x + crop.width >= (x + width) * scale &&
    crop.y + crop.height >= (y + height) * scale
  );
}

const subjects = fc.record({
  x: fc.integer({ min: 0, max: WIDTH - 30 }),
  y: fc.integer({ min: 0, max: HEIGHT - 30 }),
  width: fc.integer({ min: 4, max: 30 }),
  height: fc.integer({ min: 4, max: 30 }),
});
const boxes = fc.constantFrom(
  { width: 360, height: 640 },
  { width: 300, height: 400 },
  { width: 500, height: 500 },
  { width: 1600, height: 400 },
);

test('a subject is in the crop, which has the wanted shape and lies in the picture', () => {
  fc.assert(
    fc.property(subjects, boxes, (subject, box) => {
      const { rect, score, centerScore } = smartCrop(mapOf(subject), PICTURE, box, null);
      expect(holds(rect, subject)).toBe(true);
      expect(Math.min(rect.x, rect.y)).toBeGreaterThanOrEqual(0);
      expect(rect.x + rect.width).toBeLessThanOrEqual(PICTURE.width);
      expect(rect.y + rect.height).toBeLessThanOrEqual(PICTURE.height);
      expect(Math.abs(rect.width - (rect.height * box.width) / box.height)).toBeLessThanOrEqual(
        Math.max(1, box.width / box.height),
      );
      expect(rect.width).toBeGreaterThanOrEqual(0.84 * coverCrop(PICTURE, box).width);
      expect(score).toBeGreaterThanOrEqual(centerScore);
    }),
  );
});

test('nothing is enlarged for being nearer', () => {
  const box = { width: 1000, height: 1000 };
  const { rect } = smartCrop(mapOf({ x: 75, y: 40, width: 10, height: 10 }), PICTURE, box, null);
  expect(rect.width).toBeGreaterThanOrEqual(1000);
});

test.each([
  ['where nothing stands out', mapOf({ x: 0, y: 0, width: 0, height: 0 })],
  ['where everything does', mapOf({ x: 0, y: 0, width: WIDTH, height: HEIGHT })],
  ['for a subject there', mapOf({ x: 70, y: 30, width: 20, height: 30 })],
])('the middle is taken %s', (_, map) => {
  const box = { width: 1080, height: 1080 };
  const { rect, score, centerScore } = smartCrop(map, PICTURE, box, null);
  expect(rect).toEqual(coverCrop(PICTURE, box));
  expect(score).toBe(centerScore);
});

test('what is spread all over the picture moves nothing, a little more of it at one side neither', () => {
  const values = Float32Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i % WIDTH < 60 ? 1.2 : 1));
  const box = { width: 360, height: 640 };
  expect(smartCrop(new SummedArea(values, WIDTH, HEIGHT), PICTURE, box, null).rect).toEqual(coverCrop(PICTURE, box));
});

test('a subject is kept clear of what an app draws over, as far as there is room', () => {
  const portrait = { width: 1080, height: 1920 };
  const map = new SummedArea(
    Float32Array.from({ length: 90 * 160 }, (_, i) => (Math.floor(i / 90) >= 98 && Math.floor(i / 90) < 113 ? 1 : 0)),
    90,
    160,
  );
  const box = { width: 540, height: 720 };
  const free = smartCrop(map, portrait, box, null).rect;
  const clear = smartCrop(map, portrait, box, SAFE_ZONES.reels).rect;
  // The rows of the subject, as fractions of the crop.
  const place = ({ y, height }: Rect): number => ((98 / 160) * 1920 - y) / height;
  expect(place(clear)).toBeLessThan(place(free));
  expect(place(clear) + (15 / 160) * (1920 / clear.height)).toBeLessThanOrEqual(1 - SAFE_ZONES.reels.bottom + 0.02);
});

describe('what stands out in a picture', () => {
  test.each([
    ['a strong colour', () => [220, 30, 30]],
    ['a pattern', (x: number, y: number) => (((x >> 1) + (y >> 1)) % 2 === 0 ? [20, 20, 20] : [230, 230, 230])],
    ['skin', (x: number, y: number) => (x % 5 === 0 && y % 5 === 0 ? [90, 60, 50] : [224, 172, 132])],
    ['brightness', () => [250, 250, 250]],
  ] as const)('%s, at either side', (_, paint) => {
    for (const x of [6, 118]) {
      const subject = { x, y: 25, width: 36, height: 40 };
      const map = saliencyOf(pictureOf(subject, paint));
      const inside = map.sum({ left: x - 3, top: 22, right: x + 39, bottom: 68 });
      expect(inside / map.total).toBeGreaterThan(0.9);
      const { rect } = smartCrop(map, PICTURE, { width: 360, height: 640 }, null);
      expect(holds(rect, subject)).toBe(true);
    }
  });

  test('a plain picture has nothing that does', () => {
    expect(saliencyOf(pictureOf({ x: 0, y: 0, width: 0, height: 0 }, () => [])).total).toBeLessThan(1e-3);
  });

  test('the same picture gives the same map', () => {
    const picture = pictureOf({ x: 20, y: 20, width: 40, height: 40 }, (x, y) => [x * 5, y * 5, 99]);
    expect(saliencyOf(picture)).toEqual(saliencyOf(picture));
  });
});
