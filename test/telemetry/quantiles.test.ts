// Percentiles stay within 1 % of the true ones, whatever the values, and sketches add up.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { RecentSketch, Sketch } from '#dist/telemetry/index.js';

const SHARES = [0, 0.01, 0.5, 0.95, 0.99, 1];
const values = fc.array(
  fc.oneof(
    fc.double({ min: 1e-6, max: 1e-3, noNaN: true }),
    fc.double({ min: 0.001, max: 100, noNaN: true }),
    fc.double({ min: 1, max: 1e11, noNaN: true }),
    fc.constant(0),
  ),
  { minLength: 1, maxLength: 300 },
);

function sketchOf(list: readonly number[]): Sketch {
  const sketch = new Sketch();
  for (const value of list) sketch.observe(value);
  return sketch;
}

/** The nearest-rank percentile, by sorting everything. */
function exact(list: readonly number[], share: number): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.min(list.length, Math.max(1, Math.ceil(share * list.length))) - 1]!;
}

test('every percentile is within 1 % of the true one', () => {
  fc.assert(
    fc.property(values, (list) => {
      const sketch = sketchOf(list);
      for (const share of SHARES) {
        const truth = exact(list, share);
        expect(Math.abs(sketch.quantile(share)! - truth)).toBeLessThanOrEqual(0.01 * truth + 1e-9);
      }
      expect(sketch.count).toBe(list.length);
      expect(sketch.sum).toBeCloseTo(
        list.reduce((sum, value) => sum + value),
        3,
      );
    }),
  );
});

test('merged sketches, also as plain data, say the same as one of everything', () => {
  fc.assert(
    fc.property(values, values, (left, right) => {
      const merged = sketchOf(left);
      merged.merge(Sketch.from(JSON.parse(JSON.stringify(sketchOf(right).toData()))));
      const { sum, ...whole } = sketchOf([...left, ...right]).toData();
      expect(merged.toData()).toMatchObject(whole);
      expect(merged.sum).toBeCloseTo(sum, 3);
    }),
  );
});

test('the buckets are bounded, and what is no value changes nothing', () => {
  const sketch = new Sketch();
  for (const value of [Number.NaN, Infinity, -Infinity]) sketch.observe(value);
  expect(sketch.quantile(0.5)).toBeUndefined();
  for (let exponent = -300; exponent <= 300; exponent += 0.01) sketch.observe(10 ** exponent);
  expect(sketch.toData().buckets.length).toBeLessThanOrEqual(2442);
  sketch.observe(-5);
  expect(sketch.quantile(0)).toBe(0);
  expect(sketch.quantile(1)).toBe(1e12);
});

test('recent percentiles forget what is two windows old', () => {
  let now = 0;
  const recent = new RecentSketch(100, () => now);
  expect(recent.percentiles).toEqual({ p50: null, p95: null, p99: null });
  recent.observe(1000);
  now = 150;
  recent.observe(10);
  recent.observe(10);
  expect(recent.percentiles.p99).toBeGreaterThan(990);
  expect(recent.percentiles.p50).toBeCloseTo(10, 0);
  now = 260;
  expect(recent.percentiles.p99).toBeCloseTo(10, 0);
  now = 1000;
  expect(recent.percentiles.p50).toBeNull();
});
