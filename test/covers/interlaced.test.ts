// Covers of interlaced video: no comb is left where something moved, nothing is lost where nothing did, and fields that
// come as packets of their own make one picture.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { combiness, weaveClip } from '../support/cover-pictures/combs.js';
import { fieldPictures } from '../support/cover-pictures/paff.js';
import { sharedCovers } from '../support/covers.js';
import { ffmpeg, imagePixels, rawPixels } from '../support/ffmpeg.js';
import { psnr } from '../support/psnr.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const covers = sharedCovers({ workers: 1 });
const INTERLACED = ['-flags', '+ildct+ilme', '-pix_fmt', 'yuv420p'];
const CLIPS: readonly (readonly [file: string, args: readonly string[]])[] = [
  ['mpeg2.ts', ['-c:v', 'mpeg2video', '-q:v', '2', '-g', '5', ...INTERLACED]],
  [
    'h264.mp4',
    ['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '8', '-g', '5', '-x264-params', 'tff=1', ...INTERLACED],
  ],
  ['prores.mov', ['-c:v', 'prores_ks', '-flags', '+ildct+ilme', '-pix_fmt', 'yuv422p10le']],
];

/** One byte a pixel of a gray picture. */
const luma = async (image: Uint8Array): Promise<Buffer> => sharp(image).extractChannel(1).raw().toBuffer();

describe.each(CLIPS)('%s', (file, args) => {
  test('what moves has no comb', async () => {
    const path = await weaveClip(temporaryFolder(), file, true, args);
    const woven = await rawPixels(path, '-frames:v', '1', '-pix_fmt', 'gray');
    expect(combiness(woven, 320)).toBeGreaterThan(60);
    const { data, width, height } = await covers.make(path, { at: 0, quality: 100 });
    expect([width, height]).toEqual([320, 192]);
    expect(combiness(await luma(data), 320)).toBeLessThan(16);
  });

  test('what stands still keeps its rows', async () => {
    const path = await weaveClip(temporaryFolder(), file, false, args);
    const woven = await rawPixels(path, '-frames:v', '1', '-pix_fmt', 'gray');
    const { data } = await covers.make(path, { at: 0, quality: 100 });
    expect(psnr(await luma(data), woven)).toBeGreaterThan(38);
  });
});

test('a small cover of what moves has no comb either', async () => {
  const [file, args] = CLIPS[0]!;
  const path = await weaveClip(temporaryFolder(), file, true, args);
  const { data } = await covers.make(path, { at: 0, quality: 100, size: [100, 60] });
  expect(combiness(await luma(data), 100)).toBeLessThan(24);
});

describe('fields as packets of their own', () => {
  test.each(['ts', 'mp4', 'mkv'])('%s', async (ending) => {
    const folder = temporaryFolder();
    const [stream, path] = [join(folder, 'fields.h264'), join(folder, `fields.${ending}`)];
    const fields = [
      [200, 128, 128],
      [90, 128, 128],
    ] as const;
    await writeFile(stream, fieldPictures(10, fields));
    await ffmpeg('-fflags', '+genpts', '-r', '50', '-i', stream, '-c', 'copy', path);
    const { data, width, height, decoder } = await covers.make(path, { at: 0, quality: 100 });
    expect([width, height, decoder]).toEqual([160, 96, 'h264']);
    const pixels = await luma(data);
    expect(combiness(pixels, 160)).toBeLessThan(8);
    // The upper field alone, from limited to full range.
    expect(pixels[80 * 96]).toBeCloseTo(((200 - 16) * 255) / 219, -0.7);
    const later = await covers.make(path, { at: 0.3 });
    expect(later.pts).toBeGreaterThan(0.2);
  });

  test('HEVC gives fields of half the rows, which are shown in full height', async () => {
    const path = join(temporaryFolder(), 'fields.ts');
    const source = [
      '-f',
      'lavfi',
      '-i',
      'testsrc2=size=160x96:rate=25:duration=0.4',
      '-vf',
      'format=yuv420p,separatefields',
    ];
    await ffmpeg(
      ...source,
      '-c:v',
      'libx265',
      '-preset',
      'ultrafast',
      '-x265-params',
      'log-level=none:interlace=tff',
      path,
    );
    const { data } = await covers.make(path, { at: 0, quality: 95 });
    const wanted = await rawPixels(path, '-vf', 'scale=160:96', '-frames:v', '1', '-pix_fmt', 'gray');
    expect(psnr(await imagePixels(data, 'gray'), wanted)).toBeGreaterThan(20);
  });
});

test('a stream that is refreshed bit by bit has a cover', async () => {
  const path = join(temporaryFolder(), 'refresh.mp4');
  const source = ['-f', 'lavfi', '-i', 'testsrc2=size=160x96:rate=25:duration=4', '-pix_fmt', 'yuv420p'];
  await ffmpeg(...source, '-c:v', 'libx264', '-preset', 'veryfast', '-x264-params', 'intra-refresh=1:keyint=25', path);
  const cover = await covers.make(path, { at: 2.5, quality: 95 });
  expect(cover.pts).toBeGreaterThan(1);
  const wanted = await rawPixels(
    path,
    '-vf',
    `select=gte(t\\,${String(cover.pts - 0.001)})`,
    '-frames:v',
    '1',
    '-pix_fmt',
    'gray',
  );
  expect(psnr(await imagePixels(cover.data, 'gray'), wanted)).toBeGreaterThan(20);
});
