// Exact covers: the frame on display at each time, several in one call and in any order, within a limit of decoded frames.
import { expect, test } from 'vitest';
import type { CoverSetOptions } from '#dist/index.js';
import { sharedCovers } from '../support/covers.js';
import { lumaOf } from '../support/decoded.js';
import { failure } from '../support/failure.js';
import { frameTimes, rawPixels } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { psnr } from '../support/psnr.js';

const covers = sharedCovers({ workers: 1 });

/** The luma of the frame on display. */
async function onDisplay(clip: string, pts: number): Promise<Buffer> {
  const graph = `select=gte(t\\,${String(pts - 0.001)}),scale=out_color_matrix=bt601:out_range=full`;
  return rawPixels(fixture(clip), '-vf', graph, '-frames:v', '1', '-pix_fmt', 'gray');
}

test.each([
  ['plain.mp4', [3.21, 0.5, 1.999, 0, 2.5]],
  ['open-gop.ts', [3.21, 0.5, 5.2]],
  ['long-gop.mp4', [9.9, 13.3]],
  ['vfr.mp4', [2.2, 0.66]],
  ['raw.h264', [2.3, 0.9]],
  ['mpeg4.avi', [1.1]],
] as const)('%s at %j', async (clip, at) => {
  const times = await frameTimes(fixture(clip));
  const { shots, images } = await covers.makeAll(fixture(clip), { at, precision: 'exact', quality: 100 });
  for (const [i, { pts }] of shots.entries()) {
    // A bare stream has no times: its frames are counted.
    const wanted = times.findLast((time) => time <= at[i]! + 1e-6) ?? Math.floor(at[i]! * 25) / 25;
    expect(pts).toBeCloseTo(wanted, 3);
    expect(images[i]!.shot).toBe(i);
    if (clip !== 'raw.h264')
      expect(psnr(await lumaOf(images[i]!.data), await onDisplay(clip, pts))).toBeGreaterThan(30);
  }
});

test('one picture for two times, and for every size', async () => {
  const options: CoverSetOptions = {
    at: [1.5, 0.1, 1.51],
    sizes: [
      [160, 90],
      [90, 160],
    ],
    precision: 'exact',
  };
  const { shots, images } = await covers.makeAll(fixture('plain.mp4'), options);
  expect(shots[0]).toEqual(shots[2]);
  expect(images.map(({ shot, width }) => [shot, width])).toEqual(
    [0, 1, 2].flatMap((shot) => [
      [shot, 160],
      [shot, 90],
    ]),
  );
  expect(images[0]!.data).toEqual(images[4]!.data);
  const single = await covers.make(fixture('plain.mp4'), { at: 0.1, size: [160, 90], precision: 'exact' });
  expect(images[2]!.data).toEqual(single.data);
  expect(images[2]!.data).not.toEqual(images[0]!.data);
});

test('frames that would have to be decoded are limited', async () => {
  const options = { at: 9.9, precision: 'exact', limits: { maxDecodedFrames: 100 } } as const;
  const error = await failure(() => covers.make(fixture('long-gop.mp4'), options));
  expect(error).toMatchObject({ code: 'FR_INPUT_LIMIT', details: { maxDecoded: 100 } });
  expect((await covers.make(fixture('long-gop.mp4'), { ...options, at: 2 })).pts).toBeCloseTo(2, 3);
  expect((await covers.make(fixture('long-gop.mp4'), { ...options, precision: 'keyframe' })).pts).toBe(0);
});

test('beyond the end there is none', async () => {
  const error = await failure(() => covers.makeAll(fixture('plain.mp4'), { at: [1, 5], precision: 'exact' }));
  expect(error).toMatchObject({ code: 'FR_TIME_BEYOND_END', details: { time: 5 } });
});
