// Runs the checks beside the tests, and says in the end what either found. The checks only calculate and the tests wait for
// peers a sixth of their time: at the lowest priority, checks take what the tests leave.
// Where nobody can look again (`CI` is set), files of tests that failed are run once more, one at a time with nothing beside
// them: bounds of milliseconds meet neighbours in the crowd. What fails there too has failed; the report names what did not.
// Usage: node scripts/test.mjs [long]; arguments behind that are for vitest
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FAILED = join(ROOT, '.cache', 'failed-files');
const args = process.argv.slice(2);
const length = args[0] === 'long' ? args.shift() : 'short';

/** Files that are asked a second time. */
const MOST = 10;

let stopped = false;

// Its children have its priority.
const check = start(['scripts/check.mjs'], ['ignore', 'pipe', 'pipe']);
if (check.pid !== undefined) setPriority(check.pid, constants.priority.PRIORITY_LOW);
const said = [];
for (const stream of [check.stdout, check.stderr]) stream.on('data', (bytes) => said.push(bytes));
const running = new Set([check]);
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    stopped = true;
    // Ctrl-C in a terminal reaches them too, and a second one would end the tests before they have cleaned up.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    for (const child of running) child.kill(signal);
  });

const [[checked], passed] = await Promise.all([once(check, 'close'), test(args)]);
const failed = passed || stopped || process.env.CI === undefined ? [] : failedFiles();
const second = failed.length > 0 && (await test(['--maxWorkers=1', '--no-file-parallelism', ...failed]));
const again = second ? [] : failedFiles();
process.stdout.write(Buffer.concat(said));
for (const file of failed) {
  const how = second || (again.length > 0 && !again.includes(file)) ? 'passed' : 'failed again';
  console.log(`tests: ${relative(ROOT, file)} failed in the crowd, and ${how} alone`);
}
process.exitCode = checked === 0 && (passed || second) ? 0 : 1;

async function test(options) {
  rmSync(FAILED, { force: true });
  const environment = { FRAMERAIL_TESTS: length, FRAMERAIL_FAILED_FILES: FAILED };
  const child = start(['node_modules/vitest/vitest.mjs', 'run', ...options], 'inherit', environment);
  running.add(child);
  const [code] = await once(child, 'close');
  running.delete(child);
  return code === 0;
}

/** The files that failed; none where something failed that is of no file, vitest itself did, or so many that no crowd explains it. */
function failedFiles() {
  if (!existsSync(FAILED)) return [];
  const files = readFileSync(FAILED, 'utf8').split('\n').slice(0, -1);
  return files.includes('') || files.length > MOST ? [] : files;
}

function start(command, stdio, env = {}) {
  return spawn(process.execPath, command, { cwd: ROOT, stdio, env: { ...process.env, ...env } });
}
