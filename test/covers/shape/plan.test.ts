// The plan of a cover: what is cut from the stored picture, what it is scaled to, and where it lies.
import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { jpegColor, planCover, shownSize } from '#dist/covers/shape/plan.js';
import { MAX_SIDE } from '#dist/covers/shape/shape.js';
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
        const plan = planCover(
          { stored: picture, pixelAspect, orientation: turn },
          { size: box, fit: 'cover', safeZone: null },
        );
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
        const { crop } = planCover(
          { stored: picture, pixelAspect, orientation: turn },
          { size: box, fit: 'cover', safeZone: null },
        );
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
        const plan = planCover(
          { stored: picture, pixelAspect, orientation: turn },
          { size: box, fit: 'contain', safeZone: null },
        );
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
        const { place } = planCover(
          { stored: picture, pixelAspect, orientation: turn },
          { size: box, fit: 'contain', safeZone: null },
        );
        const shown = oriented(squarePixels(picture, pixelAspect), turn);
        const scale = Math.min(box.width / shown.width, box.height / shown.height);
        expect(Math.abs(place.width - Math.max(1, shown.width * scale))).toBeLessThanOrEqual(0.5 + 1e-6);
        expect(Math.abs(place.height - Math.max(1, shown.height * scale))).toBeLessThanOrEqual(0.5 + 1e-6);
      }),
    );
  });
});

test('a safe zone moves a contained picture to its middle, as far as there is room', () => {
  const margin = fc.double({ min: 0, max: 0.49, noNaN: true });
  const margins = fc.record({ top: margin, right: margin, bottom: margin, left: margin });
  fc.assert(
    fc.property(stored, orientation, size, margins, (picture, turn, box, safeZone) => {
      const facts = { stored: picture, pixelAspect: 1, orientation: turn };
      const plain = planCover(facts, { size: box, fit: 'contain', safeZone: null });
      const { place, ...plan } = planCover(facts, { size: box, fit: 'contain', safeZone });
      expect({ ...plain, place: undefined }).toEqual({ ...plan, place: undefined });
      expect(place).toMatchObject({ width: plain.place.width, height: plain.place.height });
      expect([place.x % 2, place.y % 2]).toEqual([0, 0]);
      expect(Math.min(place.x, place.y)).toBeGreaterThanOrEqual(0);
      for (const [start, length, side, before, after] of [
        [place.x, place.width, box.width, safeZone.left, safeZone.right],
        [place.y, place.height, box.height, safeZone.top, safeZone.bottom],
      ] as const) {
        expect(start + length).toBeLessThanOrEqual(side);
        const wanted = Math.min(side - length, Math.max(0, (side * (1 + before - after) - length) / 2));
        expect(Math.abs(start - wanted)).toBeLessThanOrEqual(2);
      }
    }),
  );
});

test('a chosen part is cut from where it is stored, whatever the turn', () => {
  fc.assert(
    fc.property(stored, aspect, orientation, fc.infiniteStream(fc.nat(1000)), (picture, pixelAspect, turn, numbers) => {
      const facts = { stored: picture, pixelAspect, orientation: turn };
      const shown = shownSize(facts);
      const below = (limit: number): number => (numbers.next().value ?? 0) % Math.max(1, limit);
      const [x, y] = [below(shown.width), below(shown.height)];
      const part = { x, y, width: 1 + below(shown.width - x), height: 1 + below(shown.height - y) };
      const { crop } = planCover(facts, { size: { width: 10, height: 10 }, fit: 'smart', safeZone: null }, part);
      // The middle of the part and of the cut are the same place, within the rounding to whole and even pixels.
      const [right, down] = [x + part.width / 2, y + part.height / 2].map(
        (at, i) => at / (i === 0 ? shown.width : shown.height),
      );
      const [u, v] = storedPlace(right ?? 0, down ?? 0, turn);
      expect(Math.abs(crop.x + crop.width / 2 - picture.x - u * picture.width)).toBeLessThanOrEqual(3);
      expect(Math.abs(crop.y + crop.height / 2 - picture.y - v * picture.height)).toBeLessThanOrEqual(3);
      expect(crop.x).toBeGreaterThanOrEqual(picture.x);
      expect(crop.y).toBeGreaterThanOrEqual(picture.y);
    }),
  );

  /** Where a place of the upright picture is stored, both as fractions: the turn taken back, then the mirror. */
  function storedPlace(x: number, y: number, { turn, mirror }: Orientation): [number, number] {
    const [u, v] = ({ 0: [x, y], 90: [y, 1 - x], 180: [1 - x, 1 - y], 270: [1 - y, x] } as const)[turn];
    return [mirror ? 1 - u : u, v];
  }
});

test('without a size the cover is the video as a person sees it: nothing cut, no border', () => {
  const fit = fc.constantFrom('cover' as const, 'contain' as const);
  fc.assert(
    fc.property(stored, aspect, orientation, fit, (picture, pixelAspect, turn, how) => {
      const plan = planCover(
        { stored: picture, pixelAspect, orientation: turn },
        { size: null, fit: how, safeZone: null },
      );
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
  const wanted = { size: { width: 540, height: 960 }, fit: 'cover', safeZone: null } as const;
  expect(planCover({ stored: picture, pixelAspect: 1, orientation: UPRIGHT }, wanted)).toEqual({
    crop: { x: 656, y: 0, width: 608, height: 1080 },
    part: { x: 656, y: 0, width: 608, height: 1080 },
    scaled: { width: 540, height: 960 },
    orientation: UPRIGHT,
    box: { width: 540, height: 960 },
    place: { x: 0, y: 0, width: 540, height: 960 },
  });
  const portrait: Orientation = { turn: 90, mirror: false };
  expect(planCover({ stored: picture, pixelAspect: 1, orientation: portrait }, wanted)).toMatchObject({
    crop: picture,
    scaled: { width: 960, height: 540 },
  });
});

test('wide pixels are cut by fewer columns', () => {
  const picture = { x: 8, y: 4, width: 720, height: 576 };
  const { crop } = planCover(
    { stored: picture, pixelAspect: 64 / 45, orientation: UPRIGHT },
    { size: { width: 400, height: 400 }, fit: 'cover', safeZone: null },
  );
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
