// Sparse sampling gives, bit for bit, what choosing among all decoded frames gives: exact frames, and keyframes.
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { FramesOptions, Video } from '#dist/index.js';
import { sharedEngine } from '../support/engines.js';
import { failure } from '../support/failure.js';
import { fixture } from '../support/fixtures.js';
import { type Listed, listFrames, onDisplay } from '../support/frame-list.js';
import { some } from '../support/long.js';

/** Containers, codecs and ways of referring that differ in what may be left out and where a seek lands. */
const CLIPS = [
  ...['plain.mp4', 'fragmented.mp4', 'plain.mkv', 'plain.ts', 'plain.flv', 'raw.h264', 'vfr.mp4', 'long-gop.mp4'],
  ...['open-gop.mp4', 'open-gop.mkv', 'open-gop.ts', 'pyramid.flv', 'hevc-open.mkv', 'hevc10.mp4', 'interlaced.mp4'],
  ...['mpeg4.avi', 'mpeg4-b.mp4', 'mpeg4-b.avi', 'mpeg2.ts', 'vp8-hidden.webm', 'vp9.webm', 'mjpeg.avi'],
];

const engine = sharedEngine({ workers: 1 });

interface Seen {
  readonly pts: number;
  readonly md5: string;
}

const plain = (frames: readonly Listed[]): Seen[] =>
  frames.map(({ pts, md5 }) => ({ pts: Number(pts.toFixed(6)), md5 }));

describe.each(some(2, CLIPS))('%s', (clip) => {
  let video: Video;
  let all: Listed[];
  let keyframes: Listed[];
  let end: number;

  beforeAll(async () => {
    video = await engine.open(fixture(clip));
    all = await listFrames(video.frames({ format: 'native' }));
    keyframes = all.filter(({ keyframe }) => keyframe);
    end = Math.max(...all.map(({ pts }) => pts));
    expect(keyframes.length).toBeGreaterThan(0);
  });

  const choose = (options: FramesOptions): Promise<Listed[]> =>
    listFrames(video.frames({ format: 'native', ...options }));
  const times = (): fc.Arbitrary<number[]> =>
    fc.array(fc.double({ min: 0, max: Math.floor(end * 10) / 10, noNaN: true }), { minLength: 1, maxLength: 8 });

  /** The wanted frames of `among`, in order of time. */
  function expected(among: readonly Listed[], wanted: readonly number[]): Seen[] {
    return plain([...wanted].sort((a, b) => a - b).map((time) => among[onDisplay(among, time)]!));
  }

  test('exact: at any times', async () => {
    await fc.assert(
      fc.asyncProperty(times(), async (wanted) => {
        expect(plain(await choose({ at: wanted }))).toEqual(expected(all, wanted));
      }),
      { numRuns: 6, seed: 3 },
    );
  });

  test('exact: at the time of each keyframe, and of the frames around it', async () => {
    const places = keyframes.flatMap(({ pts }) => {
      const place = all.findIndex((frame) => frame.pts === pts);
      return [place - 1, place, place + 1].filter((near) => all[near] !== undefined);
    });
    const wanted = [...new Set(places)].map((place) => all[place]!.pts);
    expect(plain(await choose({ at: wanted }))).toEqual(expected(all, wanted));
  });

  test.each([0.3, 0.7, 1.1])('exact: every %d s', async (every) => {
    const chosen = await choose({ every });
    expect(plain(chosen)).toEqual(
      expected(
        all,
        chosen.map((_, i) => i * every),
      ),
    );
    expect(chosen.length * every).toBeGreaterThan(end - 1e-6);
  });

  // Without presentation times a full decode only guesses them, and one picture off for these keyframes.
  if (clip === 'mpeg4-b.avi') return;

  test('keyframes alone', async () => {
    expect(plain(await choose({ keyframes: true }))).toEqual(plain(keyframes));
    const wanted = keyframes.filter(({ pts }) => pts >= 1 - 1e-6 && pts < 3 - 1e-6);
    expect(plain(await choose({ keyframes: true, from: 1, to: 3 }))).toEqual(plain(wanted));
  });

  test('keyframe: at any times', async () => {
    await fc.assert(
      fc.asyncProperty(times(), async (wanted) => {
        expect(plain(await choose({ at: wanted, precision: 'keyframe' }))).toEqual(expected(keyframes, wanted));
      }),
      { numRuns: 6, seed: 5 },
    );
  });

  test('keyframe: at the very time of each', async () => {
    const wanted = keyframes.map(({ pts }) => pts);
    expect(plain(await choose({ at: wanted, precision: 'keyframe' }))).toEqual(plain(keyframes));
  });

  test.each([0.1, 1.3, 2])('keyframe: every %d s, and none twice', async (every) => {
    const chosen = await choose({ every, precision: 'keyframe' });
    const steps = (await choose({ every })).length;
    const wanted = Array.from({ length: steps }, (_, i) => i * every);
    const shown = expected(keyframes, wanted);
    expect(plain(chosen)).toEqual(shown.filter(({ pts }, i) => pts !== shown[i - 1]?.pts));
    expect(chosen.map(({ index }) => index)).toEqual([...chosen.keys()]);
  });

  test('the tensor of some times holds the same frames', async () => {
    const wanted = [0.83, 0.1, 0.83, 0.41].map((part) => part * end);
    for (const precision of ['exact', 'keyframe'] as const) {
      using tensor = await video.framesAt(wanted, { format: 'gray8', size: [16, 8], precision });
      const among = precision === 'exact' ? all : keyframes;
      const shown = wanted.map((time) => among[onDisplay(among, time)]!.pts);
      expect(tensor.frames.map(({ pts }) => pts)).toEqual(shown.map((pts): unknown => expect.closeTo(pts, 6)));
    }
  });
});

