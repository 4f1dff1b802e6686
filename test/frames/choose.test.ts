// The choice of frames, against a plain reading of its rules, on made-up videos that jump and overwrite as real ones do.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { chooseFrames } from '#dist/frames/choose.js';
import type { FramesParams, Selection } from '#dist/frames/selection.js';
import type { Ways } from '#dist/frames/choose.js';
import { failure } from '../support/failure.js';

/** One picture of a made-up video; eighths of a second are exact in binary. */
interface Shown {
  readonly time: number;
  readonly duration: number;
  readonly keyframe: boolean;
}

const EIGHTH = 1 / 8;
const eighths = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max }).map((count) => count * EIGHTH);

/** Pictures with gaps of one to eight eighths; the first is a keyframe, and not always at 0. */
const video: fc.Arbitrary<Shown[]> = fc
  .tuple(eighths(4), fc.array(fc.tuple(fc.integer({ min: 1, max: 8 }), fc.boolean()), { minLength: 1, maxLength: 40 }))
  .map(([start, gaps]) => {
    let time = start;
    return gaps.map(([gap, keyframe], index) => {
      const shown = { time, duration: gap * EIGHTH, keyframe: keyframe || index === 0 };
      time += gap * EIGHTH;
      return shown;
    });
  });

/** What the pixels of a made-up picture are: the time that they show. */
interface Pixels {
  time: number;
}

/** Walks a made-up video: jumps to keyframes, and keeps two pictures that it overwrites in turn. */
function walk(pictures: readonly Shown[]): { ways: Ways<Pixels>; seen: () => number } {
  const buffers: [Pixels, Pixels] = [{ time: Number.NaN }, { time: Number.NaN }];
  let next = 0;
  let turn: 0 | 1 = 0;
  let seen = 0;
  const walker = {
    next: async () => {
      turn = turn === 0 ? 1 : 0;
      const picture = buffers[turn];
      const shown = pictures[next++];
      picture.time = shown?.time ?? Number.NaN;
      if (shown === undefined) return undefined;
      seen += 1;
      return { picture, time: shown.time, duration: shown.duration };
    },
    jumpTo: async (time: number) => {
      const keyframe = pictures.findLastIndex((shown) => shown.keyframe && shown.time <= time);
      next = Math.max(next, keyframe);
    },
  };
  const ways: Ways<Pixels> = { walk: () => Promise.resolve(walker), sample: () => undefined, timed: true };
  return { ways, seen: () => seen };
}

const ALL: FramesParams = {
  selection: { kind: 'all' },
  precision: 'exact',
  from: 0,
  to: null,
  count: null,
  format: null,
  size: null,
  packed: false,
  upright: true,
  stream: null,
  threads: 1,
  gather: null,
  maxDelay: null,
};

/** The times of the chosen pictures, read from their pixels while they are good. */
async function chosen(ways: Ways<Pixels>, params: Partial<FramesParams>, duration?: number): Promise<number[]> {
  const times: number[] = [];
  for await (const step of chooseFrames(ways, { ...ALL, ...params }, { name: 'a.mp4', duration })) {
    expect(step.index).toBe(times.length);
    expect(step.picture.time).toBe(step.time);
    times.push(step.time);
  }
  return times;
}

/** The picture on display: the last that has begun, or the first before any has. */
function onDisplay(pictures: readonly Shown[], time: number): number {
  return (pictures.findLast((shown) => shown.time <= time) ?? pictures[0]!).time;
}

function endOf(pictures: readonly Shown[]): number {
  const last = pictures.at(-1)!;
  return last.time + last.duration;
}

function times(list: readonly number[]): Selection {
  return { kind: 'times', times: list, places: list.map((_, place) => place) };
}

test('a range holds the pictures from its start on and before its end', async () => {
  await fc.assert(
    fc.asyncProperty(video, eighths(100), fc.option(eighths(200)), async (pictures, from, to) => {
      const expected = pictures.filter(({ time }) => time >= from && (to === null || time < to));
      expect(await chosen(walk(pictures).ways, { from, to })).toEqual(expected.map(({ time }) => time));
    }),
  );
});

test('each time gets the picture on display then', async () => {
  await fc.assert(
    fc.asyncProperty(video, fc.array(eighths(400), { minLength: 1, maxLength: 12 }), async (pictures, wanted) => {
      const list = wanted.map((time) => Math.min(time, endOf(pictures))).sort((a, b) => a - b);
      const expected = list.map((time) => onDisplay(pictures, time));
      expect(await chosen(walk(pictures).ways, { selection: times(list) })).toEqual(expected);
    }),
  );
});

test('each step gets the picture on display then, until the range or the video ends', async () => {
  const step = fc.integer({ min: 1, max: 20 }).map((count) => count * EIGHTH);
  await fc.assert(
    fc.asyncProperty(video, step, eighths(50), fc.option(eighths(200)), async (pictures, seconds, from, to) => {
      const expected: number[] = [];
      for (let time = from; time < Math.min(to ?? Number.POSITIVE_INFINITY, endOf(pictures)); time += seconds)
        expected.push(onDisplay(pictures, time));
      expect(await chosen(walk(pictures).ways, { selection: { kind: 'every', seconds }, from, to })).toEqual(expected);
    }),
  );
});

test('a count ends the walk at its last picture, before another one is decoded', async () => {
  await fc.assert(
    fc.asyncProperty(video, fc.integer({ min: 1, max: 50 }), async (pictures, count) => {
      const { ways, seen } = walk(pictures);
      expect(await chosen(ways, { count })).toEqual(pictures.slice(0, count).map(({ time }) => time));
      expect(seen()).toBe(Math.min(count, pictures.length));
    }),
  );
});

test('a time beyond the end is an error that says how long the video is', async () => {
  const pictures = [{ time: 0, duration: 1, keyframe: true }];
  expect(await chosen(walk(pictures).ways, { selection: times([1]) })).toEqual([0]);
  const error = await failure(() => chosen(walk(pictures).ways, { selection: times([0, 2]) }, 1));
  expect(error).toMatchObject({ code: 'FR_TIME_BEYOND_END', details: { time: 2, duration: 1 } });
  expect(error.message).toBe('The time 2 s lies beyond the end of a.mp4 (it lasts 1.000 s).');
});

test('the last picture stays on display while the file lasts, as where its sound goes on', async () => {
  const pictures = [{ time: 0, duration: 1, keyframe: true }];
  expect(await chosen(walk(pictures).ways, { selection: times([4.5]) }, 5)).toEqual([0]);
});

test('a container time that is a hair after the wanted one counts as equal', async () => {
  const pictures = [0, 1 / 3, 2 / 3].map((time) => ({ time: time + 1e-7, duration: 1 / 3, keyframe: time === 0 }));
  const found = await chosen(walk(pictures).ways, { selection: times([1 / 3, 2 / 3]) });
  expect(found).toEqual([pictures[1]?.time, pictures[2]?.time]);
  expect(await chosen(walk(pictures).ways, { from: 1 / 3, to: 2 / 3 })).toEqual([pictures[1]?.time]);
});

test('a video without pictures gives none', async () => {
  for (const selection of [ALL.selection, times([0]), { kind: 'every', seconds: 1 } as const])
    expect(await chosen(walk([]).ways, { selection })).toEqual([]);
});
