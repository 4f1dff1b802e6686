// Which frames are chosen: compared with the list of all frames, and with how many had to be decoded for them.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FramesOptions, Video } from '#dist/index.js';
import { sharedEngine } from '../support/engines.js';
import { failure } from '../support/failure.js';
import { fixture } from '../support/fixtures.js';
import { type Listed, listFrames, onDisplay } from '../support/frame-list.js';
import { LONG, some } from '../support/long.js';

const CLIPS = ['plain.mp4', 'plain.mkv', 'plain.ts', 'long-gop.mp4', 'vfr.mp4', 'mpeg4.avi', 'plain.flv', 'vp9.webm'];

/** Each call starts processes anew there: a late start and coarse seeks, uneven distances; long groups come below. */
const SPAWNED = some(2, ['plain.ts', 'vfr.mp4']);

const engines = {
  process: sharedEngine({ workers: 1 }),
  spawn: sharedEngine({ workers: 1, backend: 'spawn' }),
};
type Name = keyof typeof engines;

/** Small pictures, so that whole clips are cheap; every call uses the same. */
const SMALL = { size: [64, 36], format: 'yuv420p', packed: true } as const satisfies FramesOptions;

describe.each<[Name, string]>([
  ...some(2, CLIPS).map((clip): [Name, string] => ['process', clip]),
  ...SPAWNED.map((clip): [Name, string] => ['spawn', clip]),
])('%s: %s', (backend, clip) => {
  const engine = engines[backend];
  /** What commands are asked of a list: its first one, or two. */
  const asked = <T>(list: readonly T[]): readonly T[] => (backend === 'spawn' ? list.slice(0, LONG ? 2 : 1) : list);
  let video: Video;
  let all: Listed[];
  let end: number;

  beforeAll(async () => {
    video = await engine.open(fixture(clip));
    all = await listFrames(video.frames(SMALL));
    end = Math.max(...all.map(({ pts }) => pts));
  });

  const choose = (options: FramesOptions): Promise<Listed[]> => listFrames(video.frames({ ...SMALL, ...options }));
  const plain = (frames: readonly Listed[]): { pts: number; md5: string }[] =>
    frames.map(({ pts, md5 }) => ({ pts, md5 }));

  test('frames differ, so that a wrong one is seen', () => {
    expect(new Set(all.map(({ md5 }) => md5)).size).toBeGreaterThan(all.length * 0.9);
    expect(all.map(({ pts }) => pts)).toEqual(all.map(({ pts }) => pts).sort((a, b) => a - b));
  });

  test.each(asked([[0.5, 1] as const, [1.23, 1.3] as const, [0, 0.041] as const, [1.04, 1.08] as const]))(
    'from %d to %d',
    async (from, to) => {
      const wanted = all.filter(({ pts }) => pts >= from - 1e-6 && pts < to - 1e-6);
      expect(plain(await choose({ from, to }))).toEqual(plain(wanted));
    },
  );

  test('from a time in the last group of pictures', async () => {
    const from = end - 0.3;
    expect(plain(await choose({ from }))).toEqual(plain(all.filter(({ pts }) => pts >= from - 1e-6)));
  });

  test('nothing lies beyond the end', async () => {
    expect(await choose({ from: end + 5 })).toEqual([]);
  });

  test('count, also within a range', async () => {
    expect(plain(await choose({ count: 7 }))).toEqual(plain(all.slice(0, 7)));
    const wanted = all.filter(({ pts }) => pts >= 0.7 - 1e-6).slice(0, 3);
    expect(plain(await choose({ from: 0.7, count: 3 }))).toEqual(plain(wanted));
  });

  test('keyframes, also within a range', async () => {
    const keyframes = all.filter(({ keyframe }) => keyframe);
    expect(keyframes.length).toBeGreaterThan(1);
    const stream = video.frames({ ...SMALL, keyframes: true });
    expect(plain(await listFrames(stream))).toEqual(plain(keyframes));
    expect(await stream.result).toMatchObject({ decoded: keyframes.length, frames: keyframes.length });
    const later = keyframes.filter(({ pts }) => pts >= 0.5);
    expect(plain(await choose({ keyframes: true, from: 0.5 }))).toEqual(plain(later));
  });

  test.each(asked([0.1, '0.33s', 0.25, '500ms']))('every %s', async (every) => {
    const step = typeof every === 'number' ? every : every.endsWith('ms') ? 0.5 : 0.33;
    const chosen = await choose({ every });
    const times = chosen.map((_, i) => i * step);
    expect(plain(chosen)).toEqual(plain(times.map((time) => all[onDisplay(all, time)]!)));
    // The walk goes on to the end of the clip: the next step would lie behind the last frame.
    const behind = chosen.length * step;
    expect(behind).toBeGreaterThan(end - 1e-6);
    expect(behind - step).toBeLessThan(end + 0.2);
  });

  test('every step within a range counts from its start', async () => {
    const chosen = await choose({ from: 0.31, to: 1.2, every: 0.2 });
    const times = [0.31, 0.51, 0.71, 0.91, 1.11];
    expect(plain(chosen)).toEqual(plain(times.map((time) => all[onDisplay(all, time)]!)));
  });

  test('at any times, in any order', async () => {
    const time = fc.double({ min: 0, max: Math.floor(end * 10) / 10, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(time, { minLength: 1, maxLength: 8 }), async (times) => {
        const order = times.map((_, place) => place).sort((a, b) => times[a]! - times[b]!);
        const wanted = order.map((place) => {
          const { pts, md5 } = all[onDisplay(all, times[place]!)]!;
          return { pts, md5, index: place };
        });
        const chosen = await choose({ at: times });
        expect(chosen.map(({ pts, md5, index }) => ({ pts, md5, index }))).toEqual(wanted);
      }),
      { numRuns: backend === 'spawn' ? 2 : 12, seed: 7 },
    );
  });

  test('at exactly the time of each frame', async () => {
    const some = all.filter((_, i) => i % 9 === 4);
    expect(plain(await choose({ at: some.map(({ pts }) => pts) }))).toEqual(plain(some));
  });

  test('a time beyond the end fails after the frames before it', async () => {
    const stream = video.frames({ ...SMALL, at: [0.5, 1, end + 100] });
    const seen: number[] = [];
    const error = await failure(async () => {
      for await (const batch of stream) for (const frame of batch) seen.push(frame.pts);
    });
    expect(error).toMatchObject({ code: 'FR_TIME_BEYOND_END', details: { time: end + 100 } });
    expect(seen).toEqual([0.5, 1].map((time) => all[onDisplay(all, time)]!.pts));
    expect(await failure(() => stream.result)).toBe(error);
  });
});

