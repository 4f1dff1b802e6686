// Where the files of a storyboard appear, and that nothing of one that failed stays.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCovers, type StoryboardOptions } from '#dist/index.js';
import { clipBlocks } from '../../support/blocks.js';
import { sharedCovers } from '../../support/covers.js';
import { failure } from '../../support/failure.js';
import { fixture } from '../../support/fixtures.js';
import { filesIn } from '../../support/process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const inline = sharedCovers({ backend: 'inline' });
const inProcess = sharedCovers({ backend: 'process', workers: 1 });
const SMALL = { every: 1, tileWidth: 32 } as const;

test('a folder that is there keeps what else it holds, and old files make way', async () => {
  const out = temporaryFolder();
  writeFileSync(join(out, 'mine.txt'), 'mine');
  writeFileSync(join(out, 'storyboard.vtt'), 'old');
  await inProcess.storyboard(fixture('plain.mp4'), { ...SMALL, out });
  const files = ['mine.txt', 'sheet-001.jpg', 'storyboard.json', 'storyboard.m3u8', 'storyboard.vtt'];
  expect(filesIn(out)).toEqual(files);
  expect(readFileSync(join(out, 'storyboard.vtt'), 'utf8')).toMatch(/^WEBVTT/);
});

test('a process and the own thread write the same bytes', async () => {
  const folder = temporaryFolder();
  const outs = [join(folder, 'a'), join(folder, 'b', 'c')] as const;
  await inline.storyboard(fixture('turned-90.mp4'), { ...SMALL, out: outs[0], bif: true });
  await inProcess.storyboard(fixture('turned-90.mp4'), { ...SMALL, out: outs[1], bif: true });
  expect(filesIn(outs[0])).toHaveLength(5);
  for (const file of filesIn(outs[0]))
    expect(readFileSync(join(outs[1], file))).toEqual(readFileSync(join(outs[0], file)));
});

test.each([
  ['inline', inline],
  ['process', inProcess],
] as const)('given up in mid-work, %s: nothing is left', async (_, covers) => {
  const folder = temporaryFolder();
  const controller = new AbortController();
  const seen: string[][] = [];
  const source = await clipBlocks('big.mp4', () => {
    const temporary = filesIn(folder).find((name) => name.endsWith('.part'));
    const written = temporary === undefined ? [] : filesIn(join(folder, temporary));
    seen.push(written);
    if (written.length > 0) controller.abort();
  });
  const options = { every: 0.5, tileWidth: 32, columns: 1, rows: 1, precision: 'keyframe', hls: false } as const;
  const error = await failure(() =>
    covers.storyboard(source, { ...options, out: join(folder, 'board'), signal: controller.signal }),
  );
  expect(error.code).toBe('FR_ABORTED');
  expect(filesIn(folder)).toEqual([]);
  // Some of it was there already.
  expect(seen.at(-1)).toContain('sheet-001.jpg');
});

test.each([
  ['text.mp4', 'FR_INPUT_INVALID'],
  ['sound.m4a', 'FR_INPUT_NO_VIDEO'],
  ['no-index.mp4', 'FR_INPUT_INVALID'],
])('%s leaves nothing', async (clip, code) => {
  const folder = temporaryFolder();
  const out = join(folder, 'new', 'board');
  expect(await failure(() => inline.storyboard(fixture(clip), { out }))).toMatchObject({ code });
  expect(filesIn(folder)).toEqual([]);
});

test('what is in the way is one sentence, before anything moves', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  for (const out of [join(folder, 'file'), join(folder, 'file', 'board')]) {
    const error = await failure(() => inline.storyboard(fixture('plain.mp4'), { ...SMALL, out }));
    expect(error).toMatchObject({ code: 'FR_OUTPUT_FAILED', message: expect.stringContaining(out) });
  }
  const out = join(folder, 'board');
  mkdirSync(join(out, 'storyboard.vtt'), { recursive: true });
  const error = await failure(() => inline.storyboard(fixture('plain.mp4'), { ...SMALL, out }));
  expect(error.message).toMatch(/storyboard\.vtt: it is a directory\.$/);
  expect(filesIn(out)).toEqual(['storyboard.vtt']);
  expect(filesIn(folder)).toEqual(['board', 'file']);
});

test('a place that takes no more bytes is one sentence, and nothing is left', () => {
  const folder = temporaryFolder();
  const bin = join(import.meta.dirname, '../../../bin/framerail.js');
  const args = [
    'storyboard',
    fixture('plain.mp4'),
    '--out',
    join(folder, 'board'),
    '--precision',
    'exact',
    '--every',
    '0.1',
  ];
  // In blocks of 512 bytes: the sheet is larger.
  const { status, stderr } = spawnSync('sh', ['-c', 'ulimit -f 8; exec "$0" "$@"', process.execPath, bin, ...args], {
    encoding: 'utf8',
  });
  expect(stderr).toMatch(
    /^framerail: Cannot write .*board\/sheet-001\.jpg: it would grow beyond .* \(FR_OUTPUT_FAILED\)\n$/,
  );
  expect(status).toBe(1);
  expect(filesIn(folder)).toEqual([]);
});

test.each<[string, object]>([
  ['out', { out: '' }],
  ['out', { out: undefined }],
  ['every', { every: 0.01 }],
  ['every', { every: 'soon' }],
  ['tileWidth', { tileWidth: 33 }],
  ['columns', { columns: 0 }],
  ['rows', { rows: 1.5 }],
  ['format', { format: 'png' }],
  ['quality', { quality: 101 }],
  ['precision', { precision: 'near' }],
  ['urlPrefix', { urlPrefix: 'a b' }],
  ['evry', { evry: 1 }],
])('a wrong %s is refused and makes nothing', async (name, wrong) => {
  const folder = temporaryFolder();
  const options = { out: join(folder, 'board'), ...wrong } as unknown as StoryboardOptions;
  const error = await failure(() => inline.storyboard(fixture('plain.mp4'), options));
  expect(error).toMatchObject({ code: 'FR_ARG_INVALID', message: expect.stringContaining(name) });
  expect(filesIn(folder)).toEqual([]);
});

test('more tiles than anybody looks at are refused', async () => {
  const folder = temporaryFolder();
  const options = { out: join(folder, 'board'), every: 0.1 };
  const { checkSteps } = await import('#dist/covers/storyboard/board-plan.js');
  expect(() => {
    checkSteps(20_001, 0.1, 'a.mp4');
  }).toThrow('A storyboard of a.mp4 every 0.1 s would have more than 20000 tiles; give a longer `every`.');
  expect((await inline.storyboard(fixture('vp9.webm'), options)).tiles.length).toBeGreaterThan(15);
});

test('commands cannot do it, and say so', async () => {
  const folder = temporaryFolder();
  const covers = createCovers({ backend: 'spawn' });
  const error = await failure(() => covers.storyboard(fixture('plain.mp4'), { out: join(folder, 'board') }));
  await covers.close();
  expect(error.code).toBe('FR_ENGINE_LOAD');
  expect(error.message).toMatch(/spawn/);
  expect(filesIn(folder)).toEqual([]);
});
