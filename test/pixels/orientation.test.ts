// Orientation read from a display matrix, compared with what the matrix does to the corners of a picture.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { type Orientation, oriented, orientationFromMatrix, swapsSides, UPRIGHT } from '#dist/pixels/index.js';

const ONE = 65_536;
// Clockwise from the top left; y points down, as in ISO/IEC 14496-12.
const CORNERS: readonly (readonly [number, number])[] = [
  [-1, -1],
  [1, -1],
  [1, 1],
  [-1, 1],
];

type Linear = readonly [a: number, b: number, c: number, d: number];

function matrix([a, b, c, d]: Linear, scale = ONE): number[] {
  return [a * scale, b * scale, 0, c * scale, d * scale, 0, 12 * ONE, 34 * ONE, 1 << 30];
}

/** Which corner of the stored picture a person sees at each corner, by the definition of the matrix. */
function shownByMatrix([a, b, c, d]: Linear): number[] {
  const shown: number[] = [];
  for (const [corner, [x, y]] of CORNERS.entries()) {
    const place = CORNERS.findIndex(([p, q]) => p === a * x + c * y && q === b * x + d * y);
    shown[place] = corner;
  }
  return shown;
}

/** The same by hand: mirror the picture left to right, then turn it clockwise, 90 degrees at a time. */
function shownByHand({ mirror, turn }: Orientation): number[] {
  let shown = mirror ? [1, 0, 3, 2] : [0, 1, 2, 3];
  for (let angle = 0; angle < turn; angle += 90) shown = [...shown.slice(-1), ...shown.slice(0, -1)];
  return shown;
}

const SIGNS = [1, -1];
const ALL: readonly Linear[] = SIGNS.flatMap((p) =>
  SIGNS.flatMap((q): Linear[] => [
    [p, 0, 0, q],
    [0, p, q, 0],
  ]),
);

test('all eight orientations are told apart', () => {
  const found = new Set(ALL.map((linear) => JSON.stringify(orientationFromMatrix(matrix(linear)))));
  expect(found.size).toBe(8);
});

test.each(ALL)('the corners go where the matrix %d %d %d %d sends them', (...linear) => {
  const orientation = orientationFromMatrix(matrix(linear));
  expect(shownByHand(orientation)).toEqual(shownByMatrix(linear));
});

test('a telephone held upright writes a turn of 90 degrees', () => {
  expect(orientationFromMatrix([0, ONE, 0, -ONE, 0, 0, 1080 * ONE, 0, 1 << 30])).toEqual({ turn: 90, mirror: false });
});

test('a scaled matrix means the same as the plain one', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ALL), fc.integer({ min: 1, max: 32_767 * ONE }), (linear, scale) => {
      expect(orientationFromMatrix(matrix(linear, scale))).toEqual(orientationFromMatrix(matrix(linear)));
    }),
  );
});

test('an angle between right angles counts as the nearest one', () => {
  const quarter = fc.constantFrom(0, 90, 180, 270);
  fc.assert(
    fc.property(quarter, fc.double({ min: -44, max: 44, noNaN: true }), fc.boolean(), (turn, off, mirror) => {
      const angle = ((turn + off) * Math.PI) / 180;
      const [cos, sin] = [Math.round(ONE * Math.cos(angle)), Math.round(ONE * Math.sin(angle))];
      const side = mirror ? -1 : 1;
      expect(orientationFromMatrix([side * cos, side * sin, 0, -sin, cos, 0, 0, 0, 1 << 30])).toEqual({ turn, mirror });
    }),
  );
});

test('a matrix that squashes the picture flat, or is too short, changes nothing', () => {
  for (const flat of [[], [0, 0, 0, 0, 0, 0, 0, 0, 0], [ONE, ONE, 0, ONE, ONE, 0, 0, 0, 1 << 30], [ONE, 0, 0]])
    expect(orientationFromMatrix(flat)).toEqual(UPRIGHT);
});

test('a quarter turn swaps the sides, and swapping twice gives them back', () => {
  const size = { width: 640, height: 360 };
  for (const linear of ALL) {
    const orientation = orientationFromMatrix(matrix(linear));
    const quarter = linear[0] === 0;
    expect(swapsSides(orientation)).toBe(quarter);
    expect(oriented(size, orientation)).toEqual(quarter ? { width: 360, height: 640 } : size);
    expect(oriented(oriented(size, orientation), orientation)).toEqual(size);
  }
});