describe.each<Name>(['process', 'spawn'])('%s decodes no more than it must', (backend) => {
  const videos = new Map<string, Video>();
  afterAll(() => {
    for (const video of videos.values()) video.close();
  });

  /** A video of an engine, opened once. */
  async function opened(name: Name, clip: string): Promise<Video> {
    const video = videos.get(name + clip) ?? (await engines[name].open(fixture(clip)));
    videos.set(name + clip, video);
    return video;
  }

  /** How many frames were decoded for some chosen ones; commands give those of the native engine. */
  async function decoded(clip: string, options: FramesOptions): Promise<number> {
    const native = { ...options, format: 'native', packed: true } as const;
    const stream = (await opened(backend, clip)).frames(native);
    const frames = await listFrames(stream);
    if (backend === 'spawn') expect(frames).toEqual(await listFrames((await opened('process', clip)).frames(native)));
    return (await stream.result).decoded;
  }

  test('a time within a long group of pictures starts at its keyframe', async () => {
    expect(await decoded('long-gop.mp4', { at: [15] })).toBeLessThan(5 * 25 + 10);
    expect(await decoded('long-gop.mp4', { at: [10] })).toBeLessThan(10);
  });

  test('times in one group of pictures decode it once', async () => {
    expect(await decoded('long-gop.mp4', { at: [11, 12, 13, 14, 15] })).toBeLessThan(5 * 25 + 10);
  });

  test('a range starts at its keyframe and ends at its end', async () => {
    expect(await decoded('long-gop.mp4', { from: 10, to: 12 })).toBeLessThan(2 * 25 + 10);
  });

  test('steps longer than a group of pictures jump', async () => {
    // 300 frames with a keyframe each two seconds: 0 s and 5 s need a few and half a group.
    expect(await decoded('big.mp4', { every: '5s' })).toBeLessThan(100);
  });

  test('a count ends the work', async () => {
    expect(await decoded('big.mp4', { count: 5 })).toBeLessThan(20);
  });
});
