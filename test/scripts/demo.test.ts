// The demo makes its pictures and leaves everything else in out/ alone.
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { fixture } from '../support/fixtures.js';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

test('a video that lies in out/ survives its own demo', async () => {
  const own = join(ROOT, 'out/own.mp4');
  await mkdir(join(ROOT, 'out'), { recursive: true });
  await copyFile(fixture('turned-90.mp4'), own);
  onTestFinished(() => rm(own, { force: true }));
  const { stdout } = await run(process.execPath, ['scripts/demo.mjs', own], { cwd: ROOT, timeout: 60_000 });
  expect(stdout).toContain('all 100 as rgb24');
  expect(await readFile(own)).toEqual(await readFile(fixture('turned-90.mp4')));
  for (const name of [
    'contact-sheet.jpg',
    'cover-320x180.jpg',
    'cover-portrait-1080x1920.jpg',
    'cover-square-contain.jpg',
  ])
    expect((await stat(join(ROOT, 'out', name))).size).toBeGreaterThan(1000);
});

test('a wrong input is one sentence', async () => {
  const failed = await run(process.execPath, ['scripts/demo.mjs', 'no-such.mp4'], { cwd: ROOT }).catch(
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({ code: 1, stderr: 'demo: no-such.mp4 does not exist. (FR_INPUT_NOT_FOUND)\n' });
});
