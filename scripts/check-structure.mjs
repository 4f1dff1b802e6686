// Keeps the house in order: folders import downwards and through one door, native packages have one importer each,
// no file imports itself in a circle, and every file fits in a head.
// Usage: node scripts/check-structure.mjs [repository root]
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import ts from 'typescript';

/** The folders of src/ from top to bottom: each imports only from those below it. */
const ORDER = [
  'cli',
  'service',
  'http',
  'covers',
  'relay',
  'frames',
  'jobs',
  'cache',
  'workers',
  'spawned',
  'net',
  'memory',
  'av',
  'spelling',
  'sources',
  'hardware',
  'os',
  'pixels',
  'config',
  'telemetry',
  'base',
];
/** Second doors, for who starts cold and needs one file of a folder: to load what a first door leads to takes too long there. */
const SIDE_DOORS = ['base/packed-module.ts', 'workers/node-child.ts', 'av/network-bytes.ts'];
/** Native package -> the only folder that may import it. */
const NATIVE_DOORS = { 'node-av': 'av', koffi: 'os', sharp: 'covers' };
const MAX_LINES = 400;

const root = resolve(process.argv[2] ?? join(import.meta.dirname, '..'));
const findings = [];
const report = (file, line, message) => findings.push({ file, line, message });

// Everything below names files relative to src/, with forward slashes.
const files = readdirSync(join(root, 'src'), { recursive: true })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts'))
  .sort();
const sources = new Map(files.map((file) => [file, parse(file)]));
const imports = new Map(files.map((file) => [file, importsOf(sources.get(file))]));
const folders = new Set(files.map(folderOf));
folders.delete('');

if (files.length === 0) report('', 1, 'holds no TypeScript file to check');
for (const folder of folders)
  if (!ORDER.includes(folder))
    report(
      files.find((file) => folderOf(file) === folder),
      1,
      `the folder ${folder}/ is not in the order list of check-structure.mjs`,
    );
for (const file of files) {
  checkPlaceAndSize(file);
  for (const found of imports.get(file)) checkImport(file, found);
}
checkCycles();

findings.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
for (const { file, line, message } of findings) console.error(`src/${file}:${line} ${message}`);
if (findings.length > 0) process.exit(1);
const importCount = [...imports.values()].reduce((sum, list) => sum + list.length, 0);
console.log(`structure: ${files.length} files, ${folders.size} folders, ${importCount} imports, all in order`);

function checkPlaceAndSize(file) {
  if (folderOf(file) === '' && file !== 'index.ts') report(file, 1, 'only index.ts lives directly in src/');
  const { text } = sources.get(file);
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (lines > MAX_LINES) report(file, MAX_LINES + 1, `has ${lines} lines, the limit is ${MAX_LINES}`);
}

function checkImport(file, { specifier, line, target }) {
  const from = folderOf(file);
  const name = packageOf(specifier);
  if (Object.hasOwn(NATIVE_DOORS, name) && from !== NATIVE_DOORS[name])
    report(file, line, `imports ${specifier}, which only ${NATIVE_DOORS[name]}/ may import`);
  if (name === 'framerail' || name === '#dist')
    report(file, line, `imports the built package (${specifier}): use a relative path`);
  if (target === undefined) return;
  if (target.startsWith('../')) return report(file, line, `imports ${specifier}, which is outside of src/`);

  const to = folderOf(target);
  if (from === to || !isOrdered(from) || !isOrdered(to)) return;
  if (rank(to) < rank(from))
    report(file, line, `imports ${target}, against the direction of folders (${from}/ is below ${to || 'src'}/)`);
  else if (target !== `${to}/index.ts` && !SIDE_DOORS.includes(target))
    report(file, line, `imports ${target} past its door ${to}/index.ts`);
}

/** Walks imports depth first, those of types too; one of a file that is still being walked closes a circle. */
function checkCycles() {
  const path = [];
  const finished = new Set();
  const walk = (file) => {
    path.push(file);
    for (const { target, line } of imports.get(file)) {
      if (!imports.has(target) || finished.has(target)) continue;
      const start = path.indexOf(target);
      if (start < 0) walk(target);
      else report(file, line, `closes an import cycle: ${[...path.slice(start), target].join(' -> ')}`);
    }
    path.pop();
    finished.add(file);
  };
  for (const file of files) if (!finished.has(file)) walk(file);
}

function parse(file) {
  return ts.createSourceFile(file, readFileSync(join(root, 'src', file), 'utf8'), ts.ScriptTarget.Latest);
}

/** Every import with a literal specifier, in whatever syntax. */
function importsOf(source) {
  const found = [];
  const add = (node, specifier) => {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    found.push({ specifier: specifier.text, line, target: targetOf(source.fileName, specifier.text) });
  };
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node, node.moduleSpecifier);
    else if (ts.isImportTypeNode(node)) add(node, node.argument.literal);
    else if (ts.isCallExpression(node) && isLoader(node.expression)) add(node, node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isLoader(callee) {
  return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');
}

/** The file of src/ that a relative specifier means; undefined for packages and for files other than code. */
function targetOf(file, specifier) {
  if (!/^\.\.?\//.test(specifier)) return undefined;
  return posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
}

function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The folder of src/ that a file is in; '' for src/index.ts, which stands above all. */
function folderOf(file) {
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : '';
}

function isOrdered(folder) {
  return folder === '' || ORDER.includes(folder);
}

function rank(folder) {
  return ORDER.indexOf(folder); // -1, the top, for src/index.ts
}
