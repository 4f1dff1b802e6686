// The structure check finds each kind of disorder, at its line, and nothing else.
import { expect, test } from 'vitest';
import { plant, runScript, type Tree } from './tree.js';

const CLEAN: Tree = {
  'src/index.ts': `export * from './frames/index.js';\n`,
  'src/frames/index.ts': `export { open } from './open.js';\n`,
  'src/frames/open.ts': `import { decode } from '../av/index.js';\nimport type { A } from '../base/index.js';\nexport const open = (a: A) => [decode, a];\n`,
  'src/av/index.ts': `import * as lib from 'node-av/lib';\nexport const decode = lib;\n`,
  'src/os/index.ts': `import koffi from 'koffi';\nexport const os = koffi;\n`,
  // The one file of a folder that may be imported past its door.
  'src/workers/node-child.ts': `export const start = 1;\n`,
  'src/relay/early.ts': `import { start } from '../workers/node-child.js';\nexport { start };\n`,
  'src/base/index.ts': `export { a, type A } from './a.js';\n`,
  'src/base/a.ts': `export const a = 1;\nexport type A = 1;\n`,
  'src/base/b.ts': `import { a } from './a.js';\nexport type B = 2;\nexport const b = a; // import('../cli/index.js')\n`,
};

/** What is wrong -> the files that show it, and every finding they must give. */
const DISORDERS: Record<string, { files: Tree; findings: string[] }> = {
  'an import of a folder above': {
    files: { 'src/base/up.ts': `\nimport { open } from '../frames/index.js';\nexport { open };\n` },
    findings: ['src/base/up.ts:2 imports frames/index.ts, against the direction of folders (base/ is below frames/)'],
  },
  'a type-only import of a folder above, in either syntax': {
    files: {
      'src/os/up.ts': `export type { open } from '../av/index.js';\nexport type A = typeof import('../av/index.js');\n`,
    },
    findings: [
      'src/os/up.ts:1 imports av/index.ts, against the direction of folders (os/ is below av/)',
      'src/os/up.ts:2 imports av/index.ts, against the direction of folders (os/ is below av/)',
    ],
  },
  'an import of src/index.ts, which stands above all': {
    files: { 'src/cli/index.ts': `import '../index.js';\n` },
    findings: ['src/cli/index.ts:1 imports index.ts, against the direction of folders (cli/ is below src/)'],
  },
  'an import past a door, static or dynamic': {
    files: {
      'src/frames/past.ts': `import { a } from '../base/a.js';\nexport { a };\n`,
      'src/index.ts': `\n\nexport const a = () => import('./base/a.js');\n`,
    },
    findings: [
      'src/frames/past.ts:1 imports base/a.ts past its door base/index.ts',
      'src/index.ts:3 imports base/a.ts past its door base/index.ts',
    ],
  },
  'an import of a folder above through its side door': {
    files: { 'src/memory/side.ts': `import { start } from '../workers/node-child.js';\nexport { start };\n` },
    findings: [
      'src/memory/side.ts:1 imports workers/node-child.ts, against the direction of folders (memory/ is below workers/)',
    ],
  },
  'a cycle': {
    files: {
      'src/net/a.ts': `export { c as a } from './b.js';\n`,
      'src/net/b.ts': `export { c } from './c.js';\n`,
      'src/net/c.ts': `\nexport { a as c } from './a.js';\n`,
    },
    findings: ['src/net/c.ts:2 closes an import cycle: net/a.ts -> net/b.ts -> net/c.ts -> net/a.ts'],
  },
  'a cycle of types alone': {
    files: {
      'src/base/a.ts': `import type { B } from './b.js';\nexport const a = 1;\nexport type A = B | 1;\n`,
    },
    findings: ['src/base/b.ts:1 closes an import cycle: base/a.ts -> base/b.ts -> base/a.ts'],
  },
  'a cycle through a dynamic import and an import of inline types': {
    files: {
      'src/jobs/a.ts': `export const b = () => import('./b.js');\nexport type A = 2;\n`,
      'src/jobs/b.ts': `import { type A } from './a.js';\nexport const b: A = 2;\n`,
    },
    findings: ['src/jobs/b.ts:1 closes an import cycle: jobs/a.ts -> jobs/b.ts -> jobs/a.ts'],
  },
  'a file that imports itself': {
    files: { 'src/relay/a.ts': `import './a.js';\n` },
    findings: ['src/relay/a.ts:1 closes an import cycle: relay/a.ts -> relay/a.ts'],
  },
  'node-av outside of av/, by any of its entries': {
    files: { 'src/frames/av.ts': `import 'node-av';\nawait import('node-av/constants');\n` },
    findings: [
      'src/frames/av.ts:1 imports node-av, which only av/ may import',
      'src/frames/av.ts:2 imports node-av/constants, which only av/ may import',
    ],
  },
  'sharp outside of covers/': {
    files: { 'src/av/image.ts': `const { default: sharp } = await import('sharp');\nexport { sharp };\n` },
    findings: ['src/av/image.ts:1 imports sharp, which only covers/ may import'],
  },
  'koffi outside of os/, even by require and for its types': {
    files: { 'src/av/os.ts': `const koffi = require('koffi');\nexport type K = import('koffi').K;\n` },
    findings: [
      'src/av/os.ts:1 imports koffi, which only os/ may import',
      'src/av/os.ts:2 imports koffi, which only os/ may import',
    ],
  },
  'the built package': {
    files: { 'src/base/built.ts': `import '#dist/index.js';\nimport 'framerail';\n` },
    findings: [
      'src/base/built.ts:1 imports the built package (#dist/index.js): use a relative path',
      'src/base/built.ts:2 imports the built package (framerail): use a relative path',
    ],
  },
  'an import from outside of src/': {
    files: { 'src/base/outside.ts': `import '../../bench/c.js';\n` },
    findings: ['src/base/outside.ts:1 imports ../../bench/c.js, which is outside of src/'],
  },
  'a folder without a place, once': {
    files: { 'src/utils/a.ts': '', 'src/utils/b.ts': '' },
    findings: ['src/utils/a.ts:1 the folder utils/ is not in the order list of check-structure.mjs'],
  },
  'a file beside index.ts': {
    files: { 'src/version.ts': '' },
    findings: ['src/version.ts:1 only index.ts lives directly in src/'],
  },
  'a long file': {
    files: { 'src/base/long.ts': '\n'.repeat(401), 'src/base/longest-allowed.ts': '\n'.repeat(400) },
    findings: ['src/base/long.ts:401 has 401 lines, the limit is 400'],
  },
};

test('a tree in order passes with its counts', async () => {
  const run = await runScript('check-structure.mjs', await plant(CLEAN));
  expect(run.findings).toEqual([]);
  expect(run.code).toBe(0);
  expect(run.stdout).toBe('structure: 10 files, 6 folders, 9 imports, all in order\n');
});

test('each disorder is found at its line, and nothing else is', async () => {
  // All in one tree: a run takes half a second, and their files do not meet.
  const disorders = Object.values(DISORDERS);
  const files = Object.assign({}, CLEAN, ...disorders.map((disorder) => disorder.files)) as Tree;
  const run = await runScript('check-structure.mjs', await plant(files));
  for (const [what, { findings }] of Object.entries(DISORDERS))
    expect.soft(run.findings, what).toEqual(expect.arrayContaining(findings));
  expect(run.findings.toSorted()).toEqual(disorders.flatMap(({ findings }) => findings).toSorted());
  expect(run.code).toBe(1);
});

test('an empty src/ does not pass as clean', async () => {
  const run = await runScript('check-structure.mjs', await plant({ 'src/readme.md': '' }));
  expect(run.findings).toEqual(['src/:1 holds no TypeScript file to check']);
  expect(run.code).toBe(1);
});
