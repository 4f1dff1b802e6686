// Runs the checks beside the tests, and says in the end what either found. The checks only calculate and the tests wait for
// peers a sixth of their time: at the lowest priority, checks take what the tests leave.
// Usage: node scripts/test.mjs [long]; arguments behind that are for vitest
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const args = process.argv.slice(2);
const length = args[0] === 'long' ? args.shift() : 'short';

// Its children have its priority.
const check = start(['scripts/check.mjs'], ['ignore', 'pipe', 'pipe']);
if (check.pid !== undefined) setPriority(check.pid, constants.priority.PRIORITY_LOW);
const said = [];
for (const stream of [check.stdout, check.stderr]) stream.on('data', (bytes) => said.push(bytes));
const tests = start(['node_modules/vitest/vitest.mjs', 'run', ...args], 'inherit', { FRAMERAIL_TESTS: length });
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    // Ctrl-C in a terminal reaches them too, and a second one would end the tests before they have cleaned up.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    for (const child of [check, tests]) child.kill(signal);
  });

const ends = await Promise.all([check, tests].map((child) => once(child, 'close')));
process.stdout.write(Buffer.concat(said));
process.exitCode = ends.every(([code]) => code === 0) ? 0 : 1;

function start(command, stdio, env = {}) {
  return spawn(process.execPath, command, { cwd: ROOT, stdio, env: { ...process.env, ...env } });
}
