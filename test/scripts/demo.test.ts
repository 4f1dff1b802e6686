// The demo makes its pictures and leaves everything else in out/ alone.
import { execFile } from 'node:child_process';
import { copyFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { ffprobe, rawPixels } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { psnr } from '../support/psnr.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const ROOT = join(import.meta.dirname, '../..');
const PICTURES = ['contact-sheet.jpg', 'cover-320x180.jpg', 'cover-portrait-1080x1920.jpg', 'cover-square-contain.jpg'];
const run = promisify(execFile);

test('a video that lies among the pictures survives its own demo', async () => {
  const out = temporaryFolder();
  const own = join(out, 'own.mp4');
  await copyFile(fixture('turned-90.mp4'), own);
  const env = { ...process.env, DEMO_OUT: out };
  const { stdout } = await run(process.execPath, ['scripts/demo.mjs', own], { cwd: ROOT, env, timeout: 60_000 });
  expect(stdout).toContain('all 100 as rgb24');
  expect(await readFile(own)).toEqual(await readFile(fixture('turned-90.mp4')));
  for (const name of PICTURES) expect((await stat(join(out, name))).size).toBeGreaterThan(1000);
});

test('changed.mp4 is the video with what JavaScript drew on it', async () => {
  const out = temporaryFolder();
  const env = { ...process.env, DEMO_OUT: out };
  await run(process.execPath, ['scripts/demo.mjs', fixture('plain.mp4')], { cwd: ROOT, env, timeout: 60_000 });
  const changed = join(out, 'changed.mp4');
  const { streams } = await ffprobe('-count_frames', '-show_entries', 'stream=codec_name,nb_read_frames', changed);
  expect(streams).toEqual([
    { codec_name: 'h264', nb_read_frames: '100' },
    expect.objectContaining({ codec_name: 'aac' }),
  ]);
  const last = async (path: string): Promise<Buffer> =>
    (await rawPixels(path, '-pix_fmt', 'rgb24')).subarray(-320 * 180 * 3);
  const [before, after] = [await last(fixture('plain.mp4')), await last(changed)];
  const rows = (pixels: Buffer, from: number, to: number): Buffer => pixels.subarray(from * 320 * 3, to * 320 * 3);
  // Below the box nothing changed but by the codec; where the curve is drawn, everything became darker.
  expect(psnr(rows(after, 140, 180), rows(before, 140, 180))).toBeGreaterThan(28);
  const light = (pixels: Buffer): number => pixels.reduce((sum, sample) => sum + sample, 0) / pixels.length;
  expect(light(rows(after, 10, 36))).toBeLessThan(0.7 * light(rows(before, 10, 36)));
});

test('a wrong input is one sentence', async () => {
  const failed = await run(process.execPath, ['scripts/demo.mjs', 'no-such.mp4'], { cwd: ROOT }).catch(
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({ code: 1, stderr: 'demo: no-such.mp4 does not exist. (FR_INPUT_NOT_FOUND)\n' });
});
