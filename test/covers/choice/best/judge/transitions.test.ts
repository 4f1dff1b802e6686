// Cross-fades and fades are told from scenes, cuts and motion.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blendOf } from '#dist/covers/choice/best/judge/blend.js';
import { plainChange, suspects, TRANSITION_CHANGE } from '#dist/covers/choice/best/judge/transition.js';
import type { Judged } from '#dist/covers/choice/best/judge/index.js';
import { candidate, plane, scene, thumbnail } from '../../../../support/thumbnails.js';

const SMALL = [96, 64] as const;
type Rule = (x: number, y: number) => number;
const shown = (rule: Rule, activity?: number): Judged => candidate(thumbnail(rule, SMALL), 0, { activity });
const mix =
  (a: Rule, b: Rule, share: number): Rule =>
  (x, y) =>
    share * a(x, y) + (1 - share) * b(x, y);
const seed = fc.integer({ min: 1, max: 1000 });
const PLAIN: Rule = () => 12;

describe('a blend of the pictures beside it', () => {
  test('is found, whatever the scenes and the share', () => {
    fc.assert(
      fc.property(seed, fc.double({ min: 0.3, max: 0.7, noNaN: true }), (number, share) => {
        const [a, b] = [scene(number), scene(number + 1000)];
        const blend = blendOf(shown(a), shown(mix(a, b, share), 0.2), shown(b));
        // Scenes that happen to be alike are none to fade between.
        if (blend !== undefined) expect(blend).toMatchObject({ kind: 'cross-fade', residue: expect.closeTo(0, 1) });
        if (blend === undefined) fc.pre(false);
      }),
      { numRuns: 12 },
    );
  });

  test('is a fade where one of them is plain', () => {
    for (const [before, after] of [
      [PLAIN, scene(4)],
      [scene(4), PLAIN],
    ] as const)
      expect(blendOf(shown(before), shown(mix(before, after, 0.5)), shown(after))).toMatchObject({
        kind: 'fade',
        residue: expect.closeTo(0, 2),
      });
  });

  test('is none when packets say that nothing changes', () => {
    const [a, b] = [scene(1), scene(2)];
    expect(blendOf(shown(a), shown(mix(a, b, 0.5), 0.01), shown(b))).toBeUndefined();
  });

  test.each<[string, Rule, Rule, Rule]>([
    ['another scene', scene(1), scene(3), scene(2)],
    ['the same scene throughout', scene(1), scene(1), scene(1)],
    ['a cut before it', scene(1), scene(2), scene(2)],
    ['a cut after it', scene(1), scene(1), scene(2)],
    ['a scene between plain areas', PLAIN, scene(1), () => 240],
    ['another scene after a plain area', PLAIN, mix(PLAIN, scene(3), 0.5), scene(2)],
    ['plain areas', PLAIN, () => 120, () => 240],
  ])('is not: %s', (_, before, here, after) => {
    const blend = blendOf(shown(before), shown(here, 0.2), shown(after));
    expect(blend === undefined || blend.residue > 0.4).toBe(true);
  });
});

describe('the change of plain areas', () => {
  // Flat shapes with sharp sides, as most pictures have.
  const shapes =
    (shift: number): Rule =>
    (x, y) =>
      (Math.floor((x + shift) / 24) + Math.floor(y / 16)) % 2 === 0 ? 70 : 170;
  const picture = (rule: Rule): ReturnType<typeof plane> => plane(80, 45, rule);

  test('is large in a cross-fade', () => {
    const later = mix(shapes(0), scene(6), 0.85);
    expect(plainChange(picture(shapes(0)), picture(later), 0.12)).toBeGreaterThan(TRANSITION_CHANGE);
  });

  test('is large in a fade', () => {
    expect(
      plainChange(
        picture(shapes(0)),
        picture((x, y) => 0.9 * shapes(0)(x, y)),
        0.12,
      ),
    ).toBeGreaterThan(TRANSITION_CHANGE);
  });

  test.each([0, 1, 2, 3])('is none where shapes move by %i', (shift) => {
    expect(plainChange(picture(shapes(0)), picture(shapes(shift)), 0.12)).toBeLessThan(TRANSITION_CHANGE);
  });

  test('is not told of pictures of different sizes, or of one time', () => {
    expect(
      plainChange(
        picture(shapes(0)),
        plane(10, 10, () => 0),
        1,
      ),
    ).toBe(0);
    expect(plainChange(picture(shapes(0)), picture(scene(1)), 0)).toBe(0);
  });
});

test('suspicious is what is followed by unusually much', () => {
  const small = thumbnail(scene(1), [16, 16]);
  const among = (activities: readonly (number | undefined)[]): (number | undefined)[] =>
    [...suspects(activities.map((activity, pts) => candidate(small, pts, { activity })))].map(
      ({ activity }) => activity,
    );
  expect(among([0.01, 0.02, 0.01, 0.2])).toEqual([0.2]);
  expect(among([0.01, 0.02, 0.01, 0.05])).toEqual([]);
  expect(among([0.3, 0.31, 0.29, 0.3])).toEqual([]);
  expect(among([undefined, undefined])).toEqual([]);
});
