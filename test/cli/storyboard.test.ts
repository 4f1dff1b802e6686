// framerail storyboard: one file, a folder of sheets and what points to them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCovers } from '#dist/index.js';
import { cli } from '../support/cli.js';
import { fixture } from '../support/fixtures.js';
import { filesIn } from '../support/process.js';
import { readVtt } from '../support/storyboards.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('a folder appears with the bytes that the library gives', async () => {
  const folder = temporaryFolder();
  const [out, other] = [join(folder, 'board'), join(folder, 'library')];
  const args = ['--every', '2s', '--width', '64', '--columns', '2', '--quality', '60', '--bif', '--url-prefix', 'x/'];
  const { code, stdout, stderr, orphans } = await cli('storyboard', fixture('plain.mp4'), '--out', out, ...args);
  expect([code, stderr, orphans]).toEqual([0, '', []]);
  expect(stdout.toString()).toMatch(
    /^pictures +2 of 0:04\.000, 2 cells of 64x36, every 2 s \(keyframe\)\nsheets +1, .*sheet-001\.jpg\n/,
  );
  await using covers = createCovers({ backend: 'inline' });
  const options = { every: 2, tileWidth: 64, columns: 2, quality: 60, bif: true, urlPrefix: 'x/' };
  await covers.storyboard(fixture('plain.mp4'), { out: other, ...options });
  expect(filesIn(out)).toHaveLength(5);
  for (const file of filesIn(other)) expect(readFileSync(join(out, file))).toEqual(readFileSync(join(other, file)));
});

test('--json tells about it', async () => {
  const out = join(temporaryFolder(), 'board');
  const args = ['--out', out, '--width', '32', '--format', 'webp', '--no-hls', '--precision', 'exact', '--json'];
  const { code, stdout, stderr } = await cli('storyboard', fixture('turned-90.mp4'), ...args);
  expect([code, stderr]).toEqual([0, '']);
  const facts = JSON.parse(stdout.toString()) as { timings: { total: number }; tiles: { start: number }[] };
  expect(facts).toMatchObject({
    folder: out,
    every: 1,
    precision: 'exact',
    tileWidth: 32,
    tileHeight: 56,
    vtt: 'storyboard.vtt',
  });
  expect(facts.timings.total).toBeGreaterThan(0);
  expect(facts.tiles.map(({ start }) => start)).toEqual(
    readVtt(out).map(({ from }): unknown => expect.closeTo(from, 2)),
  );
  expect(filesIn(out)).toEqual(['sheet-001.webp', 'storyboard.json', 'storyboard.vtt']);
});

test.each([
  ['no folder', [], '--out'],
  ['a time that is none', ['--out', 'x', '--every', 'soon'], '--every'],
  ['an odd width', ['--out', 'x', '--width', '33'], 'tileWidth'],
  ['an unknown format', ['--out', 'x', '--format', 'png'], 'format'],
])('%s is wrong usage', async (_, args, word) => {
  const { code, stdout, stderr } = await cli('storyboard', fixture('plain.mp4'), ...args);
  expect([code, stdout.toString()]).toEqual([2, '']);
  expect(stderr).toMatch(/^framerail: [^\n]+ \(FR_ARG_INVALID\)\n$/);
  expect(stderr).toContain(word);
});
