// framerail cover --cache: the second time it is there, and a folder that cannot be used is in nobody's way.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli } from '../support/cli.js';
import { fixture } from '../support/fixtures.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('covers come from the folder, and without it where it is none', async () => {
  const folder = temporaryFolder();
  const [cache, wrong] = ['cache', 'file'].map((name) => join(folder, name));
  writeFileSync(wrong!, '');
  const make = async (out: string, at: string) => {
    const command = ['cover', fixture('plain.mp4'), '--size', '96x54', '--out', join(folder, out), '--cache', at];
    const { code, stdout, stderr } = await cli(...command);
    expect(code, stderr).toBe(0);
    return { text: stdout.toString(), stderr, bytes: readFileSync(join(folder, out)) };
  };
  const first = await make('1.jpg', cache!);
  const second = await make('2.jpg', cache!);
  expect(first.text).not.toContain('from the cache');
  expect(second.text).toMatch(/, from the cache\n$/);
  expect(second.bytes.equals(first.bytes)).toBe(true);
  const third = await make('3.jpg', wrong!);
  expect(third.bytes.equals(first.bytes)).toBe(true);
  expect(third.stderr).toContain(`The folder ${wrong!} is no folder. Work goes on without what it keeps`);
});
