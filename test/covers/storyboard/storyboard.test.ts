// Storyboards: what their files say, and that each tile is the picture of its time.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Storyboard, StoryboardOptions } from '#dist/index.js';
import { sharedCovers } from '../../support/covers.js';
import { lumaOf } from '../../support/decoded.js';
import { frameTimes, rawPixels } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { filesIn, packets } from '../../support/process.js';
import { psnr } from '../../support/psnr.js';
import { readBif, readPlaylist, readVtt } from '../../support/storyboards.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const covers = sharedCovers({ backend: 'inline' });

async function make(clip: string, options: Omit<StoryboardOptions, 'out'> = {}): Promise<Storyboard> {
  return covers.storyboard(fixture(clip), { out: join(temporaryFolder(), 'board'), ...options });
}

/** The luma of every cell that a tile names. */
async function tilesOf(board: Storyboard): Promise<Buffer[]> {
  const { sheets, tiles, tileWidth, tileHeight, folder } = board;
  const pixels = await Promise.all(sheets.map(({ file }) => lumaOf(readFileSync(join(folder, file)))));
  for (const [i, { width, height }] of sheets.entries()) expect(pixels[i]!.byteLength).toBe(width * height);
  return tiles.map(({ sheet, x, y }) => cut(pixels[sheet]!, sheets[sheet]!.width, x, y, tileWidth, tileHeight));
}

function cut(pixels: Buffer, stride: number, x: number, y: number, width: number, height: number): Buffer {
  const rows = Array.from({ length: height }, (_, row) => (y + row) * stride + x);
  return Buffer.concat(rows.map((start) => pixels.subarray(start, start + width)));
}

test('every file says the same', async () => {
  const board = await make('plain.mp4', {
    every: '500ms',
    columns: 3,
    rows: 2,
    tileWidth: 64,
    bif: true,
    precision: 'exact',
  });
  const { folder, duration, sheets, tiles } = board;
  expect(board).toMatchObject({ every: 0.5, precision: 'exact', tileWidth: 64, tileHeight: 36, decoder: 'h264' });
  expect(filesIn(folder)).toEqual(
    [board.vtt, board.json, board.hls, board.bif, 'sheet-001.jpg', 'sheet-002.jpg'].sort(),
  );
  expect(sheets).toMatchObject([
    { file: 'sheet-001.jpg', width: 192, height: 72, columns: 3, rows: 2, cells: 6 },
    { file: 'sheet-002.jpg', width: 192, height: 36, columns: 3, rows: 1, cells: Math.ceil(duration / 0.5) - 6 },
  ]);
  const cues = readVtt(folder);
  expect(cues[0]!.from).toBe(0);
  expect(cues.at(-1)!.to).toBeCloseTo(duration, 3);
  for (const [i, cue] of cues.slice(1).entries()) expect(cue.from).toBe(cues[i]!.to);
  expect(cues.map(({ url, x, y, width, height }) => ({ url, x, y, width, height }))).toEqual(
    tiles.map(({ sheet, x, y }) => ({ url: sheets[sheet]!.file, x, y, width: 64, height: 36 })),
  );
  const json = JSON.parse(readFileSync(join(folder, board.json), 'utf8')) as {
    duration: number;
    sheets: { url: string }[];
    tiles: { start: number; x: number; y: number; sheet: number }[];
  };
  expect(json).toMatchObject({ url: 'sheet-001.jpg', tile_width: 64, tile_height: 36, every: 0.5 });
  expect(json.duration).toBeCloseTo(duration, 3);
  expect(json.tiles.map(({ start, x, y, sheet }) => [start, x, y, json.sheets[sheet]!.url])).toEqual(
    cues.map(({ from, x, y, url }) => [from, x, y, url]),
  );
  const { target, segments } = readPlaylist(folder);
  expect(segments).toMatchObject([
    { duration: 3, url: 'sheet-001.jpg', tile: [64, 36], layout: [3, 2], tileDuration: 0.5 },
    { url: 'sheet-002.jpg', tile: [64, 36], layout: [3, 1], tileDuration: 0.5 },
  ]);
  expect(segments[0]!.duration + segments[1]!.duration).toBeCloseTo(duration, 3);
  expect(target).toBe(3);
  expect(board.hlsLine).toMatch(
    /^#EXT-X-IMAGE-STREAM-INF:BANDWIDTH=\d+,RESOLUTION=64x36,CODECS="jpeg",URI="storyboard.m3u8"$/,
  );
  const images = readBif(folder);
  expect(images.map(({ time }) => time)).toEqual(Array.from({ length: Math.ceil(duration / 0.5) }, (_, i) => i * 500));
  const luma = await tilesOf(board);
  for (const [i, tile] of luma.entries()) expect(psnr(await lumaOf(images[i]!.jpeg), tile)).toBeGreaterThan(35);
});

