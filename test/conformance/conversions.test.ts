// Converted frames look like ffmpeg's own conversions, down to the last column, in rows of any padding.
import { describe, expect, test } from 'vitest';
import type { FrameFormat, Video } from '#dist/index.js';
import { sharedEngine } from '../support/engines.js';
import { rawPixels } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { tight } from '../support/frame-list.js';
import { lastColumns, psnr } from '../support/psnr.js';

const CLIPS = ['bt709.mp4', 'hevc10.mp4', 'odd.mp4', 'odd-420.webm', 'mjpeg.avi', 'turned-90.mp4'];
/** Our names, ffmpeg's names, and bytes of one column in the first plane. */
const FORMATS = [
  ['rgb24', 'rgb24', 3],
  ['rgba', 'rgba', 4],
  ['gray8', 'gray', 1],
  ['nv12', 'nv12', 1],
  ['yuv420p', 'yuv420p', 1],
] as const;
const COUNT = 10;

const engines = { process: sharedEngine(), spawn: sharedEngine({ backend: 'spawn' }) };
const NAMES = ['process', 'spawn'] as const;
/** Each call starts processes anew there: odd sides, full range, and a turn. */
const SPAWNED = ['odd.mp4', 'mjpeg.avi', 'turned-90.mp4'];

/** The first frames without padding, and their size. */
async function ours(video: Video, format: FrameFormat, packed: boolean): Promise<Uint8Array[]> {
  const pixels: Uint8Array[] = [];
  for await (const batch of video.frames({ format, packed, count: COUNT })) {
    for (const frame of batch) {
      if (packed) expect(frame.data.byteLength).toBe(frame.allocationSize());
      for (const { data, stride, width, height, offset } of frame.planes) {
        expect(data.byteLength).toBe(stride * height);
        if (packed) expect(stride).toBe(width);
        else expect([stride % 64, offset % 64, data.byteOffset % 64]).toEqual([0, 0, 0]);
      }
      pixels.push(tight(frame));
    }
  }
  return pixels;
}

describe.each([...CLIPS.map((clip) => ['process', clip] as const), ...SPAWNED.map((clip) => ['spawn', clip] as const)])(
  '%s: %s',
  (name, clip) => {
    const engine = engines[name];

    test.each(FORMATS)('%s', async (format, theirName, step) => {
      await using video = await engine.open(fixture(clip));
      const theirs = await rawPixels(fixture(clip), '-pix_fmt', theirName, '-frames:v', String(COUNT));
      const packed = await ours(video, format, true);
      const padded = await ours(video, format, false);
      expect(packed.length).toBe(COUNT);
      expect(padded.map((pixels, i) => Buffer.compare(pixels, packed[i]!))).toEqual(packed.map(() => 0));
      const size = theirs.byteLength / COUNT;
      const { width, height } = video.info.video.display;
      for (const [i, pixels] of packed.entries()) {
        const wanted = theirs.subarray(i * size, (i + 1) * size);
        expect(psnr(pixels, wanted)).toBeGreaterThan(50);
        const [mine, other] = [pixels, wanted].map((all) =>
          lastColumns(all.subarray(0, width * height * step), width * step, 8 * step),
        );
        expect(psnr(mine!, other!)).toBeGreaterThan(48);
      }
    });
  },
);

describe.each(NAMES)('%s: scaled', (name) => {
  const engine = engines[name];
  const SIZES = [
    [160, 90],
    [101, 77],
    [640, 360],
  ] as const;

  test.each(SIZES)('to %ix%i', async (width, height) => {
    await using video = await engine.open(fixture('bt709.mp4'));
    const scale = `scale=${String(width)}:${String(height)}:flags=bicubic`;
    const theirs = await rawPixels(fixture('bt709.mp4'), '-vf', scale, '-pix_fmt', 'rgb24');
    const size = width * height * 3;
    let count = 0;
    for await (const batch of video.frames({ size: [width, height], format: 'rgb24' })) {
      for (const frame of batch) {
        expect([frame.width, frame.height]).toEqual([width, height]);
        expect(psnr(tight(frame), theirs.subarray(count * size, (count + 1) * size))).toBeGreaterThan(40);
        count += 1;
      }
    }
    expect(count * size).toBe(theirs.byteLength);
  });

  test('turned first, then scaled', async () => {
    await using video = await engine.open(fixture('turned-90.mp4'));
    const theirs = await rawPixels(fixture('turned-90.mp4'), '-vf', 'scale=90:160:flags=bicubic', '-pix_fmt', 'rgb24');
    for await (const batch of video.frames({ size: [90, 160], count: 1 }))
      for (const frame of batch) expect(psnr(tight(frame), theirs.subarray(0, 90 * 160 * 3))).toBeGreaterThan(40);
  });

  test('pictures stay as they are stored when they shall not be upright', async () => {
    await using video = await engine.open(fixture('turned-90.mp4'));
    const theirs = await rawPixels(fixture('plain.mp4'), '-pix_fmt', 'rgb24', '-frames:v', '1');
    for await (const batch of video.frames({ upright: false, count: 1 }))
      for (const frame of batch) {
        expect([frame.width, frame.height]).toEqual([320, 180]);
        expect(psnr(tight(frame), theirs)).toBeGreaterThan(50);
      }
  });
});

test.each(NAMES)('%s: rgba is opaque', async (name) => {
  await using video = await engines[name].open(fixture('odd.mp4'));
  for (const pixels of await ours(video, 'rgba', true)) {
    const alpha = pixels.filter((_, i) => i % 4 === 3);
    expect(alpha.every((value) => value === 255)).toBe(true);
    expect(alpha.length).toBe(321 * 181);
  }
});
