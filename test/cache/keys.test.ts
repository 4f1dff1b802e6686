// Keys depend on values and on nothing else.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonical, isKey, keyOf } from '#dist/cache/keys.js';

test('the order of names does not matter, every value does', () => {
  expect(keyOf({ a: 1, b: { c: [1, 2], d: null } })).toBe(keyOf({ b: { d: null, c: [1, 2] }, a: 1 }));
  expect(keyOf({ a: undefined, b: 1 })).toBe(keyOf({ b: 1 }));
  const others = [{ a: 1 }, { a: '1' }, { a: 1n }, { a: [1] }, { a: null }, { a: true }, { b: 1 }, [1], 1, 'a', {}];
  expect(new Set(others.map(keyOf)).size).toBe(others.length);
  expect(isKey(keyOf(1))).toBe(true);
  for (const other of ['', 'A'.repeat(64), 'a'.repeat(63), 1]) expect(isKey(other)).toBe(false);
});

test('plain data is spelled as JSON that gives it back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { numRuns: 100 },
  );
});