describe('decodes no more than it must', () => {
  async function decoded(clip: string, options: FramesOptions): Promise<number> {
    await using video = await engine.open(fixture(clip));
    const stream = video.frames({ size: [64, 36], ...options });
    await listFrames(stream);
    return (await stream.result).decoded;
  }

  test('a keyframe needs itself alone, in both precisions', async () => {
    expect(await decoded('big.mp4', { at: [2, 4, 8] })).toBe(3);
    expect(await decoded('big.mp4', { at: [2.5, 5.9, 8], precision: 'keyframe' })).toBe(3);
    expect(await decoded('big.mp4', { every: '2s', precision: 'keyframe' })).toBe(5);
  });

  test('frames that nothing refers to are left out', async () => {
    // 46 frames lead to this one; of each four, two are referred to.
    expect(await decoded('open-gop.mp4', { at: [1.9] })).toBeLessThan(20);
  });

  test('times in one group of pictures share its decoding', async () => {
    const one = await decoded('long-gop.mp4', { at: [15] });
    expect(await decoded('long-gop.mp4', { at: [11, 12, 13, 14, 15] })).toBeLessThan(one + 10);
  });
});

describe('endings', () => {
  test.each(['exact', 'keyframe'] as const)(
    '%s: a time beyond the end fails after the frames before it',
    async (precision) => {
      await using video = await engine.open(fixture('plain.mp4'));
      const stream = video.frames({ at: [0.5, 1, 2, 3, 99], precision });
      const seen: number[] = [];
      const error = await failure(async () => {
        for await (const batch of stream) for (const frame of batch) seen.push(frame.pts);
      });
      expect(error).toMatchObject({ code: 'FR_TIME_BEYOND_END', details: { time: 99 } });
      expect(seen).toEqual(
        precision === 'exact' ? [0.48, 1, 2, 3].map((pts): unknown => expect.closeTo(pts, 4)) : [0, 1, 2, 3],
      );
    },
  );

  test('steps that begin beyond the end give nothing', async () => {
    await using video = await engine.open(fixture('plain.mp4'));
    for (const precision of ['exact', 'keyframe'] as const)
      expect(await listFrames(video.frames({ every: 1, from: 50, precision }))).toEqual([]);
  });

  test.each(['truncated.mp4', 'corrupted.mp4', 'no-index.mp4', 'first-bytes.mp4'])(
    '%s: ends in both precisions',
    async (clip) => {
      for (const precision of ['exact', 'keyframe'] as const) {
        let frames = 0;
        try {
          await using video = await engine.open(fixture(clip));
          frames = (await listFrames(video.frames({ every: '300ms', precision, timeout: 5000 }))).length;
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^FR_(INPUT|DECODE)/) as unknown });
        }
        expect(frames > 0).toBe(/^(truncated|corrupted)/.test(clip));
      }
    },
  );

  test('the precision is one of two words, beside times', async () => {
    await using video = await engine.open(fixture('plain.mp4'));
    const wrong = { every: 1, precision: 'nearly' as 'exact' };
    expect(await failure(() => video.frames(wrong))).toMatchObject({ code: 'FR_ARG_INVALID' });
    expect(await failure(() => video.frames({ precision: 'keyframe' }))).toMatchObject({ code: 'FR_ARG_INVALID' });
  });
});
