// The page of metrics is the one that the table makes, and a page that is not is found out.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { METRICS } from '#dist/index.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const ROOT = join(import.meta.dirname, '..', '..');
const SCRIPT = join(ROOT, 'scripts', 'gen-metrics-doc.mjs');
const run = promisify(execFile);

test('the page is up to date, and names every metric with its unit', async () => {
  await run(process.execPath, [SCRIPT, '--check', ROOT]);
  const page = readFileSync(join(ROOT, 'docs/reference/metrics.md'), 'utf8');
  for (const [name, { unit, help }] of Object.entries(METRICS)) {
    const line = page.split('\n').find((one) => one.startsWith(`| \`${name}\``));
    expect(line, name).toContain(` ${unit} `);
    expect(line, name).toContain(help);
  }
});

test('a page that differs is an error', async () => {
  const root = temporaryFolder();
  symlinkSync(join(ROOT, 'dist'), join(root, 'dist'));
  mkdirSync(join(root, 'docs/reference'), { recursive: true });
  await run(process.execPath, [SCRIPT, root]);
  await run(process.execPath, [SCRIPT, '--check', root]);
  const page = join(root, 'docs/reference/metrics.md');
  writeFileSync(page, readFileSync(page, 'utf8').replace('gauge', 'gouge'));
  await expect(run(process.execPath, [SCRIPT, '--check', root])).rejects.toMatchObject({
    stderr: expect.stringContaining('run node scripts/gen-metrics-doc.mjs'),
  });
  rmSync(page);
  await expect(run(process.execPath, [SCRIPT, '--check', root])).rejects.toMatchObject({ code: 1 });
});
