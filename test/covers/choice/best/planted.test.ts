// Clips with frames planted in them that no cover should show: they are avoided every time, and the reasons name them.
import { expect, test } from 'vitest';
import { sharedCovers } from '../../../support/covers.js';
import { fixture } from '../../../support/fixtures.js';
import { PLANTED } from '../../../support/planted.js';

const covers = sharedCovers({ workers: 2 });
const GOOD = new Set(['pattern', 'fractal', 'spiral', 'bars']);
const SIZE = [160, 90] as const;
const MIXED = Object.entries(PLANTED).filter(([, scenes]) => scenes.filter((name) => GOOD.has(name)).length > 1);

/** The scene of a time: each lasts a second. */
function sceneAt(scenes: readonly string[], pts: number): string {
  return scenes[Math.floor(pts + 0.01)] ?? 'none';
}

test.each(MIXED)('%s: every planted frame is rejected for what it is', async (clip, scenes) => {
  const { pts, choice } = await covers.make(fixture(clip), { at: 'best', size: SIZE, candidates: 16 });
  expect(GOOD).toContain(sceneAt(scenes, pts));
  const rejected = choice!.rejected.map((one) => [Math.round(one.pts), one.reason]);
  // The first second and the last half are not searched.
  const bad = scenes.flatMap((name, second) => (GOOD.has(name) || second === 0 ? [] : [[second, name]]));
  expect(rejected).toEqual(bad);
  for (const name of new Set(bad.map(([, reason]) => reason)))
    expect(choice!.reasons.join(' ')).toMatch(new RegExp(`Rejected .*\\d ${String(name)}\\b`));
  for (const runner of choice!.runnersUp) expect(GOOD).toContain(sceneAt(scenes, runner.pts));
});
