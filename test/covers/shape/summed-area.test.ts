// Sums over rectangles are those of adding up cell by cell, also where an edge cuts through cells.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { SummedArea } from '#dist/covers/shape/summed-area.js';

const grids = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }))
  .chain(([width, height]) =>
    fc
      .array(fc.integer({ min: 0, max: 100 }), { minLength: width * height, maxLength: width * height })
      .map((values) => ({ values, width, height })),
  );
const edge = fc.double({ min: -3, max: 15, noNaN: true });

/** How much of the cell from `at` to `at + 1` lies between two edges. */
function overlap(at: number, from: number, to: number): number {
  return Math.max(0, Math.min(at + 1, to) - Math.max(at, from));
}

test('any rectangle', () => {
  fc.assert(
    fc.property(grids, edge, edge, edge, edge, ({ values, width, height }, left, top, right, bottom) => {
      const area = new SummedArea(Float32Array.from(values), width, height);
      const wanted = values.reduce((sum, value, i) => {
        const [x, y] = [i % width, Math.floor(i / width)];
        return sum + value * overlap(x, left, right) * overlap(y, top, bottom);
      }, 0);
      expect(area.sum({ left, top, right, bottom })).toBeCloseTo(right <= left || bottom <= top ? 0 : wanted, 6);
      expect(area.total).toBe(values.reduce((sum, value) => sum + value, 0));
    }),
  );
});

test('the mean around each cell', () => {
  fc.assert(
    fc.property(grids, fc.integer({ min: 0, max: 14 }), ({ values, width, height }, radius) => {
      const means = new SummedArea(Float32Array.from(values), width, height).means(radius);
      for (const [i, mean] of means.entries()) {
        const [x, y] = [i % width, Math.floor(i / width)];
        const near = values.filter(
          (_, j) => Math.abs((j % width) - x) <= radius && Math.abs(Math.floor(j / width) - y) <= radius,
        );
        expect(mean).toBeCloseTo(near.reduce((sum, value) => sum + value, 0) / near.length, 3);
      }
    }),
  );
});
