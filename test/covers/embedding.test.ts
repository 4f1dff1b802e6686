// Embeddings: pictures that look alike are near to each other, whatever their size, quality and exact light.
import { describe, expect, test } from 'vitest';
import { embed, EMBEDDING_LENGTH, SIDE } from '#dist/covers/embedding/embedding.js';

type Paint = (x: number, y: number) => readonly [luma: number, cb: number, cr: number];

function embedded(paint: Paint): Float32Array {
  const planes = [0, 1, 2].map((plane) =>
    Uint8Array.from({ length: SIDE * SIDE }, (_, at) => paint(at % SIDE, Math.floor(at / SIDE))[plane]!),
  );
  return embed(planes[0]!, planes[1]!, planes[2]!);
}

const cosine = (one: Float32Array, other: Float32Array): number =>
  one.reduce((sum, number, at) => sum + number * other[at]!, 0);

/** A bright disk on a dark ground. */
const disk =
  (x0: number, color: readonly [number, number], light = 0): Paint =>
  (x, y) =>
    Math.hypot(x - x0, y - 32) < 14 ? [200 + light, ...color] : [60 + light, 128, 128];
const stripes =
  (across: boolean): Paint =>
  (x, y) => [Math.floor((across ? x : y) / 8) % 2 === 0 ? 50 : 200, 128, 128];
const RED = [90, 220] as const;
const BLUE = [220, 90] as const;

test('has length 1, also of a picture without any edge', () => {
  for (const paint of [disk(20, RED), stripes(true), (): readonly [number, number, number] => [0, 128, 128]]) {
    const embedding = embedded(paint);
    expect(embedding).toHaveLength(EMBEDDING_LENGTH);
    expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
  }
});

describe('is nearer', () => {
  test.each<[string, Paint, Paint, Paint]>([
    ['to a picture with the same colours', disk(20, RED), disk(24, RED), disk(24, BLUE)],
    ['to a picture in a little more light', disk(20, RED), disk(20, RED, 12), disk(44, RED)],
    ['to edges of the same direction', stripes(true), (x, y) => stripes(true)(x + 2, y), stripes(false)],
  ])('%s', (_, picture, alike, other) => {
    const [one, near, far] = [picture, alike, other].map(embedded);
    expect(cosine(one!, one!)).toBeCloseTo(1, 5);
    expect(cosine(one!, near!)).toBeGreaterThan(cosine(one!, far!) + 0.03);
  });
});
