// Sizes, times and byte counts as people write and read them.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import {
  clauseOf,
  firstLine,
  formatBytes,
  formatClock,
  parseBytes,
  parseSeconds,
  parseSize,
} from '#dist/base/index.js';
import { failure } from '../support/failure.js';

test.each([
  ['0', 0],
  ['1.5', 1.5],
  ['.5', 0.5],
  ['1.5s', 1.5],
  ['250ms', 0.25],
  ['2m', 120],
  ['1h', 3600],
  ['0.5h', 1800],
  ['01:02.5', 62.5],
  ['1:02:03', 3723],
  ['100:00:00.25', 360_000.25],
])('%s is a time', (text, seconds) => {
  expect(parseSeconds('at', text)).toBeCloseTo(seconds, 9);
});

test.each([
  '',
  ' ',
  '-1',
  '+1',
  '1,5',
  '1.',
  '1e3',
  '0x10',
  '1 s',
  '5d',
  '1:',
  ':30',
  '1:2:3:4',
  '1:60x',
  'NaN',
  '50%',
])('"%s" is no time', async (text) => {
  const error = await failure(() => parseSeconds('at', text));
  expect(error.message).toMatch(/^Expected a time such as .* for `at` but received ".*"\.$/);
});

test('a clock is read back as the time it shows, to the millisecond', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 400 * 3_600_000 }), (milliseconds) => {
      const shown = formatClock(milliseconds / 1000);
      expect(Math.round(parseSeconds('t', shown) * 1000)).toBe(milliseconds);
    }),
  );
});

test('a clock rounds to whole milliseconds, and never shows 60 seconds or minutes', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (seconds) => {
      const shown = formatClock(seconds);
      expect(shown).toMatch(/^(\d+:[0-5]\d|[0-5]?\d):[0-5]\d\.\d{3}$/);
      expect(Math.abs(parseSeconds('t', shown) - seconds)).toBeLessThan(0.0005 + 1e-9);
    }),
  );
});

test.each([
  [0, '0:00.000'],
  [-5, '0:00.000'],
  [59.9996, '1:00.000'],
  [3599.9999, '1:00:00.000'],
  [3723.45, '1:02:03.450'],
])('%d seconds are shown as %s', (seconds, shown) => {
  expect(formatClock(seconds)).toBe(shown);
});

test('a size is two sides from 1 to 99999', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 99_999 }), fc.integer({ min: 1, max: 99_999 }), (width, height) => {
      expect(parseSize('size', `${String(width)}x${String(height)}`)).toEqual([width, height]);
    }),
  );
  for (const text of [
    '',
    '640',
    '640x',
    'x360',
    '0x360',
    '640x0',
    '-1x360',
    '640X360',
    '640x360x2',
    '640.5x360',
    ' 1x1',
  ])
    expect((await failure(() => parseSize('size', text))).message).toMatch(/^Expected a size such as .* for `size`/);
  expect((await failure(() => parseSize('size', '100000x1'))).code).toBe('FR_ARG_INVALID');
});

test.each([
  [0, '0 B'],
  [5, '5 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [10 * 1024, '10 KiB'],
  [5 * 1024 ** 2, '5.0 MiB'],
  [3 * 1024 ** 3, '3.0 GiB'],
  [2048 * 1024 ** 4, '2048 TiB'],
])('%d bytes are shown as %s', (bytes, shown) => {
  expect(formatBytes(bytes)).toBe(shown);
});

test('a count of bytes is rounded into the next unit, not to 1024 of the one below', () => {
  expect(formatBytes(1024 ** 2 - 1)).toBe('1.0 MiB');
});

test.each([
  ['0', 0],
  ['700', 700],
  ['512k', 512 * 1024],
  ['8M', 8 * 1024 ** 2],
  ['1g', 1024 ** 3],
])('%s is as many bytes', (text, bytes) => {
  expect(parseBytes('queue', text)).toBe(bytes);
});

test.each(['', 'M', '8 M', '8MB', '1.5M', '-1', '8T'])('"%s" is no number of bytes', async (text) => {
  expect(await failure(() => parseBytes('queue', text))).toMatchObject({
    code: 'FR_ARG_INVALID',
    message: expect.stringContaining('`queue`'),
  });
});

test('of what a library says the first line can stand inside a sentence', () => {
  expect(firstLine('Bad file.\n  at a place\n')).toBe('Bad file.');
  expect(firstLine('')).toBe('');
  expect(clauseOf('Unexpected end:\n\n  a: [1\n     ^')).toBe('unexpected end');
  expect(clauseOf('No such thing.')).toBe('no such thing');
  expect(clauseOf('')).toBe('');
});
