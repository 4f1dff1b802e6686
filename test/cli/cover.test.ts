// framerail cover: images of one file under the names that were asked for, all or none.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createCovers, type CoverShot } from '#dist/index.js';
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

test('several sizes and times get a name each, in the format of its ending', async () => {
  const folder = temporaryFolder();
  const args = ['--out', join(folder, '{n}-{w}x{h}.png'), '--at', '0,75%', '--size', '64x36,9:16@36', '--json'];
  const { code, stdout, stderr } = await cli('cover', fixture('plain.mp4'), ...args, '--fit', 'smart');
  expect([code, stderr]).toEqual([0, '']);
  const names = ['1-64x36.png', '1-36x64.png', '2-64x36.png', '2-36x64.png'];
  expect(readdirSync(folder)).toEqual(names.toSorted());
  const { images, shots } = JSON.parse(stdout.toString()) as { images: { out: string }[]; shots: { pts: number }[] };
  expect(images.map(({ out }) => out)).toEqual(names.map((name) => join(folder, name)));
  expect(images[1]).toMatchObject({ format: 'png', width: 36, height: 64, shot: 0, quality: null, attempts: 1 });
  expect(shots.map(({ pts }) => pts)).toEqual([0, 3]);
  const wanted = await fromLibrary('plain.mp4', { at: '75%', size: [36, 64], fit: 'smart', format: 'png' });
  expect(Buffer.compare(readFileSync(join(folder, '2-36x64.png')), wanted)).toBe(0);
});

test('--at best says why, in text and in JSON', async () => {
  const folder = temporaryFolder();
  const clip = fixture('planted-flashes.mp4');
  const shape = ['--out', join(folder, '{n}-{w}.jpg'), '--size', '64x36,32x18', '--candidates', '16'];
  const [text, json] = await Promise.all([
    cli('cover', clip, ...shape, '--at', 'best,2'),
    cli('cover', clip, '--out', join(folder, 'a.jpg'), '--at', 'best', '--candidates', '16', '--json'),
  ]);
  expect([text.code, text.stderr, json.code, json.stderr]).toEqual([0, '', 0, '']);
  const { pts, choice } = JSON.parse(json.stdout.toString()) as CoverShot;
  expect(choice).toMatchObject({ rank: 1, fallback: false, candidates: expect.any(Number) as number });
  expect(choice!.reasons.join(' ')).toMatch(/^Chosen from \d+ candidates: .+\. Rejected .*flash.*\.$/);
  expect(choice!.rejected.map(({ reason }) => reason)).toContain('flash');
  // Both sizes of a picture, then why it was taken; a time needs no reason.
  const at = (time: number): string => `frame at ${time.toFixed(3)} s`;
  expect(text.stdout.toString().trimEnd().split('\n')).toEqual([
    expect.stringMatching(`1-64\\.jpg: 64x36, .*${at(pts)}$`),
    expect.stringMatching(`1-32\\.jpg: 32x18, .*${at(pts)}$`),
    choice!.reasons.join(' '),
    expect.stringMatching(`2-64\\.jpg: 64x36, .*${at(2)}$`),
    expect.stringMatching(`2-32\\.jpg: 32x18, .*${at(2)}, [\\d.]+ ms$`),
  ]);
});

test('a limit in kB, and the borders that were asked for', async () => {
  const out = join(temporaryFolder(), 'a.webp');
  const shape = ['--size', '90x160', '--fit', 'contain', '--border', 'blur', '--safe-zone', 'reels', '--at', '0'];
  const { code, stderr } = await cli('cover', fixture('plain.mp4'), '--out', out, ...shape, '--max-kb', '2.5');
  expect([code, stderr]).toEqual([0, '']);
  const data = readFileSync(out);
  expect(data.byteLength).toBeLessThanOrEqual(2500);
  const options = { size: [90, 160], fit: 'contain', border: 'blur', safeZone: 'reels', at: 0, format: 'webp' };
  expect(Buffer.compare(data, await fromLibrary('plain.mp4', { ...options, maxBytes: 2500 }))).toBe(0);
});

test('of several images none appears when one cannot be as wanted', async () => {
  const folder = temporaryFolder();
  const args = ['--out', join(folder, '{w}x{h}.jpg'), '--size', '16x16,320x180', '--max-kb', '1'];
  const { code, stderr } = await cli('cover', fixture('plain.mp4'), ...args);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^framerail: The smallest file that this cover can be is [^\n]+ \(FR_IMAGE_GOAL\)\n$/);
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ['a name of another format', ['--out', 'cover.gif'], '--out'],
  ['another format than the name has', ['--out', 'cover.webp', '--format', 'avif'], '--format'],
  ['one name for several sizes', ['--out', 'a.jpg', '--size', '10x10,20x20'], '{w}x{h}'],
  ['one name for several times', ['--out', 'a.jpg', '--at', '0,1'], '{n}'],
  ['several images on standard output', ['--out', '-', '--at', '0,1'], '--out'],
  ['two goals', ['--out', 'a.jpg', '--quality', '80', '--max-kb', '9'], 'maxBytes'],
  ['a quality for a PNG', ['--out', 'a.png', '--quality', '80'], 'quality'],
  ['a safe zone that is none', ['--out', 'a.jpg', '--fit', 'smart', '--safe-zone', '0.1,0.2'], 'safeZone'],
  ['where to look, for what is not the best', ['--out', 'a.jpg', '--at', '1', '--from', '1'], 'from'],
  ['a range that ends ahead of its beginning', ['--out', 'a.jpg', '--at', 'best', '--from', '2', '--to', '1'], 'to'],
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
