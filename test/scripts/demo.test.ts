// The demo makes its pictures and leaves everything else in out/ alone.
import { execFile } from 'node:child_process';
import { copyFile, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { fixture } from '../support/fixtures.js';
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

test('a wrong input is one sentence', async () => {
  const failed = await run(process.execPath, ['scripts/demo.mjs', 'no-such.mp4'], { cwd: ROOT }).catch(
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({ code: 1, stderr: 'demo: no-such.mp4 does not exist. (FR_INPUT_NOT_FOUND)\n' });
});
