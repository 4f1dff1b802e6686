// Sharpness and edges: what a picture gains and loses with each.
import { expect, test } from 'vitest';
import { edgesOf } from '#dist/covers/choice/best/features/edges.js';
import { sharpnessOf } from '#dist/covers/choice/best/features/sharpness.js';
import type { Plane } from '#dist/covers/choice/best/features/index.js';
import { noise, plane, scene } from '../../../../support/thumbnails.js';

const plain = plane(64, 48, () => 90);
const checkers = plane(64, 48, (x, y) => ((x + y) % 2 === 0 ? 0 : 255));

function mirrored({ width, height, samples }: Plane): Plane {
  return plane(width, height, (x, y) => samples[y * width + width - 1 - x]!);
}

/** Each sample the mean of those around it. */
function blurred({ width, height, samples }: Plane): Plane {
  return plane(width, height, (x, y) => {
    let [sum, count] = [0, 0];
    for (let row = Math.max(0, y - 3); row <= Math.min(height - 1, y + 3); row++)
      for (let column = Math.max(0, x - 3); column <= Math.min(width - 1, x + 3); column++) {
        sum += samples[row * width + column]!;
        count += 1;
      }
    return Math.round(sum / count);
  });
}

test('a plain area is neither sharp nor has edges', () => {
  expect(sharpnessOf(plain)).toBe(0);
  expect(edgesOf(plain)).toEqual({ edgeDensity: 0, centreEnergy: 0, thirdsEnergy: 0 });
});

test('single pixels in turn are as sharp as can be', () => {
  // The Laplacian is 1020 or -1020 everywhere, luma 127.5 from its mean.
  expect(sharpnessOf(checkers)).toBeCloseTo(1020 ** 2 / (127.5 ** 2 + 64), 0);
});

test('sharpness does not ask for contrast, and blur takes it away', () => {
  const sharp = plane(96, 64, (x, y) => Math.round(0.5 * scene(3)(x * 4, y * 4) + 100 * noise(x >> 1, y >> 1)));
  const faint = plane(96, 64, (x, y) => 90 + Math.round(sharp.samples[y * 96 + x]! / 3));
  expect(sharpnessOf(faint) / sharpnessOf(sharp)).toBeCloseTo(1, 0);
  expect(sharpnessOf(blurred(sharp))).toBeLessThan(sharpnessOf(sharp) / 20);
  expect(sharpnessOf(mirrored(sharp))).toBeCloseTo(sharpnessOf(sharp), 10);
});

test('a step has the edges of two columns', () => {
  const { edgeDensity, centreEnergy } = edgesOf(plane(60, 60, (x) => (x < 30 ? 20 : 220)));
  expect(edgeDensity).toBeCloseTo(2 / 58, 10);
  // It runs through the middle, a third of it in the middle third.
  expect(centreEnergy).toBeCloseTo(1 / 3, 1);
});

test('edges are found where they are', () => {
  const box = (left: number, top: number): Plane =>
    plane(120, 120, (x, y) => (x >= left && x < left + 16 && y >= top && y < top + 16 ? 230 : 30));
  expect(edgesOf(box(52, 52))).toMatchObject({ centreEnergy: 1, thirdsEnergy: 0 });
  expect(edgesOf(box(32, 32)).thirdsEnergy).toBeGreaterThan(0.9);
  expect(edgesOf(box(72, 32)).thirdsEnergy).toBeGreaterThan(0.9);
  expect(edgesOf(box(2, 2))).toMatchObject({ centreEnergy: 0, thirdsEnergy: 0 });
  const even = edgesOf(plane(120, 120, (x, y) => 255 * noise(x, y)));
  expect(even.centreEnergy).toBeCloseTo(1 / 9, 1);
  expect(even.thirdsEnergy).toBeCloseTo(1 / 9, 1);
});

test('a mirrored picture has the same edges', () => {
  const one = plane(120, 90, scene(5));
  const [edges, other] = [edgesOf(one), edgesOf(mirrored(one))];
  expect(other.edgeDensity).toBeCloseTo(edges.edgeDensity, 10);
  expect(other.thirdsEnergy).toBeCloseTo(edges.thirdsEnergy, 1);
});

test.each([
  [1, 1],
  [2, 9],
  [9, 2],
])('%i x %i samples are too few to tell anything', (width, height) => {
  const tiny = plane(width, height, (x, y) => 200 * noise(x, y));
  expect(sharpnessOf(tiny)).toBe(0);
  expect(edgesOf(tiny).edgeDensity).toBe(0);
});
