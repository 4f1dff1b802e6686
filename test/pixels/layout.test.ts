// Planes lie one after another without touching, aligned for SIMD or tightly packed.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { ALIGNMENT, formatNames, formatShape, planLayout } from '#dist/pixels/index.js';
import { failure } from '../support/failure.js';

const format = fc.constantFrom(...formatNames());
const side = fc.integer({ min: 1, max: 3000 });

test('planes are disjoint, hold their rows, and fill the picture to its last byte', () => {
  fc.assert(
    fc.property(format, side, side, fc.boolean(), (name, width, height, packed) => {
      const layout = planLayout(name, width, height, packed);
      expect(layout).toMatchObject({ format: name, width, height });
      expect(layout.planes).toHaveLength(formatShape(name)?.length ?? 0);
      let end = 0;
      for (const plane of layout.planes) {
        expect(plane.offset).toBe(end);
        expect(plane.rowBytes).toBeGreaterThan(0);
        expect(plane.stride).toBeGreaterThanOrEqual(plane.rowBytes);
        expect(plane.rows).toBeGreaterThan(0);
        end = plane.offset + plane.stride * plane.rows;
      }
      expect(layout.byteLength).toBe(end);
    }),
  );
});

test('each plane has as many samples as its subsampling leaves, rounded up', () => {
  fc.assert(
    fc.property(format, side, side, fc.boolean(), (name, width, height, packed) => {
      const { planes } = planLayout(name, width, height, packed);
      for (const [index, { step, shiftX, shiftY }] of (formatShape(name) ?? []).entries()) {
        expect(planes[index]?.rowBytes).toBe(step * Math.ceil(width / 2 ** shiftX));
        expect(planes[index]?.rows).toBe(Math.ceil(height / 2 ** shiftY));
      }
    }),
  );
});

test('unless packed, every plane starts on 64 bytes and so does every row', () => {
  expect(ALIGNMENT).toBe(64);
  fc.assert(
    fc.property(format, side, side, (name, width, height) => {
      const layout = planLayout(name, width, height, false);
      for (const { offset, stride } of layout.planes) {
        expect(offset % 64).toBe(0);
        expect(stride % 64).toBe(0);
      }
      // The padding is the least that does it: nobody pays for more than one more step of the widest alignment.
      expect(layout.paddedWidth).toBeGreaterThanOrEqual(width);
      expect(layout.paddedWidth - width).toBeLessThan(64 * 4);
    }),
  );
});

test('a padded picture has the strides of a packed one of the padded width', () => {
  fc.assert(
    fc.property(format, side, side, (name, width, height) => {
      const padded = planLayout(name, width, height, false);
      const wide = planLayout(name, padded.paddedWidth, height, true);
      expect(padded.planes.map(({ offset, stride, rows }) => [offset, stride, rows])).toEqual(
        wide.planes.map(({ offset, stride, rows }) => [offset, stride, rows]),
      );
      expect(padded.byteLength).toBe(wide.byteLength);
    }),
  );
});

test('packed rows have no padding', () => {
  fc.assert(
    fc.property(format, side, side, (name, width, height) => {
      const layout = planLayout(name, width, height, true);
      expect(layout.paddedWidth).toBe(width);
      for (const { stride, rowBytes } of layout.planes) expect(stride).toBe(rowBytes);
    }),
  );
});

test.each([
  ['rgb24', 320, 180, true, 320 * 180 * 3],
  ['rgb24', 320, 180, false, 320 * 180 * 3],
  ['rgb24', 321, 180, false, 384 * 180 * 3],
  ['yuv420p', 1920, 1080, false, (1920 * 1080 * 3) / 2],
  ['yuv420p', 1921, 1081, true, 1921 * 1081 + 2 * 961 * 541],
  ['gray', 1, 1, false, 64],
  ['nv12', 3, 3, true, 9 + 4 * 2],
])('%s of %dx%d (packed: %s) takes %d bytes', (name, width, height, packed, bytes) => {
  expect(planLayout(name, width, height, packed).byteLength).toBe(bytes);
});

test('an unknown format is refused by its name', async () => {
  const error = await failure(() => planLayout('pal8', 2, 2, true));
  expect(error.message).toBe('Expected a pixel format that framerail can lay out for `format` but received "pal8".');
});
