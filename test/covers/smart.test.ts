// `fit: 'smart'`: the subject of a picture stays in covers of every shape, however the video is stored.
import { expect, test } from 'vitest';
import { sharedCovers } from '../support/covers.js';
import { lumaOf } from '../support/decoded.js';
import { failure } from '../support/failure.js';
import { rawPixels } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { psnr } from '../support/psnr.js';

const covers = sharedCovers({ workers: 1 });
const spawned = sharedCovers({ backend: 'spawn', workers: 1 });

/** Where the subject is to a person: ffmpeg turns the second clip by a quarter to the left. */
const SUBJECTS = {
  'subject.mp4': { x: 230, y: 50, width: 60, height: 80 },
  'subject-90.mp4': { x: 50, y: 320 - 230 - 60, width: 80, height: 60 },
} as const;
const SIZES = [
  [90, 160],
  [120, 160],
  [100, 100],
  [160, 90],
] as const;

test.each(['subject.mp4', 'subject-90.mp4'] as const)('%s', async (clip) => {
  const subject = SUBJECTS[clip];
  const { images } = await covers.makeAll(fixture(clip), { at: [0], sizes: SIZES, fit: 'smart', quality: 95 });
  for (const [i, { crop, attention, width, height, data }] of images.entries()) {
    expect([width, height]).toEqual(SIZES[i]);
    expect(crop.x).toBeLessThanOrEqual(subject.x);
    expect(crop.y).toBeLessThanOrEqual(subject.y);
    expect(crop.x + crop.width).toBeGreaterThanOrEqual(subject.x + subject.width);
    expect(crop.y + crop.height).toBeGreaterThanOrEqual(subject.y + subject.height);
    expect(attention!.score).toBeGreaterThanOrEqual(attention!.centerScore);
    // The pixels are those of the crop that it tells of; a turned one is cut at even places, up to a pixel beside it.
    const filters = [
      `crop=${[crop.width, crop.height, crop.x, crop.y].join(':')}:exact=1`,
      `scale=${String(width)}:${String(height)}:flags=bicubic+accurate_rnd`,
      'scale=out_color_matrix=bt601:out_range=full',
    ].join(',');
    const wanted = await rawPixels(fixture(clip), '-vf', filters, '-frames:v', '1', '-pix_fmt', 'gray');
    expect(psnr(await lumaOf(data), wanted)).toBeGreaterThan(clip === 'subject.mp4' ? 30 : 25);
  }
  const [portrait] = images;
  expect(portrait!.attention!.score).toBeGreaterThan(
    portrait!.attention!.centerScore + (clip === 'subject.mp4' ? 0.3 : -1),
  );
});

test('commands choose the same crops', async () => {
  const options = { at: [0], sizes: SIZES.slice(0, 2), fit: 'smart' } as const;
  for (const clip of ['subject.mp4', 'subject-90.mp4']) {
    const [ours, theirs] = await Promise.all([covers, spawned].map((one) => one.makeAll(fixture(clip), options)));
    for (const [i, { crop, attention }] of ours!.images.entries()) {
      const other = theirs!.images[i]!;
      expect(other.crop).toEqual(crop);
      expect(other.attention!.score).toBeCloseTo(attention!.score, 2);
    }
  }
});

test('each size may have a shape of its own', async () => {
  const { images } = await covers.makeAll(fixture('subject.mp4'), {
    at: [0],
    fit: 'smart',
    sizes: [[90, 160], { size: '9:16@90', fit: 'cover' }, { size: [90, 160], fit: 'contain', border: 'blur' }],
  });
  expect(images.map(({ width, height }) => [width, height])).toEqual([
    [90, 160],
    [90, 160],
    [90, 160],
  ]);
  const [smart, cut, whole] = images;
  expect(cut).toMatchObject({ crop: { x: 109, y: 0, width: 101, height: 180 }, attention: null });
  expect(smart!.crop.x).toBeGreaterThan(cut!.crop.x);
  expect(whole).toMatchObject({ crop: { x: 0, y: 0, width: 320, height: 180 }, attention: null });
});

test('without a size nothing is cut', async () => {
  const cover = await covers.make(fixture('subject.mp4'), { at: 0, fit: 'smart' });
  expect(cover).toMatchObject({
    width: 320,
    height: 180,
    crop: { x: 0, y: 0, width: 320, height: 180 },
    attention: null,
  });
});

test.each([
  [{ size: '9:16' }, 'size'],
  [{ size: '1:9@4000' }, 'size'],
  [{ size: [10, 10], fit: 'clever' }, 'fit'],
  [{ size: [10, 10], fit: 'contain', border: 'gold' }, 'border'],
  [{ size: [10, 10], border: 'blur' }, 'border'],
  [{ size: [10, 10], safeZone: 'reels' }, 'safeZone'],
  [{ size: [10, 10], fit: 'smart', safeZone: 'myspace' }, 'safeZone'],
  [{ size: [10, 10], fit: 'smart', safeZone: { top: 0.5, bottom: 0.5, left: 0, right: 0 } }, 'safeZone'],
  [{ size: [10, 10], fit: 'smart', safeZone: { top: 0.5 } }, 'safeZone.right'],
])('a wrong shape is refused: %o', async (options, argument) => {
  const error = await failure(() => covers.make(fixture('subject.mp4'), options as object));
  expect(error).toMatchObject({ code: 'FR_ARG_INVALID', details: { argument } });
});

test('a wrong name in a size is refused with the right one', async () => {
  const sizes = [{ size: [10, 10], borders: 'blur' }] as unknown as readonly [number, number][];
  const error = await failure(() => covers.makeAll(fixture('subject.mp4'), { sizes }));
  expect(error).toMatchObject({ code: 'FR_ARG_INVALID', details: { nearest: 'border' } });
});
