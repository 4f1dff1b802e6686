// The known words that a misspelt one may have meant.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from '#dist/base/index.js';

const WORDS = ['libx264', 'libx265', 'libvpx', 'libvpx-vp9', 'mpeg4', 'scale', 'hflip'];

test.each([
  ['libx246', 'libx264'],
  ['LIBX265', 'libx265'],
  ['scael', 'scale'],
  ['vp9', 'libvpx-vp9'],
  ['hflp', 'hflip'],
])('%s may mean %s', (word, meant) => {
  expect(nearest(word, WORDS)).toContain(meant);
});

test('far words mean nothing', () => {
  expect(nearest('qqqqqqqqqqqq', WORDS)).toEqual([]);
  expect(nearest('scale', [])).toEqual([]);
});

test('a known word is the first guess for itself, and there are three at most', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ minLength: 3, maxLength: 12 }), { minLength: 1, maxLength: 20 }),
      (words) => {
        const word = words[0]!;
        const found = nearest(word, words);
        expect(found.length).toBeGreaterThan(0);
        expect(found.length).toBeLessThanOrEqual(3);
        for (const one of found) expect(words).toContain(one);
      },
    ),
  );
});
