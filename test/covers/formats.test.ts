// Covers as JPEG, PNG, WebP and AVIF: sizes, colours, nothing but the picture in the file, and goals that are kept.
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { CoverOptions } from '#dist/index.js';
import { sharedCovers } from '../support/covers.js';
import { lumaOf } from '../support/decoded.js';
import { failure } from '../support/failure.js';
import { feedFfmpeg, rawPixels } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { once } from '../support/once.js';
import { meanColor, psnr } from '../support/psnr.js';

const covers = sharedCovers({ workers: 1 });
const spawned = sharedCovers({ backend: 'spawn', workers: 1 });
const FORMATS = ['jpeg', 'png', 'webp', 'avif'] as const;
const STARTS = {
  jpeg: /^\xff\xd8\xff/,
  png: /^\x89PNG\r\n/,
  webp: /^RIFF.{4}WEBP/s,
  avif: /^.{4}ftypavif/s,
} as const;

async function decoded(data: Uint8Array): Promise<{ pixels: Buffer; width: number; height: number }> {
  const { data: pixels, info } = await sharp(data).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(3);
  return { pixels, width: info.width, height: info.height };
}

const bars = once(() => {
  const filters = 'scale=in_color_matrix=bt709,format=rgb24';
  return rawPixels(fixture('bars.mp4'), '-vf', filters, '-frames:v', '1');
});

describe.each(FORMATS)('%s', (format) => {
  test.each([
    ['cut', { size: [90, 160] }],
    ['odd', { size: [101, 77], fit: 'contain', background: [200, 60, 20] }],
    ['smart', { size: [64, 64], fit: 'smart' }],
    ['tiny', { size: [1, 1] }],
    ['turned', {}, 'turned-90.mp4'],
  ] as readonly [string, CoverOptions, string?][])('%s', async (what, options, clip = 'plain.mp4') => {
    const { data, width, height, ...made } = await covers.make(fixture(clip), { ...options, at: 0, format });
    expect(Buffer.from(data).toString('latin1')).toMatch(STARTS[format]);
    const image = await decoded(data);
    expect([image.width, image.height]).toEqual([width, height]);
    expect(made).toMatchObject({
      format,
      ssim: null,
      attempts: 1,
      quality: { jpeg: 75, png: null, webp: 75, avif: 55 }[format],
    });
    if (width === 1) return;
    // What a command composes does not know of formats: each shape once, and each format once.
    if (format !== 'jpeg' && what !== 'odd') return;
    const other = await spawned.make(fixture(clip), { ...options, at: 0, format });
    expect(psnr(image.pixels, (await decoded(other.data)).pixels)).toBeGreaterThan(30);
  });

  test('colour bars of BT.709 have the colours of the video', async () => {
    const { data } = await covers.make(fixture('bars.mp4'), {
      at: 0,
      format,
      ...(format === 'png' ? {} : { quality: 95 }),
    });
    const { pixels } = await decoded(data);
    const video = await bars();
    for (let bar = 0; bar < 7; bar++) {
      const rect = { x: 48 + bar * 34, y: 20, width: 12, height: 40 };
      const [ours, theirs] = [meanColor(pixels, 320, rect), meanColor(video, 320, rect)];
      for (const channel of [0, 1, 2] as const) expect(Math.abs(ours[channel] - theirs[channel])).toBeLessThan(5);
    }
  });

  test('nothing but the picture is in the file', async () => {
    const { data } = await covers.make(fixture('turned-90.mp4'), { at: 0, size: [90, 160], format });
    const { exif, icc, xmp, iptc, orientation } = await sharp(data).metadata();
    expect([exif, icc, xmp, iptc, orientation]).toEqual([undefined, undefined, undefined, undefined, undefined]);
    expect(Buffer.from(data).toString('latin1')).not.toMatch(/Lav[cf]|Exif|gAMA|cHRM|iCCP|tEXt/);
  });
});

test('a PNG loses nothing of the composed picture', async () => {
  const { data } = await covers.make(fixture('plain.mp4'), { at: 0, format: 'png' });
  const wanted = await rawPixels(
    fixture('plain.mp4'),
    '-vf',
    'scale=in_h_chr_pos=0:in_v_chr_pos=128:flags=bicubic+accurate_rnd+full_chroma_int,format=rgb24',
    '-frames:v',
    '1',
    '-pix_fmt',
    'rgb24',
  );
  expect(psnr((await decoded(data)).pixels, wanted)).toBeGreaterThan(38);
});

