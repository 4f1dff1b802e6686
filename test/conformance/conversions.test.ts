// Converted frames look like ffmpeg's own conversions, down to the last column, in rows of any padding.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FrameFormat, Video } from '#dist/index.js';
import { sharedEngine } from '../support/engines.js';
import { ffmpeg, rawPixels } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { tight } from '../support/frame-list.js';
import { some } from '../support/long.js';
import { once, onceEach } from '../support/once.js';
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
const COUNT = 4;

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'framerail-conversions-'));
});
afterAll(() => rm(folder, { recursive: true }));

const engines = { process: sharedEngine(), spawn: sharedEngine({ backend: 'spawn' }) };
const NAMES = ['process', 'spawn'] as const;
/** Each call starts processes anew there: odd sides, full range, and a turn. */
const SPAWNED = some(3, ['odd.mp4', 'mjpeg.avi', 'turned-90.mp4']);

/** What ffmpeg makes of the first frames of a clip, by the name of the format: one run of it for all of them. */
const theirs = onceEach(async (clip: string): Promise<ReadonlyMap<string, Buffer>> => {
  const outputs = FORMATS.map(([, name]) => [name, join(folder, `${clip}.${name}`)] as const);
  const how = ['-an', '-vsync', 'passthrough', '-frames:v', String(COUNT), '-f', 'rawvideo'];
  await ffmpeg('-i', fixture(clip), ...outputs.flatMap(([name, path]) => [...how, '-pix_fmt', name, path]));
  return new Map(await Promise.all(outputs.map(async ([name, path]) => [name, await readFile(path)] as const)));
});

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

describe.each([
  ...some(2, CLIPS).map((clip) => ['process', clip] as const),
  ...SPAWNED.map((clip) => ['spawn', clip] as const),
])('%s: %s', (name, clip) => {
  let video: Video;
  beforeAll(async () => {
    video = await engines[name].open(fixture(clip));
  });
  afterAll(() => video.close());

  test.each(FORMATS)('%s', async (format, theirName, step) => {
    const all = (await theirs(clip)).get(theirName)!;
    const packed = await ours(video, format, true);
    expect(packed.length).toBe(COUNT);
    // Rows of commands are padded behind them, whatever is in them.
    if (name === 'process' || clip === 'odd.mp4') {
      const padded = await ours(video, format, false);
      expect(padded.map((pixels, i) => Buffer.compare(pixels, packed[i]!))).toEqual(packed.map(() => 0));
    }
    const size = all.byteLength / COUNT;
    const { width, height } = video.info.video.display;
    for (const [i, pixels] of packed.entries()) {
      const wanted = all.subarray(i * size, (i + 1) * size);
      expect(psnr(pixels, wanted)).toBeGreaterThan(50);
      const [mine, other] = [pixels, wanted].map((one) =>
        lastColumns(one.subarray(0, width * height * step), width * step, 8 * step),
      );
      expect(psnr(mine!, other!)).toBeGreaterThan(48);
    }
  });
});

const SIZES = [
  [160, 90],
  [101, 77],
  [640, 360],
] as const;
const scaled = new Map(
  SIZES.map(([width, height]) => {
    const scale = `scale=${String(width)}:${String(height)}:flags=bicubic`;
    const first = ['-frames:v', String(COUNT), '-pix_fmt', 'rgb24'];
    return [width, once(() => rawPixels(fixture('bt709.mp4'), '-vf', scale, ...first))];
  }),
);

describe.each(some(2, NAMES))('%s: scaled', (name) => {
  const engine = engines[name];

  test.each(SIZES)('to %ix%i', async (width, height) => {
    await using video = await engine.open(fixture('bt709.mp4'));
    const theirs = await scaled.get(width)!();
    const size = width * height * 3;
    let count = 0;
    for await (const batch of video.frames({ size: [width, height], format: 'rgb24', count: COUNT })) {
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
    const first = ['-frames:v', '1', '-vf', 'scale=90:160:flags=bicubic', '-pix_fmt', 'rgb24'];
    const theirs = await rawPixels(fixture('turned-90.mp4'), ...first);
    for await (const batch of video.frames({ size: [90, 160], count: 1 }))
      for (const frame of batch) expect(psnr(tight(frame), theirs)).toBeGreaterThan(40);
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

test.each(some(2, NAMES))('%s: rgba is opaque', async (name) => {
  await using video = await engines[name].open(fixture('odd.mp4'));
  for (const pixels of await ours(video, 'rgba', true)) {
    const alpha = pixels.filter((_, i) => i % 4 === 3);
    expect(alpha.every((value) => value === 255)).toBe(true);
    expect(alpha.length).toBe(321 * 181);
  }
});
