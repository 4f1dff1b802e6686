// The watchdog ends a command whose own thread is stuck, and lets a finished one go.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

function run(program: string): { status: number | null; stderr: string; took: number } {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stderr, took: performance.now() - started };
}

test('a thread that never comes back is ended with one sentence and exit code 1', () => {
  const { status, stderr, took } = run(`
    import { startWatchdog } from '#dist/cli/watchdog.js';
    startWatchdog(300, 'It hung. (FR_TIMEOUT)');
    for (;;);
  `);
  expect({ status, stderr }).toEqual({ status: 1, stderr: 'framerail: It hung. (FR_TIMEOUT)\n' });
  expect(took).toBeGreaterThan(300);
});

test('a watchdog that was called off neither bites nor keeps the process alive', () => {
  const { status, stderr, took } = run(`
    import { startWatchdog } from '#dist/cli/watchdog.js';
    const callOff = startWatchdog(60_000, 'It hung.');
    callOff();
  `);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(took).toBeLessThan(10_000);
});
