// A worker that cannot load native code beside one that has: an incident of its own, and no reason to go over to commands.
import { execFile } from 'node:child_process';
import { cpSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { fixture } from '../support/fixtures.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const ROOT = join(import.meta.dirname, '../..');

/** Breaks the package between the starts of two workers. */
const SCRIPT = `
import { readdirSync, writeFileSync } from 'node:fs';
import { createCovers } from './dist/index.js';
process.on('warning', ({ message }) => console.error(message));
const covers = createCovers({ workers: 2 });
await covers.warm(1);
const [worker] = covers.pids;
for (const name of readdirSync('dist/packed'))
  if (name.startsWith('av-')) writeFileSync('dist/packed/' + name, 'throw new Error("a library is missing");');
const made = await Promise.all([0, 1, 2, 3].map((at) => covers.make(process.argv[2], { at, size: [64, 36] })));
const failed = await covers.warm(2).catch(({ code }) => code);
console.log(JSON.stringify({ made: made.map(({ pts }) => pts), same: covers.pids.includes(worker), failed }));
await covers.close();
`;

test('the worker that works does all of it, and whoever wants two is told why there is one', async () => {
  const home = temporaryFolder();
  cpSync(join(ROOT, 'dist'), join(home, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(home, 'package.json'));
  symlinkSync(join(ROOT, 'node_modules'), join(home, 'node_modules'));
  writeFileSync(join(home, 'script.mjs'), SCRIPT);
  const args = [join(home, 'script.mjs'), fixture('plain.mp4')];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: home, timeout: 60_000 });
  expect(stderr).not.toContain('FRAMERAIL_FALLBACK');
  expect(JSON.parse(stdout)).toEqual({ made: [0, 1, 2, 3], same: true, failed: 'FR_ENGINE_LOAD' });
});
