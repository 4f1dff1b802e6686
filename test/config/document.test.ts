// Configuration files: values, the lines that they stand on, and what is no YAML at all.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseConfig } from '#dist/config/index.js';
import { isFramerailError } from '#dist/base/index.js';
import { failure } from '../support/failure.js';

const TEXT = `
# A comment.
defaults: &usual
  queueBytes: 8M
relays:
  one:
    from: rtmp://a/b/c
    to:
      - rtmp://d/e/f
      - rtmp://g/h/i
  two:
    <<: *usual
    from: rtmp://j/k/l
`;

test('values are plain, merges are followed, and every name and item has its line', async () => {
  const { value, lineOf, duplicates } = await parseConfig(TEXT, 'x.yaml');
  expect(value).toMatchObject({ relays: { two: { queueBytes: '8M', from: 'rtmp://j/k/l' } } });
  expect(duplicates).toEqual([]);
  expect(lineOf(['relays', 'one'])).toBe(6);
  expect(lineOf(['relays', 'one', 'to', 1])).toBe(10);
  expect(lineOf(['relays', 'two', 'from'])).toBe(13);
  // What is not there is where it would be.
  expect(lineOf(['relays', 'two', 'queueBytes'])).toBe(11);
  expect(lineOf(['nothing'])).toBeUndefined();
});

test('JSON is YAML, also with tabs, and keeps its lines', async () => {
  const text = JSON.stringify({ relays: { a: { to: ['x', 'y'] } } }, null, '\t');
  const { value, lineOf } = await parseConfig(text, 'x.json');
  expect(value).toEqual(JSON.parse(text));
  expect(lineOf(['relays', 'a', 'to', 1])).toBe(6);
});

test('a name that stands twice is told with both lines', async () => {
  const { duplicates } = await parseConfig('a:\n  b: 1\n  c: 2\n  b: 3\n', 'x.yaml');
  expect(duplicates).toEqual([{ path: ['a', 'b'], line: 4, first: 2 }]);
});

test.each([
  ['a: [1, 2\nb: secret-key', 'x.yaml cannot be read as YAML at line'],
  ['a:\n  b: 1\n c: 2\n', 'at line 3'],
  ['a: *nowhere\n', 'x.yaml cannot be read as YAML at line 1'],
  ['a: "b\n', 'at line'],
])('%j is refused in one sentence without its text', async (text, said) => {
  const error = await failure(async () => await parseConfig(text, 'x.yaml'));
  expect(error.code).toBe('FR_ARG_INVALID');
  expect(error.message).toContain(said);
  expect(error.message).not.toContain('secret-key');
  expect(error.message).not.toContain('\n');
});

test('anchors that multiply are refused instead of filling memory', async () => {
  const levels = Array.from(
    { length: 12 },
    (_, i) => `l${String(i + 1)}: &l${String(i + 1)} [${`*l${String(i)}, `.repeat(10)}]`,
  );
  const text = ['l0: &l0 [x]', ...levels].join('\n');
  expect(await failure(async () => await parseConfig(text, 'x.yaml'))).toMatchObject({ code: 'FR_ARG_INVALID' });
});

test('a template may be used by 2000 relays', async () => {
  const relays = Array.from({ length: 2000 }, (_, i) => `  r${String(i)}: { <<: *usual, from: x }`);
  const { value } = await parseConfig(['usual: &usual { queueBytes: 1M }', 'relays:', ...relays].join('\n'), 'x.yaml');
  expect(Object.keys((value as { relays: object }).relays)).toHaveLength(2000);
});

test('whatever is written is read back, and any other text is refused or read, never worse', async () => {
  const words = fc.stringMatching(/^[a-z]{1,8}$/);
  const tree = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.array(tie('value')),
      tie('map'),
    ),
    map: fc.dictionary(words, tie('value')),
  }));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(words, tree.value), async (value) => {
      expect((await parseConfig(stringify(value), 'x')).value ?? {}).toEqual(value);
    }),
    { numRuns: 200 },
  );
  const pieces = fc.array(
    fc.constantFrom(
      'a: ',
      '- ',
      '\n',
      '  ',
      '[',
      '{',
      '}',
      ',',
      '&x ',
      '*x',
      '"',
      "'",
      '<<: ',
      '|',
      '!!set ',
      '#',
      '? ',
    ),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string(),
        pieces.map((list) => list.join('')),
      ),
      async (text) => {
        try {
          const { lineOf } = await parseConfig(text, 'x');
          lineOf(['a', 0, 'b']);
        } catch (error) {
          expect(isFramerailError(error)).toBe(true);
        }
      },
    ),
    { numRuns: 500 },
  );
});
