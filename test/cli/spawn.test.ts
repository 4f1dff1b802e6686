// The command line on the ffmpeg command instead of the native engine.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli } from '../support/cli.js';
import { framemd5 } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('frames --backend spawn: the hashes of ffmpeg, and nobody left behind', async () => {
  const { code, stdout, stderr, orphans } = await cli(
    ...['frames', fixture('plain.mp4'), '--backend', 'spawn', '--format', 'native', '--hash', 'md5'],
  );
  expect([code, stderr, orphans]).toEqual([0, '', []]);
  const hashes = await framemd5(fixture('plain.mp4'));
  const lines = stdout.toString().trimEnd().split('\n');
  expect(lines.map((line) => /[0-9a-f]{32}/.exec(line)?.[0])).toEqual(hashes);
});

test('probe --backend spawn', async () => {
  const { code, stdout, orphans } = await cli('probe', fixture('turned-90.mp4'), '--backend', 'spawn', '--json');
  expect([code, orphans]).toEqual([0, []]);
  expect(JSON.parse(stdout.toString())).toMatchObject({
    video: { codec: 'h264', stored: { width: 320, height: 180 }, display: { width: 180, height: 320 } },
    scan: { packets: 100 },
  });
});

test('process --backend spawn writes the video and says what ran', async () => {
  const output = join(temporaryFolder(), 'small.mp4');
  const args = ['--filter', 'scale=160:-2', '--encoder-option', 'preset=ultrafast', '--backend', 'spawn', '--json'];
  const { code, stdout, orphans } = await cli('process', fixture('plain.mp4'), output, ...args);
  expect([code, orphans]).toEqual([0, []]);
  const last = JSON.parse(stdout.toString().trimEnd().split('\n').at(-1)!) as unknown;
  expect(last).toMatchObject({ event: 'done', encoded: 100, encoder: { name: 'libx264' }, container: 'mp4' });
  expect(await framemd5(output)).toHaveLength(100);
});

test('a file that is none fails in one sentence', async () => {
  const { code, stderr, orphans } = await cli('frames', fixture('text.mp4'), '--backend', 'spawn');
  expect([code, orphans]).toEqual([1, []]);
  expect(stderr).toMatch(/^framerail: [^\n]+text\.mp4[^\n]+ \(FR_INPUT_INVALID\)\n$/);
});
