// The guide about covers can be followed word by word: its blocks run, and print and make what it says.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { fences } from '../support/code-blocks.js';
import { ffprobe } from '../support/ffmpeg.js';
import { psnr } from '../support/psnr.js';
import { followedGuide } from '../support/followed-guide.js';
import { printed, shellBlocks } from '../support/shell-guide.js';

const PAGE = 'docs/guides/covers.md';
const ROOT = join(import.meta.dirname, '../..');
const PICTURES = join(ROOT, dirname(PAGE), 'covers');
/** Pictures whose name on the page is not the one that the guide gives them. */
const MADE_AS: Readonly<Record<string, string>> = { 'sheet.jpg': 'board/sheet-001.jpg' };

const guide = followedGuide(PAGE);
const { runs } = guide;

const blocks = shellBlocks(PAGE);

test.each(blocks)('$where $name', ({ where, promised }) => {
  const { code, output, leftOver } = runs.get(where)!;
  expect(code, `${where}: ${output}`).toBe(0);
  expect(leftOver, `${where} leaves something running: ${output}`).toBe(false);
  for (const line of promised) expect(printed(output, line), `${where}: ${line}\n${output}`).toBe(true);
});

test('marks what it only shows, and names each block', () => {
  for (const { language, words, where } of fences(PAGE)) {
    if (language === 'sh') expect(['run', 'show'], where).toContain(words[0]);
    if (language === 'js') expect(words[0], where).toMatch(/^run$|\.mjs$/);
  }
  const names = blocks.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test('says nothing on standard error that is no output', () => {
  for (const { output } of runs.values()) expect(output).not.toMatch(/Warning|Error:/);
});

describe('its pictures', () => {
  const shown = [...readFileSync(join(ROOT, PAGE), 'utf8').matchAll(/!\[[^\]]+\]\(covers\/([\w.-]+)\)/g)];
  const names = shown.map(([, name]) => name!);

  test('are those that lie beside it, and small', () => {
    expect([...names].sort()).toEqual(readdirSync(PICTURES).sort());
    const bytes = names.map((name) => readFileSync(join(PICTURES, name)).byteLength);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(30_000);
  });

  test.each(names.filter((name) => name.endsWith('.jpg')))('%s shows what the guide makes', async (name) => {
    const [kept, made] = [join(PICTURES, name), join(guide.folder, MADE_AS[name] ?? name)];
    expect(psnr(await sharp(made).raw().toBuffer(), await sharp(kept).raw().toBuffer())).toBeGreaterThan(25);
  });

  test('the moving ones are made too', async () => {
    expect(existsSync(join(guide.folder, 'preview.webp'))).toBe(true);
    const { streams } = await ffprobe('-show_entries', 'stream=codec_name', join(guide.folder, 'preview.mp4'));
    expect(streams).toEqual([{ codec_name: 'h264' }]);
  });
});
