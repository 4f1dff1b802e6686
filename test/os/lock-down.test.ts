// How a process locks itself down: levels by what is refused, and what happens where its launcher did not run.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { levelOf, tooLittle } from '#dist/os/lock-down.js';
import { SECCOMP } from '../support/kernel.js';

const ALL = { programs: true, network: true, writing: true, reading: true };

test('a level is what is refused together', () => {
  expect(levelOf(ALL)).toBe(3);
  expect(levelOf({ ...ALL, reading: false })).toBe(2);
  expect(levelOf({ ...ALL, writing: false })).toBe(2);
  expect(levelOf({ ...ALL, network: false })).toBe(1);
  expect(levelOf({ programs: false, network: false, writing: false, reading: true })).toBe(1);
  expect(levelOf({ programs: false, network: false, writing: false, reading: false })).toBe(0);
});

test('too little is one sentence that says why', () => {
  expect(tooLittle(1, 3, ['there is no this', 'there is no that']).message).toBe(
    'A media worker is locked down to level 1 here, and level 3 is required: there is no this; there is no that.',
  );
});

test.runIf(SECCOMP)('without its launcher a process gives up what it can, and lives on', async () => {
  // Where libuv holds an io_uring a filter would end the process, and see nothing of what goes through the ring.
  const script = `
    import { lockDown } from ${JSON.stringify(import.meta.resolve('#dist/os/lock-down.js'))};
    import { readFile } from 'node:fs/promises';
    const report = await lockDown({ required: 0, opensForWriting: false, lacks: [] });
    await readFile(process.execPath, { encoding: 'latin1' });
    await new Promise((resolve) => setTimeout(resolve, 1));
    process.stdout.write(JSON.stringify(report));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
  const { level, lacks } = JSON.parse(stdout) as { level: number; lacks: string[] };
  if (lacks.length === 0) expect(level).toBe(2);
  else
    expect({ level, lacks }).toEqual({
      level: 0,
      lacks: ['there is no filter of system calls: node holds an io_uring already'],
    });
});
