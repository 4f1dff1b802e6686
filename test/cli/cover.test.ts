// framerail cover: one file, one JPEG, one line.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCovers } from '#dist/index.js';
import { cli } from '../support/cli.js';
import { fixture } from '../support/fixtures.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** The same cover from the library. */
async function fromLibrary(clip: string, options: object): Promise<Buffer> {
  await using covers = createCovers({ backend: 'inline' });
  return Buffer.from((await covers.make(fixture(clip), options)).data);
}

test('a file appears, alone, with the bytes that the library gives', async () => {
  const folder = temporaryFolder();
  const out = join(folder, 'cover.jpg');
  const args = ['--out', out, '--size', '90x160', '--at', '75%', '--quality', '60'];
  const { code, stdout, stderr } = await cli('cover', fixture('plain.mp4'), ...args);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.toString()).toMatch(/cover\.jpg: 90x160, .* frame at 3\.000 s, [\d.]+ ms\n$/);
  expect(readdirSync(folder)).toEqual(['cover.jpg']);
  const wanted = await fromLibrary('plain.mp4', { size: [90, 160], at: '75%', quality: 60 });
  expect(Buffer.compare(readFileSync(out), wanted)).toBe(0);
});

test('--exact takes the frame on display', async () => {
  const out = join(temporaryFolder(), 'cover.jpg');
  const { code, stdout, stderr } = await cli('cover', fixture('plain.mp4'), '--out', out, '--at', '1.49', '--exact');
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.toString()).toMatch(/frame at 1\.480 s/);
  const wanted = await fromLibrary('plain.mp4', { at: 1.49, precision: 'exact' });
  expect(Buffer.compare(readFileSync(out), wanted)).toBe(0);
});

test('--out - gives the bytes alone', async () => {
  const args = ['--out', '-', '--size', '100x100', '--fit', 'contain', '--background', '#ff8800', '--at', '1'];
  const { code, stdout, stderr } = await cli('cover', fixture('turned-90.mp4'), ...args);
  expect([code, stderr]).toEqual([0, '']);
  const options = { size: [100, 100], fit: 'contain', background: [255, 136, 0], at: 1 };
  expect(Buffer.compare(stdout, await fromLibrary('turned-90.mp4', options))).toBe(0);
});

test('--json tells about it', async () => {
  const out = join(temporaryFolder(), 'a.jpeg');
  const { code, stdout, stderr } = await cli('cover', fixture('sar.mp4'), '--out', out, '--json');
  expect([code, stderr]).toEqual([0, '']);
  const facts = JSON.parse(stdout.toString());
  expect(facts).toMatchObject({ out, width: 640, height: 180, pts: 0, damaged: false, decoder: 'h264' });
  expect(facts.bytes).toBe(readFileSync(out).byteLength);
  expect(Object.keys(facts.timings)).toEqual(expect.arrayContaining(['open', 'decode', 'encode', 'total']));
  expect(facts.data).toBeUndefined();
});

test.each([
  ['a name of another format', ['--out', 'cover.webp'], '--out'],
  ['no name', [], '--out'],
  ['an unknown fit', ['--out', 'a.jpg', '--fit', 'squeeze'], 'fit'],
  ['a quality of 0', ['--out', 'a.jpg', '--quality', '0'], 'quality'],
  ['a colour that is none', ['--out', 'a.jpg', '--background', 'blue'], '--background'],
  ['a percentage above 100', ['--out', 'a.jpg', '--at', '101%'], 'at'],
])('%s is wrong usage', async (_, args, word) => {
  const { code, stdout, stderr } = await cli('cover', fixture('plain.mp4'), ...args);
  expect([code, stdout.toString()]).toEqual([2, '']);
  expect(stderr).toMatch(/^framerail: [^\n]+ \(FR_ARG_INVALID\)\n$/);
  expect(stderr).toContain(word);
});
