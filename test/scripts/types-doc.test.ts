// The page of options is made from the documentation of the types; it names every option that the checks let through.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { checkFrames } from '#dist/frames/options.js';
import { checkProcess } from '#dist/frames/process/process-options.js';
import { failure } from '../support/failure.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const ROOT = join(import.meta.dirname, '..', '..');
const SCRIPT = join(ROOT, 'scripts/gen-types-doc.mjs');
const PAGE = 'docs/reference/options.md';
const run = promisify(execFile);

/** The section of a call. */
function section(call: string): string {
  const page = readFileSync(join(ROOT, PAGE), 'utf8');
  return page.split('\n## ').find((one) => one.startsWith(`\`${call}()\``))!;
}

/** The names that a check knows: it lists them when none is near. */
async function known(check: (options: object) => unknown): Promise<string[]> {
  const { message } = await failure(() => check({ zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz: 1 }));
  return /Expected one of (.+) in the options/.exec(message)![1]!.split(', ');
}

test('every option that is taken has a row with a type and a meaning', async () => {
  const calls = {
    processVideo: await known((options) => checkProcess(options, false)),
    'video.frames': (await known((options) => checkFrames(options))).filter(
      (name) => !['roots', 'inputTimeout'].includes(name),
    ),
  };
  expect(calls.processVideo).toContain('decoder');
  for (const [call, names] of Object.entries(calls)) {
    const rows = section(call)
      .split('\n')
      .filter((line) => line.startsWith('| `'));
    expect(rows).toHaveLength(names.length);
    for (const name of names) {
      const row = rows.find((one) => one.startsWith(`| \`${name}\` `));
      expect(row, name).toMatch(/^\| `\w+` +\| `.+` +\| .*\S +\| \S+ \S+ .+\|$/);
    }
  }
});

// One run says both: it takes as long as all other tests of scripts together.
test(
  'the page is up to date, and a documentation that changed is found out at its line',
  { timeout: 120_000 },
  async () => {
    const root = temporaryFolder();
    for (const name of ['src', 'tsconfig.base.json', 'package.json', '.prettierrc.json'])
      cpSync(join(ROOT, name), join(root, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'));
    mkdirSync(join(root, 'docs/reference'), { recursive: true });
    cpSync(join(ROOT, PAGE), join(root, PAGE));
    const source = join(root, 'src/frames/process/sink-options.ts');
    // As long as before, so that no other row of the table moves.
    const [before, after] = ['Columns and rows of every frame.', 'Rows and columns of every frame.'];
    writeFileSync(source, readFileSync(source, 'utf8').replace(before, after));
    const lines = readFileSync(join(ROOT, PAGE), 'utf8').split('\n');
    const line = lines.findIndex((one) => one.includes(before)) + 1;
    expect(line).toBeGreaterThan(0);
    const where = `${PAGE}:${String(line)} differs in 1 line(s) from the documentation in src/`;
    await expect(run(process.execPath, [SCRIPT, '--check', root], { timeout: 110_000 })).rejects.toMatchObject({
      code: 1,
      stderr: `${where}: run node scripts/gen-types-doc.mjs\n`,
    });
  },
);
