// The documentation check finds what is public and unexplained, and error codes out of step with their table.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { plant, runScript, type Tree } from './tree.js';

const CLEAN: Tree = {
  'package.json': `{ "type": "module" }\n`,
  'src/index.ts': `export { ERRORS } from './base/errors.js';\nexport { Thing as Renamed, type Shape } from './thing.js';\n`,
  'src/base/errors.ts': `/** The table of codes. */
export const ERRORS = { FR_A_B: { retryable: true, meaning: 'It may | may not.' } } as const;
export const used = 'FR_A_B';
`,
  'src/thing.ts': `/** A thing that does. */
export class Thing {
  #hidden = 1;
  private alsoHidden = 2;
  /** @internal */
  inner = 3;
  /** Does what things do. */
  act(): number {
    return this.#hidden + this.alsoHidden;
  }
}
/** A shape with sides. */
export interface Shape {
  /** How many sides it has. */
  sides: number;
}
export const notExported = 1;
`,
};

/** What is missing -> the files that show it, the line of src/index.ts that exports it, and every finding it must give. */
const GAPS: Readonly<Record<string, { readonly index: string; readonly files: Tree; readonly findings: string[] }>> = {
  'an export without prose, under its public name': {
    index: `export { Bare as Named, type Brief } from './bare.js';`,
    files: { 'src/bare.ts': `\nexport class Bare {}\n/** Too short. */\nexport interface Brief {}\n` },
    findings: ['src/bare.ts:2 Named is not documented', 'src/bare.ts:4 Brief is not documented'],
  },
  'prose that is only tags': {
    index: `export * from './add.js';`,
    files: {
      'src/add.ts': `/** @param a - a number of things to add */\nexport function add(a: number) {\n  return a;\n}\n`,
    },
    findings: ['src/add.ts:2 add is not documented'],
  },
  'members of a class: its own, static and inherited from a base that is not exported': {
    index: `export * from './deep.js';`,
    files: {
      'src/deep.ts': `class Base {
  inherited = 1;
}
/** A class that is exported. */
export class Deep extends Base {
  field = 1;
  get value() {
    return 1;
  }
  static make() {}
  [Symbol.iterator]() {}
  protected open() {}
}
`,
    },
    findings: [
      'src/deep.ts:2 Deep.inherited is not documented',
      'src/deep.ts:6 Deep.field is not documented',
      'src/deep.ts:7 Deep.value is not documented',
      'src/deep.ts:10 Deep.make is not documented',
      'src/deep.ts:11 Deep.[Symbol.iterator] is not documented',
      'src/deep.ts:12 Deep.open is not documented',
    ],
  },
  'members of interfaces and of aliases, in every arm': {
    index: `export type { Options, Event, One } from './types.js';`,
    files: {
      'src/types.ts': `/** The options of a call. */
export interface Options {
  size: number;
  run(): void;
}
/** One kind of event. */
export type Event =
  | { a: 1 }
  | ({ b: 2 } & {
      /** The third of them. */
      c: 3;
    });
/** Not made of members. */
export type One = keyof Options;
`,
    },
    findings: [
      'src/types.ts:3 Options.size is not documented',
      'src/types.ts:4 Options.run is not documented',
      'src/types.ts:8 Event.a is not documented',
      'src/types.ts:9 Event.b is not documented',
    ],
  },
  'a re-export that leads to nothing': {
    index: `export { missing } from './thing.js';`,
    files: {},
    findings: ['src/index.ts:7 missing leads to nothing'],
  },
  'an error code that the table lacks, and an entry that nothing uses': {
    index: `export { ERRORS } from './base/errors.js';`,
    files: {
      'src/base/errors.ts': `/** The table of codes. */
export const ERRORS = {
  FR_A_B: { retryable: true, meaning: 'FR_A_B' },
} as const satisfies object;
`,
      'src/base/fail.ts': `export const code = 'FR_NO_SUCH';\nexport const prose = 'FR_A_B is not used here';\n`,
    },
    findings: [
      'src/base/errors.ts:3 FR_A_B is used nowhere',
      'src/base/fail.ts:1 FR_NO_SUCH is not in the table of src/base/errors.ts',
    ],
  },
};

test('each gap is found at its line, and nothing else is', async () => {
  // All in one tree: a run loads the compiler and its library, and the gaps do not meet.
  const gaps = Object.values(GAPS);
  // What is documented stands between them.
  const index = [...gaps.map((gap) => gap.index), `export { Thing as Renamed, type Shape } from './thing.js';`];
  index.splice(4, 0, '', '');
  const files = Object.assign({}, CLEAN, ...gaps.map((gap) => gap.files)) as Tree;
  const run = await runScript('check-docs.mjs', await plant({ ...files, 'src/index.ts': `${index.join('\n')}\n` }));
  for (const [what, { findings }] of Object.entries(GAPS))
    expect.soft(run.findings, what).toEqual(expect.arrayContaining(findings));
  expect(run.findings.toSorted()).toEqual(gaps.flatMap(({ findings }) => findings).toSorted());
  expect(run.code).toBe(1);
});

test('the errors page must follow the built table; a documented tree passes with its counts', async () => {
  const table = CLEAN['src/base/errors.ts']?.replace(' as const', '') ?? '';
  const root = await plant({ ...CLEAN, 'dist/base/errors.js': table });
  const stale = 'differs from the built error table: run node scripts/gen-errors-doc.mjs';
  expect((await runScript('check-docs.mjs', root)).findings).toEqual([`docs/reference/errors.md:1 ${stale}`]);
  expect(await runScript('gen-errors-doc.mjs', '--check', root)).toMatchObject({
    code: 1,
    findings: [`docs/reference/errors.md ${stale}`],
  });

  expect(await runScript('gen-errors-doc.mjs', root)).toMatchObject({ code: 0, findings: [] });
  expect(await readFile(join(root, 'docs/reference/errors.md'), 'utf8')).toContain(
    '| Code     | Retryable | Meaning            |\n' +
      '| -------- | --------- | ------------------ |\n' +
      '| `FR_A_B` | yes       | It may \\| may not. |\n',
  );
  expect((await runScript('gen-errors-doc.mjs', '--check', root)).code).toBe(0);
  expect(await runScript('check-docs.mjs', root)).toEqual({
    code: 0,
    findings: [],
    stdout: 'docs: 5 public symbols and members, 1 error codes, all documented\n',
  });
});

test('without a build there is no errors page to write', async () => {
  const run = await runScript('gen-errors-doc.mjs', await plant(CLEAN));
  expect(run).toMatchObject({ code: 1, findings: ['dist/base/errors.js does not exist: run npm run build first'] });
});
