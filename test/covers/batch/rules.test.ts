// Rules: which column is which field, what is made of its value, and what is wrong with rules is said at once.
import { expect, test } from 'vitest';
import { readRules } from '#dist/covers/batch/rules/read-rules.js';
import { UsualColumns } from '#dist/covers/batch/rules/usual-columns.js';
import { failure } from '../../support/failure.js';

const RULES = `fields:
  input: video_url
  name: '{sku}-{locale}'
  id: sku
  at: { column: [best_at, at], as: fraction, default: best }
  size: { column: sizes, as: list, separator: '|' }
  quality: { column: q, as: number }
  format: { column: kind, map: { hi: png, '*': jpeg } }
  headers: { template: 'Authorization: Bearer {token}' }
  fit: { value: smart }
when:
  status: [live, published]
  hidden: { not: 'yes' }
`;

test('columns become fields', async () => {
  const rules = await readRules(RULES, 'rules.yaml');
  const row = { video_url: ' a.mp4 ', sku: 12, locale: 'de', at: '0.125', sizes: '64x36| 9:16@36', q: '80', kind: 'x' };
  expect(rules.wishOf({ ...row, token: 't', status: 'live' })).toEqual({
    ...{ input: 'a.mp4', name: '12-de', id: '12', segment: undefined },
    options: {
      at: ['12.5%'],
      sizes: [[64, 36], '9:16@36'],
      quality: 80,
      format: 'jpeg',
      headers: { Authorization: 'Bearer t' },
      fit: 'smart',
    },
  });
  expect(rules.wishOf({ video_url: 'a', status: 'published', kind: 'hi' })).toEqual({
    ...{ input: 'a', name: undefined, id: undefined, segment: undefined },
    options: { at: ['best'], format: 'png', fit: 'smart' },
  });
  expect(rules.wishOf({ ...row, status: 'draft' })).toBeUndefined();
  expect(rules.wishOf({ ...row, status: 'live', hidden: 'yes' })).toBeUndefined();
});

test.each([
  [{ status: 'live' }, 'It has no `input`: the column "video_url" is missing or empty.'],
  [{ status: 'live', video_url: 'a', at: 'soon' }, 'Expected a fraction such as 0.5 for `at` but received "soon".'],
  [{ status: 'live', video_url: 'a', q: {} }, 'Expected a number for `quality` but received an object.'],
  [
    { status: 'live', video_url: 'a', sizes: 'wide' },
    'Expected a size such as 640x360, or a shape and its columns such as 9:16@360 for `size`',
  ],
])('a row of %o fails with one sentence', async (row, sentence) => {
  const rules = await readRules(RULES, 'rules.yaml');
  const error = await failure(() => rules.wishOf(row));
  expect(error.code).toBe('FR_MANIFEST_ROW');
  expect(error.message).toContain(sentence);
});

test.each([
  ['fields: { name: a }', 1, 'Expected the column of the inputs for `fields.input`'],
  ['fields:\n  input: a\n  qualty: q\n', 3, 'Expected `quality` in `fields` but received `qualty`.'],
  ['fields:\n  input: a\n  quality: { column: q, as: integer }\n', 3, 'Expected one of text, number'],
  ['fields:\n  input: a\n  quality: { value: best }\n', 3, 'Expected a number for `quality` but received "best".'],
  ['fields:\n  input: a\n  name: "{sku"\n', 3, 'Expected a template'],
  ['fields:\n  input: a\n  at: { column: b, template: "{c}" }\n', 3, 'Expected one of column, template or value'],
  ['fields: { input: a }\nwhen: [x]\n', 2, 'Expected a map of columns and values for `when`'],
  ['fields: { input: a }\nfields: { input: b }\n', 2, 'stands twice'],
  ['fields: [', undefined, 'cannot be read as YAML'],
])('%j is refused with its line', async (text, line, sentence) => {
  const error = await failure(() => readRules(text, 'rules.yaml'));
  expect(error.code).toBe('FR_ARG_INVALID');
  expect(error.message).toContain(sentence);
  if (line !== undefined) expect(error.message).toMatch(new RegExp(`^rules\\.yaml:${String(line)}: `));
});

test('without rules, usual names are known, whatever their case', () => {
  const columns = new UsualColumns();
  expect(columns.wishOf({ Video: 'a.mp4', OUTPUT: 'x', Max_KB: '20', time: 1.5, sizes: '8x8', note: 'n' })).toEqual({
    ...{ input: 'a.mp4', name: 'x', id: undefined, segment: undefined },
    options: { at: [1.5], sizes: [[8, 8]], maxBytes: 20_000 },
  });
  expect(columns.wishOf({ url: 'b', id: 7 })).toMatchObject({ input: 'b', name: '7', id: '7' });
  expect(() => columns.wishOf({ name: 'a' })).toThrow('It has no input');
});
