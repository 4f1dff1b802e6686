// Scores explain themselves, and the order that they give is good and diverse.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashDistance } from '#dist/covers/choice/best/features/index.js';
import { amongOthers, diversify, explain, qualityOf, rank, type Judged } from '#dist/covers/choice/best/judge/index.js';
import { QUALITIES } from '#dist/covers/choice/best/judge/weights.js';
import type { CoverFeatures } from '#dist/index.js';
import { candidate, fromRgb, noise, scene, thumbnail } from '../../../../support/thumbnails.js';

const SIZE = [96, 64] as const;
const view = (seed: number): ReturnType<typeof thumbnail> =>
  thumbnail((x, y) => fromRgb(scene(seed)(x, y), 200 * noise(x >> 2, y >> 2), 90), SIZE);
const VIEWS = [1, 2, 3, 4, 5].map(view);
const judged = (pts: number, features: Partial<CoverFeatures> = {}): Judged =>
  candidate(VIEWS[pts % VIEWS.length]!, pts, { features });

test('the weights add up to 1', () => {
  expect(QUALITIES.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1, 12);
});

const share = fc.double({ min: 0, max: 1, noNaN: true });
const features = fc.record({
  lumaMean: share,
  clippedDark: share,
  clippedBright: share,
  contrast: fc.double({ min: 0, max: 0.5, noNaN: true }),
  entropy: fc.double({ min: 0, max: 8, noNaN: true }),
  edgeDensity: share,
  sharpness: fc.double({ min: 0, max: 64, noNaN: true }),
  colorfulness: fc.double({ min: 0, max: 300, noNaN: true }),
  saturationHsv: share,
  skin: share,
  stillness: share,
  textCoverage: share,
  textDetail: share,
});

test('the contributions of a score add up to it, and it lies between 0 and 1', () => {
  fc.assert(
    fc.property(fc.array(features, { minLength: 1, maxLength: 5 }), (list) => {
      for (const { score, terms, features: figures } of rank(list.map((one, pts) => judged(pts, one)))) {
        expect(terms.reduce((sum, { contribution }) => sum + contribution, 0)).toBeCloseTo(score, 12);
        expect(score).toBeGreaterThanOrEqual(0);
        expect(score).toBeLessThanOrEqual(1);
        expect(score).toBeLessThanOrEqual(qualityOf(figures) + 1e-12);
        for (const { value, weight } of terms) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
          expect(weight).toBeGreaterThanOrEqual(0);
        }
      }
    }),
    { numRuns: 40 },
  );
});

describe('better is', () => {
  test.each<[string, Partial<CoverFeatures>, Partial<CoverFeatures>]>([
    ['sharper', { sharpness: 0.3 }, { sharpness: 0.05 }],
    ['well exposed', { lumaMean: 0.45 }, { lumaMean: 0.12 }],
    ['not burnt out', { clippedBright: 0.01 }, { clippedBright: 0.4 }],
    ['richer in contrast', { contrast: 0.2 }, { contrast: 0.08 }],
    ['more colourful', { colorfulness: 60 }, { colorfulness: 10 }],
    ['still', { stillness: 0.97 }, { stillness: 0.7 }],
    ['without text', { textCoverage: 0.05 }, { textCoverage: 0.14 }],
    ['more than text', { textDetail: 0.2 }, { textDetail: 0.6 }],
  ])('%s', (_, better, worse) => {
    const [first] = rank([
      { ...judged(0, worse), pts: 0 },
      { ...judged(0, better), pts: 5 },
    ]);
    expect(first!.pts).toBe(5);
  });

  test('what is typical of the video', () => {
    const odd = candidate(
      thumbnail((x, y) => fromRgb(20, 255 * noise(x, y), 255), SIZE),
      0,
    );
    const usual = [1, 2, 3, 4].map((pts) => ({ ...candidate(VIEWS[0]!, pts), features: odd.features }));
    expect(rank([odd, ...usual]).at(-1)!.pts).toBe(0);
  });

  test('the earlier of equals', () => {
    const equals = [3, 1, 2].map((pts) => ({ ...judged(0), pts }));
    expect(rank(equals).map(({ pts }) => pts)).toEqual([1, 2, 3]);
  });
});

describe('the order', () => {
  const hash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((bits) => bits.toString(16).padStart(16, '0'));

  test('has all, the best first, and first those that look different', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(share, fc.oneof(hash, fc.constant('00000000000000ff'))), { minLength: 1, maxLength: 12 }),
        (list) => {
          const [one] = rank([judged(0)]);
          const ranked = list
            .map(([score, bits], pts) => ({ ...one!, pts, score, features: { ...one!.features, hash: bits } }))
            .sort((a, b) => b.score - a.score);
          const { order, different } = diversify(ranked);
          expect(order[0]).toBe(ranked[0]);
          expect(new Set(order)).toEqual(new Set(ranked));
          for (const [i, first] of order.slice(0, different).entries())
            for (const other of order.slice(i + 1, different))
              expect(hashDistance(first.features.hash, other.features.hash)).toBeGreaterThanOrEqual(10);
          for (const alike of order.slice(different))
            expect(
              order.slice(0, different).some((one) => hashDistance(one.features.hash, alike.features.hash) < 10),
            ).toBe(true);
        },
      ),
    );
  });
});

describe('sentences', () => {
  const left = rank([
    judged(0, { sharpness: 0.5, colorfulness: 80 }),
    judged(1, { sharpness: 0.01, colorfulness: 80 }),
  ]);
  const facts = { chosen: left[0]!, left, candidates: 4, rejected: [], fallback: false };
  const rejected = [
    { pts: 0, reason: 'black', figure: 1, limit: 0.98 },
    { pts: 1, reason: 'cross-fade', figure: 0.1, limit: 0.2 },
    { pts: 2, reason: 'black', figure: 1, limit: 0.98 },
  ] as const;

  test('praise first what the others lack', () => {
    expect(explain(facts)).toEqual([expect.stringMatching(/^Chosen from 4 candidates: sharp, .+\.$/)]);
  });

  test('count what was rejected', () => {
    expect(explain({ ...facts, rejected })[1]).toBe('Rejected 2 black, 1 cross-fade.');
  });

  test('say when there was nothing good', () => {
    const poor = rank([
      judged(0, {
        sharpness: 0,
        contrast: 0,
        colorfulness: 0,
        lumaMean: 0,
        stillness: 0,
        entropy: 0,
        edgeDensity: 0,
        saturationHsv: 0,
        centreEnergy: 0,
        thirdsEnergy: 0,
      }),
    ]);
    expect(explain({ ...facts, chosen: poor[0]!, left: poor, candidates: 1 })).toEqual([
      'Chosen from 1 candidate: the best of what there is.',
    ]);
    expect(explain({ ...facts, fallback: true, rejected })[0]).toBe(
      'Chosen from 4 candidates, all of which were rejected: the least bad one.',
    );
  });
});

test('stillness is told by packets, or else by the nearest other candidate', () => {
  const [plain, same, other] = [view(1), view(1), view(2)].map((shown, pts) =>
    candidate(shown, pts, { activity: undefined }),
  );
  const stillness = (list: readonly Judged[]): number[] => amongOthers(list).map(({ features: one }) => one.stillness);
  expect(stillness([plain!])).toEqual([1]);
  const [first, second, third] = stillness([plain!, same!, other!]);
  expect([first, second]).toEqual([1, 1]);
  expect(third).toBeLessThan(0.95);
  expect(stillness([{ ...plain!, activity: 0.25 }])).toEqual([0.75]);
  expect(stillness([{ ...plain!, activity: 3 }])).toEqual([0]);
});
