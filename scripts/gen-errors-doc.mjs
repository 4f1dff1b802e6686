// Writes docs/reference/errors.md from the built error table; with --check, fails when the file is not up to date.
// Usage: node scripts/gen-errors-doc.mjs [--check] [repository root]
import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const ERRORS_DOC = 'docs/reference/errors.md';
const TABLE = 'dist/base/errors.js';

/** What is wrong with the errors page, as one sentence; undefined when it is up to date or nothing is built yet. */
export async function checkErrorsDoc(root) {
  if (!existsSync(join(root, TABLE))) return undefined;
  const page = join(root, ERRORS_DOC);
  if (existsSync(page) && readFileSync(page, 'utf8') === (await renderErrorsDoc(root))) return undefined;
  return 'differs from the built error table: run node scripts/gen-errors-doc.mjs';
}

async function renderErrorsDoc(root) {
  const { ERRORS } = await import(pathToFileURL(join(root, TABLE)).href);
  const rows = Object.entries(ERRORS).map(([code, { retryable, meaning }]) => [
    `\`${code}\``,
    retryable ? 'yes' : 'no',
    meaning.replaceAll('|', '\\|'),
  ]);
  return `# Error codes

<!-- Made by scripts/gen-errors-doc.mjs from src/base/errors.ts: change the table there, build, run the script. -->

Every failure is a \`FramerailError\` with one of these as its \`code\`. Retryable means that the same call may succeed
later without any change by the caller.

${table(['Code', 'Retryable', 'Meaning'], rows)}
`;
}

/** A Markdown table in the aligned form that the formatter keeps. */
function table(head, rows) {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const line = (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

async function main() {
  const args = process.argv.slice(2);
  const root = resolve(args.find((arg) => !arg.startsWith('--')) ?? join(import.meta.dirname, '..'));
  if (!existsSync(join(root, TABLE))) throw new Error(`${TABLE} does not exist: run npm run build first`);
  if (args.includes('--check')) {
    const problem = await checkErrorsDoc(root);
    if (problem !== undefined) throw new Error(`${ERRORS_DOC} ${problem}`);
    return;
  }
  mkdirSync(dirname(join(root, ERRORS_DOC)), { recursive: true });
  writeFileSync(join(root, ERRORS_DOC), await renderErrorsDoc(root));
  console.log(`wrote ${ERRORS_DOC}`);
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
