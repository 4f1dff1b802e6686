// Arguments are refused in one sentence that names the argument, what was expected and what came.
import { expect, test } from 'vitest';
import { argumentError, checkInteger, checkNumber, checkOneOf, invariant } from '#dist/base/index.js';
import { failure } from '../support/failure.js';

test.each([
  ['short text', 'so', '"so"'],
  ['long text, cut', 'x'.repeat(81), `"${'x'.repeat(77)}..."`],
  ['text of 80 characters, whole', 'x'.repeat(80), `"${'x'.repeat(80)}"`],
  ['a number', 1.5, '1.5'],
  ['not a number', Number.NaN, 'NaN'],
  ['a bigint', 12n, '12'],
  ['a boolean', false, 'false'],
  ['null', null, 'null'],
  ['undefined', undefined, 'undefined'],
  ['a short list', [1, 'a', null], '[1, "a", null]'],
  ['a long list, cut', [1, 2, 3, 4, 5], '[1, 2, 3, 4, ...]'],
  ['a function', () => 0, 'a function'],
  ['an object', { a: 1 }, 'an object'],
])('shows %s', (_what, value, shown) => {
  const error = argumentError('rate', 'a thing', value);
  expect(error.message).toBe(`Expected a thing for \`rate\` but received ${shown}.`);
  expect(error.code).toBe('FR_ARG_INVALID');
  expect(error.details).toEqual({ argument: 'rate' });
});

test('shows a list that holds itself', () => {
  const list: unknown[] = [];
  list.push(list);
  expect(() => argumentError('rate', 'a thing', list)).not.toThrow();
});

test('integers are bounded on both sides, bounds included', async () => {
  expect([1, 2, 3].map((value) => checkInteger('n', value, 1, 3))).toEqual([1, 2, 3]);
  for (const value of [0, 4, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '2', 2n, null, undefined, [2]]) {
    const error = await failure(() => checkInteger('n', value, 1, 3));
    expect(error.message).toMatch(/^Expected an integer from 1 to 3 for `n` but received .+\.$/);
  }
});

test('numbers are finite and bounded below, and the sentence names their unit', async () => {
  expect(checkNumber('t', 0, 0)).toBe(0);
  expect(checkNumber('t', 0.25, 0.25, 'seconds')).toBe(0.25);
  for (const value of [0.2, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '1', 1n, null]) {
    const error = await failure(() => checkNumber('t', value, 0.25, 'seconds'));
    expect(error.message).toMatch(/^Expected a number of seconds from 0\.25 up for `t` but received /);
  }
  expect((await failure(() => checkNumber('t', -1, 0))).message).toBe(
    'Expected a number from 0 up for `t` but received -1.',
  );
});

test('words are taken from a list, exactly', async () => {
  const words = ['left', 'right'] as const;
  expect(checkOneOf('side', 'right', words)).toBe('right');
  for (const value of ['Right', 'up', '', undefined, 0, ['left']]) {
    const error = await failure(() => checkOneOf('side', value, words));
    expect(error.message).toMatch(/^Expected one of left, right for `side` but received /);
  }
});

test('a broken invariant is a defect of framerail', async () => {
  for (const value of [false, null, undefined]) {
    const error = await failure(() => invariant(value, 'a slot'));
    expect(error.code).toBe('FR_INTERNAL');
    expect(error.message).toContain('a slot');
  }
  for (const value of [true, 0, '', {}]) expect(() => invariant(value, 'a slot')).not.toThrow();
});
