// Runs the checks two at a time, since one core is all that each of them uses, and says how every one of them ended.
// Usage: node scripts/check.mjs [lint|structure|docs ...]; all of them when none is named
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const AT_ONCE = 2;
const DEADLINE = 30 * 60_000; // of one check, on a machine that does much else
const ROOT = join(import.meta.dirname, '..');
const ESLINT = 'node_modules/eslint/bin/eslint.js';
const TESTS = ['test', 'vitest.config.ts'];

/** What is checked, by the part that it belongs to and the arguments for Node; what takes longest begins first. */
const CHECKS = [
  // ESLint has one program of types for each tsconfig.json, so that two runs do together what one did.
  ['lint', 'eslint of the tests', [ESLINT, ...TESTS, '--max-warnings', '0']],
  ['lint', 'eslint of the rest', [ESLINT, '.', ...TESTS.flatMap(ignored), '--max-warnings', '0']],
  ['lint', 'prettier', ['node_modules/prettier/bin/prettier.cjs', '--check', '.', '--log-level', 'warn']],
  ['docs', 'docs', ['scripts/check-docs.mjs']],
  ['docs', 'the pages of options and events', ['scripts/gen-types-doc.mjs', '--check']],
  ['structure', 'structure', ['scripts/check-structure.mjs']],
];

const parts = process.argv.slice(2);
const unknown = parts.filter((part) => !CHECKS.some(([one]) => one === part));
if (unknown.length > 0) {
  console.error(`check: there is no ${unknown.join(', ')}: expected lint, structure or docs.`);
  process.exit(2);
}

const waiting = CHECKS.filter(([part]) => parts.length === 0 || parts.includes(part));
await Promise.all(Array.from({ length: AT_ONCE }, work));

/** Runs one check after the other for as long as there are any: what one finds keeps none of the others from running. */
async function work() {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const [, name, args] = next;
    const start = performance.now();
    const { text, failure } = await run(args);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    // At one go, so that the lines of two checks do not mingle.
    console.log(`${text}check: ${name} ${failure === undefined ? 'found nothing' : failure} (${seconds} s)`);
    if (failure !== undefined) process.exitCode = 1;
  }
}

/** What a check printed, and how it failed; undefined when it did not. */
function run(args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: DEADLINE,
      killSignal: 'SIGKILL', // a deadline that may be ignored is none
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (some) => (text += some));
    child.on('error', (error) => resolve({ text, failure: `could not run: ${error.message}` }));
    child.on('close', (code, signal) =>
      resolve({ text, failure: code === 0 ? undefined : `failed with ${signal ?? `exit code ${code}`}` }),
    );
  });
}

function ignored(path) {
  return ['--ignore-pattern', path];
}
