// The plan of a cover: what is cut from the stored picture, what it is scaled to, and where it lies.
import { MAX_SIDE } from '#dist/covers/cover-params.js';
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { jpegColor, planCover } from '#dist/covers/shape/plan.js';
import { coverCrop, oriented, type Orientation, type Rect, squarePixels, UPRIGHT } from '#dist/pixels/index.js';

const side = fc.integer({ min: 1, max: 4096 });
const size = fc.record({ width: side, height: side });
const orientation: fc.Arbitrary<Orientation> = fc.record({
  turn: fc.constantFrom(0 as const, 90 as const, 180 as const, 270 as const),
  mirror: fc.boolean(),
});
const aspect = fc.oneof(fc.constant(1), fc.double({ min: 1 / 8, max: 8, noNaN: true }));
// Where the container cuts some off, the stored part does not start at 0.
const even = fc.integer({ min: 0, max: 50 }).map((half) => 2 * half);
const stored: fc.Arbitrary<Rect> = fc.record({ x: even, y: even, width: side, height: side });

function whole(box: { width: number; height: number }): Rect {
  return { x: 0, y: 0, width: box.width, height: box.height };
}

describe('cover', () => {
  test('the cut lies inside the stored picture, on even places, and the cover is full', () => {
    fc.assert(
      fc.property(stored, aspect, orientation, size, (picture, pixelAspect, turn, box) => {
        const plan = planCover(picture, pixelAspect, turn, { size: box, fit: 'cover' });
        const { crop } = plan;
        expect([crop.x % 2, crop.y % 2]).toEqual([0, 0]);
        expect([crop.width, crop.height].every((length) => Number.isInteger(length) && length >= 1)).toBe(true);
        expect(crop.x).toBeGreaterThanOrEqual(picture.x);
        expect(crop.y).toBeGreaterThanOrEqual(picture.y);
        expect(crop.x + crop.width).toBeLessThanOrEqual(picture.x + picture.width);
        expect(crop.y + crop.height).toBeLessThanOrEqual(picture.y + picture.height);
        expect(plan).toMatchObject({ box, place: whole(box), orientation: turn, scaled: oriented(box, turn) });
      }),
    );
  });

  test('the cut has the shape of the cover as a person sees it, to the pixel, and lies in the middle', () => {
    fc.assert(
      fc.property(stored, aspect, orientation, size, (picture, pixelAspect, turn, box) => {
        const { crop } = planCover(picture, pixelAspect, turn, { size: box, fit: 'cover' });
        const square = squarePixels(picture, pixelAspect);
        const part = coverCrop(square, oriented(box, turn));
        const [scaleX, scaleY] = [picture.width / square.width, picture.height / square.height];
        expect(Math.abs(crop.width - Math.max(1, part.width * scaleX))).toBeLessThanOrEqual(0.5 + 1e-6);
        expect(Math.abs(crop.height - Math.max(1, part.height * scaleY))).toBeLessThanOrEqual(0.5 + 1e-6);
        const left = crop.x - picture.x;
        const above = crop.y - picture.y;
        // Half a pixel by rounding the size, half by halving, and up to two by the even place.
        expect(Math.abs(picture.width - crop.width - 2 * left)).toBeLessThanOrEqual(6);
        expect(Math.abs(picture.height - crop.height - 2 * above)).toBeLessThanOrEqual(6);
      }),
    );
  });
});