describe('each tile is the cover of its time', () => {
  test.each([
    ['plain.mp4', 64, 36],
    ['turned-90.mp4', 64, 114],
    ['sar.mp4', 64, 18],
    ['odd.mp4', 64, 36],
    ['open-gop.ts', 64, 36],
    ['mpeg4.avi', 64, 36],
    ['hevc10.mp4', 64, 36],
    ['vp9.webm', 64, 36],
    ['raw.h264', 64, 36],
    ['big.mp4', 64, 36],
  ])('%s', async (clip, width, height) => {
    const board = await make(clip, { every: 1, tileWidth: width, precision: 'keyframe', quality: 95 });
    expect([board.tileWidth, board.tileHeight]).toEqual([width, height]);
    const tiles = await tilesOf(board);
    expect(tiles.length).toBeGreaterThan(0);
    for (const [i, { pts, start }] of board.tiles.entries()) {
      expect(start).toBe(i === 0 ? 0 : pts);
      const cover = await covers.make(fixture(clip), { at: pts + 1e-4, size: [width, height], quality: 95 });
      expect(cover.pts).toBeCloseTo(pts, 5);
      expect(psnr(tiles[i]!, await lumaOf(cover.data))).toBeGreaterThan(40);
    }
  });

  test('as WebP', async () => {
    const board = await make('plain.mp4', { every: 1, tileWidth: 64, format: 'webp', quality: 90 });
    expect(board.sheets.map(({ file }) => file)).toEqual(['sheet-001.webp']);
    for (const [i, tile] of (await tilesOf(board)).entries()) {
      const { data } = await covers.make(fixture('plain.mp4'), {
        at: board.tiles[i]!.pts,
        size: [64, 36],
        quality: 95,
      });
      expect(psnr(tile, await lumaOf(data))).toBeGreaterThan(33);
    }
  });
});

describe('true times', () => {
  test.each([
    ['vfr.mp4', 'exact', 0.3],
    ['long-gop.mp4', 'exact', 2.5],
    ['plain.mp4', 'exact', 0.7],
    ['vfr.mp4', 'keyframe', 0.3],
    ['open-gop.mp4', 'keyframe', 0.4],
  ] as const)('%s, %s, every %s s', async (clip, precision, every) => {
    const board = await make(clip, { every, precision, tileWidth: 64 });
    const times = await frameTimes(fixture(clip));
    const keyframes = (await packets(fixture(clip), 'v:0')).filter(({ key }) => key).map(({ pts }) => pts);
    const known = precision === 'exact' ? times : keyframes;
    const wanted = Array.from(
      { length: Math.ceil(board.duration / every) },
      (_, i) => known.findLast((time) => time <= i * every + 1e-6) ?? known[0]!,
    );
    expect(board.tiles.map(({ pts }) => pts)).toEqual(
      [...new Set(wanted)].map((time): unknown => expect.closeTo(time, 4)),
    );
  });

  test('a picture on display at a step is the one that ffmpeg shows then', async () => {
    const board = await make('long-gop.mp4', { every: 5, precision: 'exact', tileWidth: 64, quality: 95 });
    const tiles = await tilesOf(board);
    expect(tiles).toHaveLength(4);
    for (const [i, tile] of tiles.entries()) {
      const graph = `select=gte(t\\,${String(board.tiles[i]!.pts - 0.001)}),scale=64:36:flags=area:out_range=full`;
      const theirs = await rawPixels(fixture('long-gop.mp4'), '-vf', graph, '-frames:v', '1', '-pix_fmt', 'gray');
      expect(psnr(tile, theirs)).toBeGreaterThan(35);
    }
  });
});

describe('steps', () => {
  test('a keyframe that lasts for several steps has as many cells where players count cells, and one where they do not', async () => {
    const options = { every: 1, precision: 'keyframe', tileWidth: 32, bif: true } as const;
    const equal = await make('long-gop.mp4', options);
    expect(equal.sheets.map(({ cells }) => cells)).toEqual([20]);
    expect(equal.tiles.map(({ start, x, y }) => [start, x, y])).toEqual([
      [0, 0, 0],
      [10, 0, 18],
    ]);
    const once = await make('long-gop.mp4', { ...options, hls: false });
    expect(once.sheets).toMatchObject([{ cells: 2, width: 64, height: 18 }]);
    expect([once.hls, once.hlsLine]).toEqual([undefined, undefined]);
    expect(filesIn(once.folder)).not.toContain('storyboard.m3u8');
    expect(readVtt(once.folder).map(({ from, to, x, y }) => [from, to, x, y])).toEqual([
      [0, 10, 0, 0],
      [10, 20, 32, 0],
    ]);
    // Its steps are equal all the same.
    const images = readBif(once.folder);
    expect(images).toHaveLength(20);
    expect(images.map(({ jpeg }) => Buffer.from(jpeg).equals(images[0]!.jpeg))).toEqual([
      ...Array(10).fill(true),
      ...Array(10).fill(false),
    ]);
  });

  test('by itself it takes keyframes where there are enough of them', async () => {
    expect(await make('plain.mp4', { tileWidth: 32 })).toMatchObject({ every: 1, precision: 'keyframe' });
    const few = await make('long-gop.mp4', { every: 4, tileWidth: 32 });
    expect(few.precision).toBe('exact');
    expect(few.tiles.map(({ pts }) => pts)).toEqual([0, 4, 8, 12, 16]);
  });

  test('addresses begin as the caller wants', async () => {
    const board = await make('plain.mp4', { tileWidth: 32, urlPrefix: 'https://cdn.example/7/' });
    expect(readVtt(board.folder)[0]!.url).toBe('https://cdn.example/7/sheet-001.jpg');
    expect(readPlaylist(board.folder).segments[0]!.url).toBe('https://cdn.example/7/sheet-001.jpg');
    expect(board.hlsLine).toContain('URI="https://cdn.example/7/storyboard.m3u8"');
  });

  test('a video that is narrower than a tile is not enlarged', async () => {
    expect(await make('plain.mp4', { tileWidth: 640, columns: 2 })).toMatchObject({ tileWidth: 320, tileHeight: 180 });
  });
});
