// The constants that are written down in av/ are FFmpeg's own.
import * as theirs from 'node-av/constants';
import { expect, test } from 'vitest';
import * as ours from '#dist/av/constants.js';

const known = new Map<string, unknown>(Object.entries(theirs));

test('there are some', () => {
  expect(Object.keys(ours).length).toBeGreaterThan(10);
});

test.each(Object.entries(ours))('%s is %s', (name, value) => {
  expect(known.get(name)).toBe(value);
});
