// Square pixels, cutting and fitting: inside the bounds, in shape to within a pixel, in the middle.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { containRect, coverCrop, type Rect, type Size, squarePixels } from '#dist/pixels/index.js';

const side = fc.integer({ min: 1, max: 4096 });
const size = fc.record({ width: side, height: side });

/** Each side of `part` is `whole` times the scale to within half a pixel, and one pixel at least. */
function expectShape(part: Size, whole: Size, scale: number): void {
  expect(Math.abs(part.width - Math.max(1, whole.width * scale))).toBeLessThanOrEqual(0.5 + 1e-6);
  expect(Math.abs(part.height - Math.max(1, whole.height * scale))).toBeLessThanOrEqual(0.5 + 1e-6);
}

function expectInTheMiddle(part: Rect, whole: Size): void {
  expect(part.x).toBeGreaterThanOrEqual(0);
  expect(part.y).toBeGreaterThanOrEqual(0);
  const right = whole.width - part.x - part.width;
  const below = whole.height - part.y - part.height;
  expect([right - part.x, below - part.y].every((difference) => difference === 0 || difference === 1)).toBe(true);
}

test('a cut has the shape of the box, lies in the middle, and cuts on one axis only', () => {
  fc.assert(
    fc.property(size, size, (picture, box) => {
      const crop = coverCrop(picture, box);
      expectInTheMiddle(crop, picture);
      expectShape(crop, box, Math.min(picture.width / box.width, picture.height / box.height));
      expect(crop.width === picture.width || crop.height === picture.height).toBe(true);
    }),
  );
});

test('a fitted picture keeps its shape, lies in the middle, and touches two sides of the box', () => {
  fc.assert(
    fc.property(size, size, (picture, box) => {
      const place = containRect(picture, box);
      expectInTheMiddle(place, box);
      expectShape(place, picture, Math.min(box.width / picture.width, box.height / picture.height));
      expect(place.width === box.width || place.height === box.height).toBe(true);
    }),
  );
});

test('a picture in the shape of the box is neither cut nor bordered', () => {
  fc.assert(
    fc.property(size, fc.integer({ min: 1, max: 8 }), (box, times) => {
      const picture = { width: box.width * times, height: box.height * times };
      expect(coverCrop(picture, box)).toEqual({ x: 0, y: 0, ...picture });
      expect(containRect(picture, box)).toEqual({ x: 0, y: 0, ...box });
    }),
  );
});

test('a portrait box cuts a landscape picture left and right', () => {
  expect(coverCrop({ width: 1920, height: 1080 }, { width: 1080, height: 1920 })).toEqual({
    x: 656,
    y: 0,
    width: 608,
    height: 1080,
  });
  expect(containRect({ width: 1920, height: 1080 }, { width: 1080, height: 1920 })).toEqual({
    x: 0,
    y: 656,
    width: 1080,
    height: 608,
  });
});

test('square pixels stretch one side and never lose any', () => {
  fc.assert(
    fc.property(size, fc.double({ min: 1 / 64, max: 64, noNaN: true }), (stored, aspect) => {
      const square = squarePixels(stored, aspect);
      const [width, height] =
        aspect >= 1 ? [stored.width * aspect, stored.height] : [stored.width, stored.height / aspect];
      expect(Math.abs(square.width - width)).toBeLessThanOrEqual(0.5);
      expect(Math.abs(square.height - height)).toBeLessThanOrEqual(0.5);
      expect(square.width).toBeGreaterThanOrEqual(stored.width);
      expect(square.height).toBeGreaterThanOrEqual(stored.height);
    }),
  );
});

test('PAL and anamorphic HDV have the sizes that players show', () => {
  expect(squarePixels({ width: 720, height: 576 }, 16 / 15)).toEqual({ width: 768, height: 576 });
  expect(squarePixels({ width: 1440, height: 1080 }, 4 / 3)).toEqual({ width: 1920, height: 1080 });
  expect(squarePixels({ width: 720, height: 480 }, 8 / 9)).toEqual({ width: 720, height: 540 });
});

test('an aspect without sense changes nothing', () => {
  const stored = { width: 640, height: 360 };
  for (const aspect of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
    expect(squarePixels(stored, aspect)).toEqual(stored);
});
