// framerail preview: one file, an animated image or a short video.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCovers, type PreviewOptions } from '#dist/index.js';
import { cli } from '../support/cli.js';
import { fixture } from '../support/fixtures.js';
import { filesIn } from '../support/process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

async function fromLibrary(clip: string, options: PreviewOptions): Promise<Buffer> {
  await using covers = createCovers({ backend: 'inline' });
  return Buffer.from((await covers.preview(fixture(clip), options)).data);
}

test('a file appears, alone, with the bytes that the library gives', async () => {
  const folder = temporaryFolder();
  const out = join(folder, 'p.webp');
  const args = ['--at', '25%', '--seconds', '500ms', '--width', '64', '--rate', '8', '--quality', '60'];
  const { code, stdout, stderr, orphans } = await cli('preview', fixture('plain.mp4'), '--out', out, ...args);
  expect([code, stderr, orphans]).toEqual([0, '', []]);
  expect(stdout.toString()).toMatch(
    /^file +.*p\.webp: .*, quality 60\nframes +4 of 64x36, 8\.00 a second, 0\.500 s\nshows +0:01\.\d+ to 0:01\.\d+\n/,
  );
  expect(filesIn(folder)).toEqual(['p.webp']);
  const options = { at: '25%', seconds: 0.5, width: 64, frameRate: 8, quality: 60 };
  expect(Buffer.compare(readFileSync(out), await fromLibrary('plain.mp4', options))).toBe(0);
});

test('--json tells about a video, and its rates are bits per second', async () => {
  const out = join(temporaryFolder(), 'p.mp4');
  const args = [
    '--seconds',
    '1',
    '--width',
    '64',
    '--bitrate',
    '80k',
    '--max-bitrate',
    '100k',
    '--encoder',
    'libx264',
    '--json',
  ];
  const { code, stdout, stderr } = await cli('preview', fixture('plain.mp4'), '--out', out, ...args);
  expect([code, stderr]).toEqual([0, '']);
  const facts = JSON.parse(stdout.toString());
  expect(facts).toMatchObject({
    out,
    format: 'mp4',
    frames: 25,
    bitrate: 80_000,
    encoder: { name: 'libx264' },
    tries: 1,
  });
  expect(facts.bytes).toBe(readFileSync(out).byteLength);
  expect(facts.data).toBeUndefined();
});

test('--out - gives the bytes alone', async () => {
  const args = ['--out', '-', '--format', 'gif', '--seconds', '200ms', '--width', '32', '--at', '1'];
  const { code, stdout, stderr } = await cli('preview', fixture('plain.mp4'), ...args);
  expect([code, stderr]).toEqual([0, '']);
  expect(
    Buffer.compare(stdout, await fromLibrary('plain.mp4', { format: 'gif', seconds: 0.2, width: 32, at: 1 })),
  ).toBe(0);
});

test.each([
  ['a name of another format', ['--out', 'p.avif'], '--out'],
  ['standard output without a format', ['--out', '-'], '--out'],
  ['a format that there is not', ['--out', 'p.webp', '--format', 'png'], '--format'],
  ['a bit rate of an image', ['--out', 'p.gif', '--bitrate', '100k'], 'bitrate'],
  ['JSON beside the bytes', ['--out', '-', '--format', 'gif', '--json'], '--json'],
])('%s is wrong usage', async (_, args, word) => {
  const { code, stderr } = await cli('preview', fixture('plain.mp4'), ...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^framerail: [^\n]+ \(FR_ARG_INVALID\)\n$/);
  expect(stderr).toContain(word);
});