describe('contain', () => {
  test('the whole picture lies inside the cover, on an even place, and touches two of its sides', () => {
    fc.assert(
      fc.property(stored, aspect, orientation, size, (picture, pixelAspect, turn, box) => {
        const plan = planCover(picture, pixelAspect, turn, { size: box, fit: 'contain' });
        const { place, scaled } = plan;
        expect(plan).toMatchObject({ crop: picture, box, orientation: turn });
        const { width, height } = oriented(place, turn);
        expect(scaled).toMatchObject({ width, height });
        expect([place.x % 2, place.y % 2]).toEqual([0, 0]);
        expect(Math.min(place.x, place.y)).toBe(0);
        expect(place.x + place.width).toBeLessThanOrEqual(box.width);
        expect(place.y + place.height).toBeLessThanOrEqual(box.height);
        expect(place.width === box.width || place.height === box.height).toBe(true);
        expect(Math.abs(box.width - place.width - 2 * place.x)).toBeLessThanOrEqual(3);
        expect(Math.abs(box.height - place.height - 2 * place.y)).toBeLessThanOrEqual(3);
      }),
    );
  });

  test('the picture keeps the shape that a person sees, to the pixel', () => {
    fc.assert(
      fc.property(stored, aspect, orientation, size, (picture, pixelAspect, turn, box) => {
        const { place } = planCover(picture, pixelAspect, turn, { size: box, fit: 'contain' });
        const shown = oriented(squarePixels(picture, pixelAspect), turn);
        const scale = Math.min(box.width / shown.width, box.height / shown.height);
        expect(Math.abs(place.width - Math.max(1, shown.width * scale))).toBeLessThanOrEqual(0.5 + 1e-6);
        expect(Math.abs(place.height - Math.max(1, shown.height * scale))).toBeLessThanOrEqual(0.5 + 1e-6);
      }),
    );
  });
});

test('without a size the cover is the video as a person sees it: nothing cut, no border', () => {
  const fit = fc.constantFrom('cover' as const, 'contain' as const);
  fc.assert(
    fc.property(stored, aspect, orientation, fit, (picture, pixelAspect, turn, how) => {
      const plan = planCover(picture, pixelAspect, turn, { size: null, fit: how });
      const shown = oriented(squarePixels(picture, pixelAspect), turn);
      expect(plan).toMatchObject({ crop: picture, place: whole(plan.box), scaled: oriented(plan.box, turn) });
      if (shown.width <= MAX_SIDE && shown.height <= MAX_SIDE) expect(plan.box).toEqual(shown);
      else {
        // A hostile pixel aspect does not make a picture of hundreds of megapixels.
        expect(Math.max(plan.box.width, plan.box.height)).toBe(MAX_SIDE);
        const shape = shown.width / shown.height;
        const side = Math.min(plan.box.width, plan.box.height);
        if (side > 1) expect(Math.abs(plan.box.width / plan.box.height / shape - 1)).toBeLessThan(1 / side);
      }
    }),
  );
});

test('a portrait cover of a landscape video cuts left and right; of a turned one, above and below', () => {
  const picture = { x: 0, y: 0, width: 1920, height: 1080 };
  const wanted = { size: { width: 540, height: 960 }, fit: 'cover' } as const;
  expect(planCover(picture, 1, UPRIGHT, wanted)).toEqual({
    crop: { x: 656, y: 0, width: 608, height: 1080 },
    scaled: { width: 540, height: 960 },
    orientation: UPRIGHT,
    box: { width: 540, height: 960 },
    place: { x: 0, y: 0, width: 540, height: 960 },
  });
  const portrait: Orientation = { turn: 90, mirror: false };
  expect(planCover(picture, 1, portrait, wanted)).toMatchObject({
    crop: picture,
    scaled: { width: 960, height: 540 },
  });
});

test('wide pixels are cut by fewer columns', () => {
  const picture = { x: 8, y: 4, width: 720, height: 576 };
  const { crop } = planCover(picture, 64 / 45, UPRIGHT, { size: { width: 400, height: 400 }, fit: 'cover' });
  expect(crop).toEqual({ x: 8 + 156, y: 4, width: 405, height: 576 });
});

test.each([
  ['black', [0, 0, 0], [0, 128, 128]],
  ['white', [255, 255, 255], [255, 128, 128]],
  ['red', [255, 0, 0], [76, 85, 255]],
  ['green', [0, 255, 0], [150, 44, 21]],
  ['blue', [0, 0, 255], [29, 255, 107]],
  ['gray', [128, 128, 128], [128, 128, 128]],
] as const)('%s is written as JFIF wants it', (_name, rgb, ycc) => {
  expect(jpegColor(rgb)).toEqual(ycc);
});
