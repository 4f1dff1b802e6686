// Every example runs as its first line says.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fixture } from './support/fixtures.js';

const EXAMPLES = join(import.meta.dirname, '../examples');
let out: string;

beforeAll(async () => {
  out = await mkdtemp(join(tmpdir(), 'framerail-examples-'));
});

afterAll(async () => {
  await rm(out, { recursive: true });
});

async function run(name: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(EXAMPLES, name), ...args], { timeout: 30_000 });
  return stdout;
}

test('brightness prints a line for each second', async () => {
  const lines = (await run('brightness.mjs', fixture('plain.mp4'))).trimEnd().split('\n');
  expect(lines).toHaveLength(4);
  for (const [second, line] of lines.entries())
    expect(line).toMatch(new RegExp(`^ +${String(second)}\\.00 s +#+ [\\d.]+ %$`));
});

test('tensor prints the shape and plausible means', async () => {
  const printed = await run('tensor.mjs', fixture('plain.mp4'));
  expect(printed).toContain('shape [ 8, 3, 224, 224 ] of 1204224 bytes');
  const means = [...printed.matchAll(/mean \w+ ([\d.]+)/g)].map((match) => Number(match[1]));
  expect(means).toHaveLength(3);
  for (const mean of means) expect(mean).toBeGreaterThan(20);
});

test('covers writes one file for each good video and names the bad one', async () => {
  const printed = await run('covers.mjs', out, fixture('plain.mp4'), fixture('vp9.webm'), fixture('text.mp4'));
  expect((await readdir(out)).sort()).toEqual(['plain.mp4.jpg', 'vp9.webm.jpg']);
  expect(printed).toContain('FR_INPUT_INVALID');
});
