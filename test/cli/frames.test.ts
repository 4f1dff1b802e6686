// framerail frames: hashes, raw bytes and images, compared with ffmpeg's; and how it stops.
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { cli, startCli } from '../support/cli.js';
import { isAlive } from '../support/engines.js';
import { framemd5, imagePixels, rawPixels } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { some } from '../support/long.js';
import { psnr } from '../support/psnr.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** One sentence with its code, and nothing else. */
const ONE_SENTENCE = /^framerail: [^\n]+\.[^\n]* \(FR_[A-Z_]+\)\n$/;

describe.each(some(3, ['process', 'thread', 'inline']))('--backend %s', (backend) => {
  test('--hash md5 prints what ffmpeg -f framemd5 says', async () => {
    const args = ['--hash', 'md5', '--format', 'native', '--backend', backend];
    const { code, stdout, stderr, orphans } = await cli('frames', fixture('plain.mp4'), ...args);
    expect([code, stderr, orphans]).toEqual([0, '', []]);
    const lines = stdout.toString().trimEnd().split('\n');
    const hashes = await framemd5(fixture('plain.mp4'));
    expect(lines).toEqual(hashes.map((hash, i) => `${String(i)}, ${(i / 25).toFixed(6)}, 86400, ${hash}`));
  });
});

test('--hash md5 --json is one object a frame, then the summary', async () => {
  const { code, stdout } = await cli('frames', fixture('plain.mp4'), '--hash', 'md5', '--at', '3,1.5', '--json');
  expect(code).toBe(0);
  const [first, second, summary, ...rest] = stdout
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(first).toEqual({
    index: expect.any(Number),
    pts: 1.48,
    bytes: 172_800,
    hash: expect.stringMatching(/^\w{32}$/),
  });
  expect(second).toMatchObject({ pts: 3, bytes: 172_800 });
  expect(summary).toMatchObject({ frames: 2, width: 320, height: 180, format: 'rgb24', damagedFrames: 0 });
  expect(rest).toEqual([]);
});

test('a summary for people and for programs', async () => {
  const people = await cli('frames', fixture('plain.mp4'), '--size', '64x36', '--every', '500ms');
  expect(people.code).toBe(0);
  expect(people.stdout.toString()).toMatch(/^frames +8 of 64x36 rgb24/m);
  expect(people.stdout.toString()).toMatch(/^damaged +none$/m);
  const { stdout } = await cli('frames', fixture('plain.mp4'), '--keyframes', '--format', 'gray8', '--json');
  expect(JSON.parse(stdout.toString())).toMatchObject({
    input: fixture('plain.mp4'),
    frames: 4,
    decoded: 4,
    format: 'gray',
    damagedPackets: 0,
    decoder: 'h264',
    backend: 'process',
  });
});

test('--out - writes raw pixels and nothing else', async () => {
  const args = ['--out', '-', '--format', 'yuv420p', '--from', '1', '--to', '2', '--no-rotate'];
  const { code, stdout, stderr } = await cli('frames', fixture('turned-90.mp4'), ...args);
  expect([code, stderr]).toEqual([0, '']);
  const wanted = await rawPixels(fixture('plain.mp4'), '-pix_fmt', 'yuv420p');
  const size = 320 * 180 * 1.5;
  expect(stdout.byteLength).toBe(25 * size);
  expect(Buffer.compare(stdout, wanted.subarray(25 * size, 50 * size))).toBe(0);
});

test.each(some(2, ['png', 'jpg']))('--out DIR writes %s images', async (type) => {
  const folder = join(temporaryFolder(), 'made', 'here');
  const args = ['--out', folder, '--image', type, '--every', '1'];
  const { code, stderr } = await cli('frames', fixture('plain.mp4'), ...args);
  expect([code, stderr]).toEqual([0, '']);
  const names = readdirSync(folder).sort();
  expect(names).toEqual(['1', '2', '3', '4'].map((n) => `frame-00000${n}.${type}`));
  for (const [i, name] of names.entries()) {
    const pixels = await imagePixels(readFileSync(join(folder, name)), 'rgb24');
    const wanted = await rawPixels(
      fixture('plain.mp4'),
      ...['-vf', `select=eq(n\\,${String(i * 25)})`, '-frames:v', '1', '-pix_fmt', 'rgb24'],
    );
    expect(psnr(pixels, wanted)).toBeGreaterThan(type === 'png' ? 50 : 25);
  }
});

test('damaged files give their frames and a word about the damage', async () => {
  const { code, stdout, stderr } = await cli('frames', fixture('corrupted.mp4'), '--hash', 'md5', '--format', 'native');
  expect(code).toBe(0);
  expect(stdout.toString().trimEnd().split('\n').length).toBeGreaterThan(50);
  expect(stderr).toMatch(/^\d+ frames damaged, \d+ packets refused/);
  expect(stderr).not.toMatch(/^0 frames damaged, 0 packets/);
});

test.each([[[]], [['--hash', 'md5']], [['--json']]])(
  'a file that ends too early: what FFmpeg says of it, %j',
  async (args) => {
    const input = join(temporaryFolder(), 'cut.mkv');
    writeFileSync(input, readFileSync(fixture('plain.mkv')).subarray(0, 30_000));
    const { code, stderr } = await cli('frames', input, ...args);
    expect([code, stderr]).toEqual([0, 'framerail: FFmpeg error: File ended prematurely\n']);
  },
);

test('a reader that has seen enough is no failure', async () => {
  const { child, ended } = startCli(['frames', fixture('big.mp4'), '--out', '-']);
  let taken = 0;
  for await (const bytes of child.stdout) {
    taken += (bytes as Buffer).byteLength;
    if (taken >= 1000) break;
  }
  child.stdout.destroy();
  const { code, signal, stderr, orphans } = await ended;
  expect([code, signal, stderr, orphans]).toEqual([0, null, '', []]);
});

describe.each(some(3, ['process', 'thread', 'inline']))('Ctrl-C with --backend %s', (backend) => {
  test('ends with one sentence and leaves nobody behind', async () => {
    // A group of its own, as a shell makes one: the signal reaches the workers too.
    const args = ['frames', fixture('big.mp4'), '--hash', 'sha256', '--backend', backend];
    const running = startCli(args, { detached: true });
    await once(running.child.stdout, 'data');
    const processes = running.processes();
    expect(processes.length).toBe(backend === 'process' ? 2 : 1);
    process.kill(-running.child.pid!, 'SIGINT');
    const { code, signal, stderr, stdout, orphans } = await running.ended;
    expect([code, signal, orphans]).toEqual([130, null, []]);
    // What came before the failure is told beside it.
    const lines = stderr.trimEnd().split('\n');
    expect(`${lines.at(-1)!}\n`).toMatch(ONE_SENTENCE);
    expect(lines.slice(0, -1)).toEqual([expect.stringMatching(/^framerail: \d+ frames came before the failure\.$/)]);
    expect(stdout.toString().split('\n').length).toBeLessThan(300);
    expect(processes.map(isAlive)).toEqual(processes.map(() => false));
  });
});
