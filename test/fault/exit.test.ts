// A caller that exits before its output is whole leaves nothing of it; one that is killed leaves no half file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeAtExit } from '#dist/base/index.js';
import { fixture } from '../support/fixtures.js';
import { filesIn } from '../support/process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** A program that processes a video and ends in the middle, as it is told. */
const PROGRAM = `
  import { startProcess } from '#dist/index.js';
  const [input, output, how] = process.argv.slice(1);
  startProcess(input, output, {
    transform: ({ frames }) => {
      if (frames[0].index < 20) return;
      if (how === 'exit') process.exit(3);
      if (how === 'throw') setImmediate(() => { throw new Error('of mine'); });
      if (how === 'kill') process.kill(process.pid, 'SIGKILL');
      return new Promise(() => undefined);
    },
  });
`;

test.each([
  ['exit', []],
  ['throw', []],
  ['kill', [expect.stringMatching(/^\.framerail-.+\.part$/) as string]],
])('%s', async (how, left) => {
  const folder = temporaryFolder();
  const args = ['--input-type=module', '-e', PROGRAM, fixture('plain.mp4'), join(folder, 'out.mp4'), how];
  const program = spawn(process.execPath, args, { stdio: 'ignore' });
  const [code] = (await once(program, 'exit')) as [number | null];
  expect(code).toBe({ exit: 3, throw: 1 }[how] ?? null);
  expect(filesIn(folder)).toEqual(left);
});

test('one listener for all that is open, and none for nothing', () => {
  const before = process.listenerCount('exit');
  const settled = ['a', 'b', 'c'].map((name) => removeAtExit(join(temporaryFolder(), name)));
  expect(process.listenerCount('exit')).toBe(before + 1);
  for (const one of settled) {
    one();
    one();
  }
  expect(process.listenerCount('exit')).toBe(before);
});
