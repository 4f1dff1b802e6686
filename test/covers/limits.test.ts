// What a video may ask for: beyond it there is a typed error, within it the best picture that there is.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { CoverOptions } from '#dist/index.js';
import { sharedCovers } from '../support/covers.js';
import { withHevcBox } from '../support/cover-pictures/mp4.js';
import { makeClip } from '../support/cover-pictures/patches.js';
import { toYuv, x265 } from '../support/cover-pictures/picture-case.js';
import { failure } from '../support/failure.js';
import { ffmpeg } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { crc32 } from '../support/relay/crc32.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const covers = sharedCovers({ workers: 1 });

function chunk(name: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG that says it is of a size; it holds fewer rows than it says. */
async function png(width: number, height: number): Promise<string> {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const rows = deflateSync(Buffer.alloc(Math.min(height, 40) * (3 * width + 1)));
  const path = join(temporaryFolder(), 'huge.png');
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  await writeFile(
    path,
    Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]),
  );
  return path;
}

test.each([
  ['a side of 30,000', 30_000, 10, 'FR_INPUT_LIMIT'],
  ['80 megapixels', 10_000, 8_000, 'FR_INPUT_LIMIT'],
  ['900 megapixels, of which libav wants to know nothing', 30_000, 30_000, 'FR_DECODE_NO_FRAME'],
])('%s', async (_, width, height, code) => {
  const path = await png(width, height);
  const error = await failure(() => covers.make(path));
  expect(error.code).toBe(code);
  expect((await covers.make(fixture('plain.mp4'), { size: [32, 18] })).width).toBe(32);
});

test('limits are options', async () => {
  for (const limits of [{ maxPixels: 50_000 }, { maxSide: 300 }]) {
    const error = await failure(() => covers.make(fixture('plain.mp4'), { limits }));
    expect(error).toMatchObject({ code: 'FR_INPUT_LIMIT', details: { width: 320, height: 180 } });
  }
  expect((await covers.make(fixture('plain.mp4'), { limits: { maxPixels: 57_600, maxSide: 320 } })).width).toBe(320);
  const streams = await failure(() => covers.make(fixture('two-videos.mp4'), { limits: { maxStreams: 2 } }));
  expect(streams).toMatchObject({ code: 'FR_INPUT_LIMIT', details: { maxStreams: 2 } });
});

test('processor time and memory are limits too, and the next cover has a worker', async () => {
  const slow = { precision: 'exact', at: 9.5, size: [1280, 720], format: 'avif' } as const;
  const error = await failure(() => covers.make(fixture('big.mp4'), { ...slow, limits: { maxCpuSeconds: 0.1 } }));
  expect(error).toMatchObject({ code: 'FR_INPUT_LIMIT', details: { limit: 0.1 } });
  const memory = await failure(() => covers.make(fixture('big.mp4'), { ...slow, limits: { maxMemory: 1 } }));
  expect(memory).toMatchObject({ code: 'FR_INPUT_LIMIT', details: { limit: 1 } });
  expect((await covers.make(fixture('plain.mp4'), { size: [32, 18] })).width).toBe(32);
});

test.each([
  { maxPixels: 0 },
  { maxSide: 1.5 },
  { maxStreams: -1 },
  { maxDecodedFrames: '9' },
  { maxCpuSeconds: 0 },
  { maxMemory: 0.5 },
  5,
])('%j is refused', async (limits) => {
  const wrong = { limits } as CoverOptions;
  expect((await failure(() => covers.make(fixture('plain.mp4'), wrong))).code).toBe('FR_ARG_INVALID');
});

describe('a stream that changes its size on its way', () => {
  test('is shown as it is there', async () => {
    const small = await covers.make(fixture('grows.h264'), { at: 0 });
    const large = await covers.make(fixture('grows.h264'), { at: 2.5 });
    expect([small.width, small.height, large.width, large.height]).toEqual([160, 90, 320, 180]);
  });

  test('may not grow beyond the limits', async () => {
    for (const limits of [{ maxPixels: 20_000 }, { maxSide: 200 }])
      for (const precision of ['keyframe', 'exact'] as const) {
        const error = await failure(() => covers.make(fixture('grows.h264'), { at: 2.5, limits, precision }));
        expect(error.code).toMatch(/^FR_(INPUT_LIMIT|DECODE_(FAILED|NO_FRAME)|TIME_BEYOND_END)$/);
      }
  });
});

test('what is black is a cover all the same', async () => {
  const path = join(temporaryFolder(), 'black.mp4');
  await ffmpeg('-f', 'lavfi', '-i', 'color=black:size=64x36:rate=5:duration=2', '-pix_fmt', 'yuv420p', path);
  expect((await covers.make(path)).damaged).toBe(false);
});

test.each(['truncated.mp4', 'corrupted.mp4', 'no-index.mp4', 'first-bytes.mp4', 'zero-side.mp4', 'huge-side.mp4'])(
  '%s: a picture or a typed error, soon',
  async (clip) => {
    for (const precision of ['keyframe', 'exact'] as const) {
      const made = await covers
        .make(fixture(clip), { precision, timeout: 10_000 })
        .catch((error: unknown) => error as { code: string });
      if ('code' in made) expect(made.code).toMatch(/^FR_(INPUT|DECODE)_/);
      else expect(made.width).toBe(320);
    }
  },
);

test('Dolby Vision whose pictures have no colours of their own is told', async () => {
  const folder = temporaryFolder();
  const clip = { file: 'plain.mp4', filters: toYuv('bt2020', 'tv', 'yuv420p10le'), args: x265() };
  const path = join(folder, 'dolby.mp4');
  // Version 1.0, profile 5, level 1, with metadata, no second layer, a base layer that fits no other display.
  const record = Buffer.concat([Buffer.from([1, 0, (5 << 1) | 0, (1 << 3) | 0b101, 0]), Buffer.alloc(19)]);
  await writeFile(path, withHevcBox(await readFile(await makeClip(folder, clip)), 'dvcC', record));
  const { log } = await covers.make(path, { at: 0 });
  expect(log[0]).toMatchObject({ level: 'warning', text: expect.stringContaining('profile 5') as unknown });
  expect((await covers.make(join(folder, 'plain.mp4'), { at: 0 })).log).toEqual([]);
});