describe.each(['jpeg', 'webp', 'avif'] as const)('goals of %s', (format) => {
  const OPTIONS = { at: 1, size: [160, 90], format } as const;

  test('the best quality within so many bytes', async () => {
    const made = [];
    for (const maxBytes of [2500, 4000, 8000]) {
      const { data, quality, attempts, ssim } = await covers.make(fixture('plain.mp4'), { ...OPTIONS, maxBytes });
      expect(data.byteLength).toBeLessThanOrEqual(maxBytes);
      expect(attempts).toBeLessThanOrEqual(7);
      expect(ssim).toBeNull();
      expect((await covers.make(fixture('plain.mp4'), { ...OPTIONS, quality: quality! })).data).toEqual(data);
      made.push(data.byteLength);
    }
    expect(made).toEqual(made.toSorted((a, b) => a - b));
    expect(made[2]).toBeGreaterThan(made[0]!);
  });

  test('the smallest file that is like enough', async () => {
    const { data: whole } = await covers.make(fixture('plain.mp4'), { ...OPTIONS, format: 'png' });
    const made = [];
    for (const minSsim of [0.9, 0.97]) {
      const { data, ssim, quality } = await covers.make(fixture('plain.mp4'), { ...OPTIONS, minSsim });
      expect(ssim).toBeGreaterThanOrEqual(minSsim);
      expect(ssim).toBeLessThanOrEqual(1);
      expect(quality).toBeLessThan(100);
      // FFmpeg agrees, on luma that went through RGB.
      if (format !== 'avif') expect(await theirSsim(data, whole)).toBeGreaterThan(minSsim - 0.01);
      made.push(data.byteLength);
    }
    expect(made[1]).toBeGreaterThan(made[0]!);
  });

  test('what no quality reaches is refused with what can be', async () => {
    const small = await failure(() => covers.make(fixture('plain.mp4'), { ...OPTIONS, maxBytes: 100 }));
    expect(small).toMatchObject({ code: 'FR_IMAGE_GOAL', details: { maxBytes: 100 } });
    expect(small.details['smallest']).toBeGreaterThan(100);
    const good = await failure(() => covers.make(fixture('plain.mp4'), { ...OPTIONS, minSsim: 1 }));
    expect(good).toMatchObject({ code: 'FR_IMAGE_GOAL', details: { minSsim: 1 } });
    expect(good.details['best']).toBeGreaterThan(0.9);
  });
});

test('commands keep the same goals', async () => {
  const options = { at: 1, size: [160, 90] } as const;
  const small = await spawned.make(fixture('plain.mp4'), { ...options, maxBytes: 4000 });
  const alike = await spawned.make(fixture('plain.mp4'), { ...options, minSsim: 0.95 });
  expect(small.data.byteLength).toBeLessThanOrEqual(4000);
  expect(alike.ssim).toBeGreaterThanOrEqual(0.95);
  const native = await covers.make(fixture('plain.mp4'), { ...options, minSsim: 0.95 });
  expect(Math.abs(alike.quality! - native.quality!)).toBeLessThanOrEqual(10);
});

test.each([
  [{ format: 'gif' }, 'format'],
  [{ format: 'png', quality: 80 }, 'quality'],
  [{ quality: 80, maxBytes: 1000 }, 'maxBytes'],
  [{ maxBytes: 1000, minSsim: 0.9 }, 'minSsim'],
  [{ maxBytes: 0 }, 'maxBytes'],
  [{ minSsim: 1.1 }, 'minSsim'],
])('a wrong wish is refused: %o', async (options, argument) => {
  const error = await failure(() => covers.make(fixture('plain.mp4'), options as object));
  expect(error).toMatchObject({ code: 'FR_ARG_INVALID', details: { argument } });
});

/** SSIM of luma by FFmpeg's filter. */
async function theirSsim(a: Uint8Array, b: Uint8Array): Promise<number> {
  const size = ['-f', 'rawvideo', '-pix_fmt', 'gray', '-video_size', '160x90'];
  // Two pictures of one stream: the first one held against the second one.
  const pair = Buffer.concat([await lumaOf(a), await lumaOf(b)]);
  const graph = 'split[a][b];[a]select=eq(n\\,0)[c];[b]select=eq(n\\,1),setpts=0[d];[c][d]ssim=stats_file=-';
  const stats = await feedFfmpeg(pair, [...size, '-i', '-', '-lavfi', graph, '-f', 'null', '/dev/null']);
  return Number(/All:([\d.]+)/.exec(stats.toString())?.[1]);
}
