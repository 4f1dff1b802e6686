// Covers of the ffmpeg command are those of the native engine: the same frame, the same size, nearly the same pixels.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { CoverOptions } from '#dist/index.js';
import { clipBlocks } from '../support/blocks.js';
import { makeClip, PATCHES, type PatchClip } from '../support/cover-pictures/patches.js';
import { tags, toYuv, x265 } from '../support/cover-pictures/picture-case.js';
import { hlgColor } from '../support/cover-pictures/signals.js';
import { sharedCovers } from '../support/covers.js';
import { lumaOf, rgbOf } from '../support/decoded.js';
import { failure } from '../support/failure.js';
import { fixture } from '../support/fixtures.js';
import { some } from '../support/long.js';
import { psnr } from '../support/psnr.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const native = sharedCovers({ workers: 1 });
const spawned = sharedCovers({ backend: 'spawn', workers: 2 });

const WHOLE: CoverOptions = {};
const BORDERS: CoverOptions = { at: 3.5, size: [160, 160], fit: 'contain', background: [9, 99, 199] };
const CUT: CoverOptions = { at: '75%', size: [90, 160], quality: 95 };

test.each(
  some(3, [
    ['plain.mp4', [WHOLE, BORDERS, CUT]],
    ['turned-90.mp4', [CUT]],
    ['sar.mp4', [WHOLE]],
    ['odd.mp4', [WHOLE]],
    ['hevc10.mp4', [WHOLE]],
    ['plain.flv', [BORDERS]],
    ['plain.ts', [CUT]],
    ['raw.h264', [CUT]],
    ['truncated.mp4', [BORDERS]],
  ]),
)('%s', async (clip, wishes) => {
  for (const options of wishes) {
    const [ours, theirs] = await Promise.all([spawned, native].map((covers) => covers.make(fixture(clip), options)));
    expect([ours!.width, ours!.height]).toEqual([theirs!.width, theirs!.height]);
    expect(ours!.pts).toBeCloseTo(theirs!.pts, 5);
    expect(ours!.decoder).toBe(theirs!.decoder);
    const [pixels, wanted] = [await rgbOf(ours!.data), await rgbOf(theirs!.data)];
    expect(psnr(pixels, wanted)).toBeGreaterThan(35);
  }
});

const DEEP: readonly (readonly [what: string, clip: PatchClip])[] = [
  [
    'HLG',
    {
      file: 'hlg.mp4',
      colors: PATCHES.map(hlgColor),
      filters: toYuv('bt2020', 'tv', 'yuv420p10le'),
      args: [
        ...x265(':colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc'),
        ...tags('bt2020nc', 'tv', ['-color_primaries', 'bt2020', '-color_trc', 'arib-std-b67']),
      ],
    },
  ],
  [
    'VP9 with alpha',
    {
      file: 'alpha.webm',
      alphas: [1, 0.5, 0, 1, 0.5, 0, 1, 0.5],
      filters: toYuv('bt709', 'tv', 'yuva420p'),
      args: ['-c:v', 'libvpx-vp9', '-cpu-used', '8', '-deadline', 'realtime', '-auto-alt-ref', '0', ...tags('bt709')],
    },
  ],
];

test.each(some(2, DEEP))('%s is made flat alike, with borders', async (_, clip) => {
  const path = await makeClip(temporaryFolder(), clip);
  const options = { at: 0, size: [96, 96], fit: 'contain', background: [9, 99, 199], quality: 95 } as const;
  const [ours, theirs] = [await spawned.make(path, options), await native.make(path, options)];
  expect([ours.toneMapped, ours.width, ours.height]).toEqual([theirs.toneMapped, 96, 96]);
  expect(psnr(await rgbOf(ours.data), await rgbOf(theirs.data))).toBeGreaterThan(35);
});

test.each(['plain.mp4', 'open-gop.ts', 'raw.h264'])(
  '%s: the frames on display, and a limit of decoded ones',
  async (clip) => {
    const options = { at: [2.3, 0.9], sizes: [[160, 90]], precision: 'exact' } as const;
    const [ours, theirs] = await Promise.all([spawned, native].map((covers) => covers.makeAll(fixture(clip), options)));
    for (const [i, { pts }] of ours!.shots.entries()) expect(pts).toBeCloseTo(theirs!.shots[i]!.pts, 3);
    for (const [i, { data }] of ours!.images.entries()) {
      const wanted = await lumaOf(theirs!.images[i]!.data);
      expect(psnr(await lumaOf(data), wanted)).toBeGreaterThan(32);
    }
    const limits = { maxDecodedFrames: 5 };
    expect((await failure(() => spawned.makeAll(fixture(clip), { ...options, limits }))).code).toBe('FR_INPUT_LIMIT');
  },
);

test('borders of odd pictures keep their last column', async () => {
  const options = { size: [101, 77], fit: 'contain', background: [200, 60, 20] } as const;
  const [ours, theirs] = [
    await spawned.make(fixture('bars.mp4'), options),
    await native.make(fixture('bars.mp4'), options),
  ];
  expect(psnr(await lumaOf(ours.data), await lumaOf(theirs.data))).toBeGreaterThan(35);
});

test('the same bytes from a file, from memory and from blocks', async () => {
  const path = fixture('front-index.mp4');
  const { data } = await spawned.make(path);
  expect((await spawned.make(await readFile(path))).data).toEqual(data);
  expect((await spawned.make(await clipBlocks('front-index.mp4'))).data).toEqual(data);
});

test('a source that fails is not asked again', async () => {
  const source = await clipBlocks('plain.mp4', (read) => {
    if (read === 2) throw new Error('no more');
  });
  const error = await failure(() => spawned.make({ ...source, exact: true, read: source.read }));
  expect(error).toMatchObject({ code: 'FR_INPUT_READ', message: expect.stringMatching(/no more\.$/) as string });
  expect(source.reads).toBe(2);
});

test('refused alike, and a cover can be given up', async () => {
  for (const [clip, options] of [
    ['text.mp4', {}],
    ['sound.m4a', {}],
    ['plain.mp4', { at: 5 }],
    ['plain.mp4', { stream: 7 }],
  ] as const) {
    const [ours, theirs] = await Promise.all(
      [spawned, native].map((covers) => failure(() => covers.make(fixture(clip), options))),
    );
    expect(ours!.code).toBe(theirs!.code);
  }
  const source = await clipBlocks('plain.mp4', () => new Promise<never>(() => undefined));
  const late = await failure(() => spawned.make(source, { timeout: 300 }));
  expect(late).toMatchObject({ code: 'FR_TIMEOUT' });
});
