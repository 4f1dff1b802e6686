// The guide about many covers can be followed word by word: its blocks run, and print and make what it says.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fences } from '../support/code-blocks.js';
import { followedGuide } from '../support/followed-guide.js';
import { printed, shellBlocks } from '../support/shell-guide.js';

const PAGE = 'docs/guides/covers-by-the-million.md';

const guide = followedGuide(PAGE);
const { runs } = guide;

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
  expect(readdirSync(join(guide.folder, 'covers')).sort()).toEqual([
    ...['.framerail', 'beach.mp4.jpg', 'city.mp4.jpg', 'report.html', 'trips'],
  ]);
});
