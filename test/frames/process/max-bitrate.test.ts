// An upper bound of the bit rate holds for any second, where an average alone does not.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createVideo, type VideoSinkOptions } from '#dist/index.js';
import { failure } from '../../support/failure.js';
import { packets } from '../../support/process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const RATE = 25;
const SIDES = [96, 64] as const;

/** Two seconds of nothing and one of noise: an average has the noise take what nothing saved. */
async function encode(path: string, options: Partial<VideoSinkOptions>): Promise<void> {
  await using video = await createVideo(path, { size: SIDES, frameRate: RATE, format: 'gray8', ...options });
  const pixels = new Uint8Array(SIDES[0] * SIDES[1]);
  for (let frame = 0, seed = 1; frame < 3 * RATE; frame++) {
    if (frame >= 2 * RATE)
      for (let i = 0; i < pixels.length; i++) pixels[i] = (seed = (seed * 48_271) % 2_147_483_647) >>> 16;
    await video.write(pixels);
  }
  await video.finish();
}

/** The most bits of any second. */
async function peak(path: string): Promise<number> {
  const sizes = (await packets(path, 'v:0')).sort((a, b) => a.pts - b.pts).map(({ size }) => 8 * size);
  const sums = sizes.map((_, i) => sizes.slice(i, i + RATE).reduce((sum, size) => sum + size, 0));
  return Math.max(...sums);
}

// The coarsest that MPEG-4 knows is not coarse enough for less.
test.each([
  ['libx264', 200_000],
  ['libx265', 200_000],
  ['mpeg4', 600_000],
])('%s', async (encoder, bitrate) => {
  const folder = temporaryFolder();
  const [free, bound] = [join(folder, 'free.mp4'), join(folder, 'bound.mp4')];
  const preset = encoder === 'mpeg4' ? {} : { encoderOptions: { preset: 'ultrafast' } };
  const [options, maxBitrate] = [{ encoder, bitrate, ...preset }, 1.1 * bitrate];
  await encode(free, options);
  await encode(bound, { ...options, maxBitrate });
  // What is left of the second before it may still be spent.
  expect(await peak(bound)).toBeLessThanOrEqual(2 * maxBitrate);
  expect(await peak(bound)).toBeLessThan(0.95 * (await peak(free)));
});

test('an encoder that knows no bound says so', async () => {
  const options = { encoder: 'libsvtav1', bitrate: 200_000, maxBitrate: 220_000 };
  const error = await failure(() => encode(join(temporaryFolder(), 'out.mp4'), options));
  expect(error).toMatchObject({ code: 'FR_ARG_INVALID', details: { argument: 'maxBitrate' } });
});
