// The guide about many covers can be followed word by word: its blocks run, and print and make what it says.
import { mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fences } from '../support/code-blocks.js';
import { follow, printed, shellBlocks, type ShellRun } from '../support/shell-guide.js';

const PAGE = 'docs/guides/covers-by-the-million.md';

const runs = new Map<string, ShellRun>();
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(realpathSync(tmpdir()), 'framerail-test-'));
  await follow(PAGE, folder, ({ where }, run) => {
    runs.set(where, run);
    return Promise.resolve();
  });
}, 200_000);

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test.each(shellBlocks(PAGE))('$where $name', ({ where, promised }) => {
  const { code, output, leftOver } = runs.get(where)!;
  expect(code, `${where}: ${output}`).toBe(0);
  expect(leftOver, `${where} leaves something running: ${output}`).toBe(false);
  for (const line of promised) expect(printed(output, line), `${where}: ${line}\n${output}`).toBe(true);
});

test('marks what it only shows', () => {
  for (const { language, words, where } of fences(PAGE))
    if (language === 'sh') expect(['run', 'show'], where).toContain(words[0]);
});

test('makes each cover where the page says', () => {
  expect(readdirSync(join(folder, 'covers')).sort()).toEqual([
    ...['.framerail', 'beach.mp4.jpg', 'city.mp4.jpg', 'report.html', 'trips'],
  ]);
});
