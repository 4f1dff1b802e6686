// A worker dies with its parent, whatever killed the parent, and can end itself from any state.
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const OS = import.meta.resolve('#dist/os/index.js');
const run = promisify(execFile);

/** Arguments for a process that runs a script which may use `os`. */
function script(text: string): string[] {
  return ['--input-type=module', '-e', `import * as os from ${JSON.stringify(OS)};\n${text}`];
}

test.runIf(process.platform === 'linux')('a child dies when its parent is killed', async () => {
  // The child holds the output open for as long as it lives: its end is the end of the stream.
  const child = script(`
    console.log(os.dieWithParent(process.ppid));
    setTimeout(() => console.log('survived'), 10_000);
  `);
  const parent = spawn(
    process.execPath,
    script(`
      import { spawn } from 'node:child_process';
      spawn(process.execPath, ${JSON.stringify(child)}, { stdio: ['ignore', 'inherit', 'inherit'] });
    `),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let said = '';
  for await (const chunk of parent.stdout) {
    said += String(chunk);
    parent.kill('SIGKILL');
  }
  expect(said).toBe('true\n');
});

test.runIf(process.platform === 'linux')('a child whose parent is gone already ends itself', async () => {
  const ended = run(process.execPath, script(`os.dieWithParent(process.ppid + 1); console.log('alive');`));
  await expect(ended).rejects.toMatchObject({ code: 1, stdout: '' });
});

test('exitNow ends the process at once: no handler runs and nothing is waited for', async () => {
  const ended = run(
    process.execPath,
    script(`
      process.on('exit', () => console.log('handler'));
      setInterval(() => undefined, 1000);
      os.exitNow(7);
      console.log('after');
    `),
  );
  await expect(ended).rejects.toMatchObject({ code: 7, stdout: '' });
});
