// The rules reject what is unfit, say why, and always leave something.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sift } from '#dist/covers/choice/best/judge/index.js';
import type { Judged } from '#dist/covers/choice/best/judge/index.js';
import type { CoverFeatures } from '#dist/index.js';
import { candidate, fromRgb, noise, scene, thumbnail } from '../../../../support/thumbnails.js';

const SHOWN = thumbnail((x, y) => {
  const level = scene(3)(x, y) * 0.6 + 60 * noise(x, y);
  return fromRgb(level, level * 0.8, 255 - level);
});
const good = (pts: number, features: Partial<CoverFeatures> = {}): Judged => candidate(SHOWN, pts, { features });
const GOOD = Array.from({ length: 8 }, (_, index) => good(index));

test('good pictures are all left', () => {
  expect(sift(GOOD)).toEqual({ left: GOOD, rejected: [], fallback: false });
});

describe('among good ones', () => {
  test.each<[string, Partial<CoverFeatures>, object?]>([
    ['black', { darkShare: 0.99 }],
    ['white', { lumaP5: 0.95 }],
    ['uniform', { contrast: 0.01 }],
    ['uniform', { contrast: 0.035 }],
    ['text', { textCoverage: 0.1, textDetail: 0.8 }],
    ['text', { textCoverage: 0.35, textDetail: 0.4 }],
    ['flash', { lumaMean: 0.85, lumaP5: 0.6, contrast: 0.08 }],
    ['dark', { lumaP95: 0.15 }],
    ['blurred', { sharpness: 0.005 }],
    ['damaged', {}, { damaged: true }],
    ['fade', {}, { blend: { kind: 'fade', residue: 0.05 } }],
    ['cross-fade', {}, { blend: { kind: 'cross-fade', residue: 0.1 }, activity: undefined }],
    ['cross-fade', {}, { blend: { kind: 'cross-fade', residue: 0.3 }, activity: 0.2 }],
  ])('%s is rejected for that: %o', (reason, features, facts = {}) => {
    const { left, rejected, fallback } = sift([...GOOD, candidate(SHOWN, 8, { features, ...facts })]);
    expect(left).toEqual(GOOD);
    expect(fallback).toBe(false);
    expect(rejected).toEqual([{ pts: 8, reason, figure: expect.any(Number), limit: expect.any(Number) }]);
    expect(rejected[0]!.figure).not.toBe(rejected[0]!.limit);
  });

  test.each<[string, Partial<CoverFeatures>, object?]>([
    ['a few subtitles', { textCoverage: 0.05, textDetail: 0.2 }],
    ['a bright scene with depth', { lumaMean: 0.85, lumaP5: 0.5, contrast: 0.2 }],
    ['a night', { lumaP95: 0.4, lumaMean: 0.1 }],
    ['a soft picture', { sharpness: 0.08 }],
    ['a blend that explains little', {}, { blend: { kind: 'cross-fade', residue: 0.7 }, activity: 0.3 }],
  ])('%s is left', (_, features, facts = {}) => {
    expect(sift([...GOOD, candidate(SHOWN, 8, { features, ...facts })]).rejected).toEqual([]);
  });
});

test('where all are alike, dark or blurred, that is what the video looks like', () => {
  const alike = Array.from({ length: 8 }, (_, index) => good(index, { lumaP95: 0.2, sharpness: 0.01 }));
  expect(sift(alike).rejected).toEqual([]);
});

test('a rule of thumb rejects a third, the worst of them', () => {
  const slides = Array.from({ length: 9 }, (_, index) =>
    good(index, { textCoverage: 0.1, textDetail: 0.6 + index / 100 }),
  );
  const { left, rejected } = sift(slides);
  expect(rejected.map(({ pts }) => pts)).toEqual([6, 7, 8]);
  expect(left).toHaveLength(6);
});

test('a rule beyond doubt rejects as many as there are, but for the last', () => {
  const black = Array.from({ length: 11 }, (_, index) => good(index, { darkShare: 1 }));
  const one = sift([...black, good(11)]);
  expect([one.left.map(({ pts }) => pts), one.rejected.length, one.fallback]).toEqual([[11], 11, false]);
  const none = sift(black);
  expect([none.left.length, none.rejected.length, none.fallback]).toEqual([11, 11, true]);
});

test('whatever the figures are, each candidate is left or rejected once, and something is left', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const any = fc.record({
    features: fc.record({
      lumaMean: share,
      lumaP5: share,
      lumaP95: share,
      darkShare: share,
      contrast: fc.double({ min: 0, max: 0.5, noNaN: true }),
      sharpness: fc.double({ min: 0, max: 2, noNaN: true }),
      textCoverage: share,
      textDetail: share,
    }),
    damaged: fc.boolean(),
    activity: fc.option(share, { nil: undefined }),
    blend: fc.option(fc.record({ kind: fc.constantFrom('fade' as const, 'cross-fade' as const), residue: share }), {
      nil: undefined,
    }),
  });
  fc.assert(
    fc.property(fc.array(any, { minLength: 1, maxLength: 16 }), (list) => {
      const all = list.map((facts, pts) => ({
        ...GOOD[0]!,
        ...facts,
        pts,
        features: { ...GOOD[0]!.features, ...facts.features },
      }));
      const { left, rejected, fallback } = sift(all);
      expect(left.length).toBeGreaterThan(0);
      const gone = rejected.map(({ pts }) => pts);
      expect(new Set(gone).size).toBe(gone.length);
      expect(gone).toEqual(gone.toSorted((a, b) => a - b));
      if (fallback) expect([left.length, gone.length]).toEqual([all.length, all.length]);
      else expect([...left.map(({ pts }) => pts), ...gone].sort((a, b) => a - b)).toEqual(all.map(({ pts }) => pts));
      expect(sift(all)).toEqual({ left, rejected, fallback });
    }),
  );
});
