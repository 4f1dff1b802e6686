// The best frame, asked for as callers do: wherever it is made, however it is read, among other places, within a range.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { Cover, CoverChoice, CoverOptions } from '#dist/index.js';
import { hashDistance } from '#dist/covers/choice/best/features/index.js';
import { clipBlocks } from '../../../support/blocks.js';
import { sharedCovers } from '../../../support/covers.js';
import { failure } from '../../../support/failure.js';
import { fixture } from '../../../support/fixtures.js';

const inProcess = sharedCovers({ backend: 'process', workers: 1 });
const inThread = sharedCovers({ backend: 'thread', workers: 1 });
const inline = sharedCovers({ backend: 'inline' });
const spawned = sharedCovers({ backend: 'spawn', workers: 1 });

const CLIP = 'planted-flashes.mp4';
const SIZE = [160, 90] as const;

async function best(clip: string, options: CoverOptions = {}): Promise<Cover & { readonly choice: CoverChoice }> {
  const { choice, ...cover } = await inline.make(fixture(clip), { at: 'best', size: SIZE, ...options });
  if (choice === undefined) throw new Error('No choice is told');
  return { ...cover, choice };
}

/** What must not depend on where it was made. */
function chosen({ data, pts, damaged, crop, choice }: Cover): object {
  return { data, pts, damaged, crop, choice };
}

/** Everything that a choice tells a time of. */
function timesOf({ pts, choice }: { readonly pts: number; readonly choice: CoverChoice }): number[] {
  return [pts, ...choice.rejected.map((one) => one.pts), ...choice.runnersUp.map((one) => one.pts)];
}

test.each([CLIP, 'long-gop.mp4', 'plain.ts'])(
  '%s: the same choice from a process, a thread and inline',
  async (clip) => {
    const wanted = chosen(await best(clip));
    for (const covers of [inProcess, inThread])
      expect(chosen(await covers.make(fixture(clip), { at: 'best', size: SIZE }))).toEqual(wanted);
  },
);

test('the same choice from a file, from memory and from blocks', async () => {
  const wanted = chosen(await best(CLIP));
  for (const covers of [inProcess, inline])
    for (const input of [await readFile(fixture(CLIP)), await clipBlocks(CLIP)])
      expect(chosen(await covers.make(input, { at: 'best', size: SIZE }))).toEqual(wanted);
});

test('commands refuse it in one sentence, and make other covers', async () => {
  const error = await failure(() => spawned.make(fixture(CLIP), { at: 'best' }));
  expect(error).toMatchObject({
    code: 'FR_ARG_INVALID',
    message:
      "Expected seconds, a percentage or 'middle' where commands decode (`backend: 'spawn'`) for `at` but received \"best\".",
  });
  expect((await spawned.make(fixture(CLIP), { at: 3, size: SIZE })).pts).toBeCloseTo(3, 3);
});

describe('several places', () => {
  test('each best one is the next best that looks different, beside times, in the order of the list', async () => {
    const at = ['best', 4.5, 'best', '75%', 'best'] as const;
    const { shots, images } = await inline.makeAll(fixture(CLIP), { at, sizes: [SIZE] });
    expect(shots.map(({ choice }) => choice?.rank)).toEqual([1, undefined, 2, undefined, 3]);
    expect([shots[1]!.pts, shots[3]!.pts]).toEqual([4, 9]);
    expect(images.map(({ shot }) => shot)).toEqual([0, 1, 2, 3, 4]);
    const alone = await best(CLIP);
    expect({ ...images[0], ...shots[0] }).toMatchObject(chosen(alone));
    const ranked = [shots[0]!, shots[2]!, shots[4]!];
    expect(ranked.slice(1).map(({ pts }) => pts)).toEqual(alone.choice.runnersUp.slice(0, 2).map(({ pts }) => pts));
    for (const [i, { pts, choice }] of ranked.entries()) {
      const exact = await inline.make(fixture(CLIP), { at: pts, precision: 'exact', size: SIZE });
      expect(images[2 * i]!.data).toEqual(exact.data);
      for (const { choice: other } of ranked.slice(i + 1)) {
        expect(choice!.score).toBeGreaterThan(other!.score);
        expect(hashDistance(choice!.features.hash, other!.features.hash)).toBeGreaterThanOrEqual(10);
      }
    }
  });

  test('where there are fewer frames than places, they come again', async () => {
    const at = Array.from({ length: 30 }, () => 'best');
    const { shots, images } = await inline.makeAll(fixture('planted-blur.mp4'), { at, sizes: [[32, 18]] });
    const ranks = shots.map(({ choice }) => choice!.rank);
    const frames = Math.max(...ranks);
    expect(ranks).toEqual(at.map((_, i) => (i % frames) + 1));
    expect(images[frames]!.data).toEqual(images[0]!.data);
  });
});

describe('a range', () => {
  test.each<[string, string, number, number]>([
    ['keyframes', CLIP, 3, 7],
    ['a stretch between two keyframes', 'long-gop.mp4', 2.5, 4],
    ['a container that does not say how long it is', 'plain.ts', 1.2, 3.7],
    ['its last moments', CLIP, 11.5, 99],
  ])('%s: nothing outside of it is looked at', async (_, clip, from, to) => {
    const found = await best(clip, { from, to });
    for (const pts of timesOf(found)) {
      expect(pts).toBeGreaterThanOrEqual(from);
      expect(pts).toBeLessThanOrEqual(to);
    }
  });

  test.each([CLIP, 'plain.ts', 'raw.h264'])('%s: one that begins behind the end is refused', async (clip) => {
    const error = await failure(() => best(clip, { from: 60 }));
    expect(error).toMatchObject({ code: 'FR_TIME_BEYOND_END', details: { time: 60 } });
  });
});

test('a video with a single keyframe: exact pictures are compared', async () => {
  const found = await best('bt709.mp4');
  expect(found.choice.candidates).toBeGreaterThanOrEqual(8);
  expect(new Set(timesOf(found)).size).toBeGreaterThan(1);
  const exact = await inline.make(fixture('bt709.mp4'), { at: found.pts, precision: 'exact', size: SIZE });
  expect([exact.pts, exact.data]).toEqual([found.pts, found.data]);
});

test('where all is black, the least bad frame is taken, and the reasons say so', async () => {
  const { choice, data } = await best('planted-black.mp4');
  expect(choice).toMatchObject({ fallback: true, rank: 1 });
  expect(choice.rejected).toHaveLength(choice.candidates);
  expect(new Set(choice.rejected.map(({ reason }) => reason))).toEqual(new Set(['black']));
  expect(choice.reasons.join(' ')).toMatch(/black/);
  expect(data.byteLength).toBeGreaterThan(0);
  expect((await best(CLIP)).choice.fallback).toBe(false);
});
