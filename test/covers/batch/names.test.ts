// Names that came as data: they stay in their folder, every file system takes them, and they are the same each time.
import { join, relative, resolve } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressName, checkNameTemplate, CoverNames } from '#dist/covers/batch/names/cover-names.js';
import { safePath } from '#dist/covers/batch/names/safe-name.js';

const HOSTILE = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '../',
      ' ',
      'CON',
      'nul',
      '.framerail',
      ':',
      '*',
      '\0',
      '\n',
      '{w}',
      'ü',
      '界',
    ),
    fc.string({ minLength: 1, maxLength: 3, unit: 'binary' }),
  ),
  maxLength: 300,
});

test('whatever is written, the name stays below the folder and is one that can be', () => {
  fc.assert(
    fc.property(HOSTILE, (text) => {
      const name = safePath(text);
      expect(safePath(text)).toBe(name);
      const out = resolve('/covers');
      expect(relative(out, join(out, name)).split('/')[0]).not.toBe('..');
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(700);
      for (const part of name.split('/')) {
        expect(part).not.toMatch(/^$|^\.{1,2}$|^\.framerail|[<>:"|?*\\]|[. ]$|^(con|nul|prn|aux)(\.|$)/i);
        // eslint-disable-next-line no-control-regex -- they are what must not be there
        expect(part).not.toMatch(/[\x00-\x1f\x7f]/);
        expect(Buffer.byteLength(part)).toBeLessThanOrEqual(180);
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['a/clip.mp4', 'a/clip.mp4'],
  ['../../etc/passwd', '__/__/etc/passwd'],
  ['/abs//x', 'abs/x'],
  ['aux.mp4', 'aux_.mp4'],
  ['a\\b:c', 'a/b_c'],
  ['', '_'],
])('%s becomes %s', (text, name) => {
  expect(safePath(text)).toBe(name);
});

test('long names are cut, and what was different stays different', () => {
  const [one, other] = [safePath(`${'界'.repeat(200)}1`), safePath(`${'界'.repeat(200)}2`)];
  expect(one).toMatch(/^界+-[0-9a-f]{10}$/);
  expect(one).not.toBe(other);
  expect(safePath(`${'folder/'.repeat(200)}clip`)).toMatch(/^[0-9a-f]{10}\/clip$/);
});

const names = (template: string, form: object, withHash = false): CoverNames =>
  new CoverNames(
    template,
    { name: 'a/clip.mp4', id: 'sku 7', hash: '0123abcd' },
    { sizes: [null], shots: 1, format: 'jpeg', ...form },
    withHash,
  );

test('sizes and numbers have places where a video has several', () => {
  expect(names('{name}', {}).all).toEqual(['a/clip.mp4.jpg']);
  expect(names('{name}', {}, true).all).toEqual(['a/clip.mp4-0123abcd.jpg']);
  const sizes = [
    [320, 180],
    [64, 64],
  ];
  expect(names('{name}', { sizes, format: 'webp' }).all).toEqual(['a/clip.mp4.320x180.webp', 'a/clip.mp4.64x64.webp']);
  expect(names('{name}', { sizes, shots: 2 }).all[2]).toBe('a/clip.mp4.2.320x180.jpg');
  expect(names('{dir}/{w}/{stem}', { sizes }).all).toEqual(['a/320/clip.jpg', 'a/64/clip.jpg']);
  expect(names('{id}', {}).of({ width: 1, height: 2, shot: 0 })).toBe('sku 7.jpg');
});

test('a pattern has known places only, and one that tells videos apart', () => {
  expect(checkNameTemplate('--name', '{stem}-{w}')).toBe('{stem}-{w}');
  for (const wrong of ['', '{w}', '{foo}', 'x', '{name'])
    expect(() => checkNameTemplate('--name', wrong)).toThrow('Expected a name');
});

test('an address is called by its host and its path', () => {
  expect(addressName('https://cdn.example:8443/a%20b/../c/v.mp4?token=1')).toBe('cdn.example_8443/c/v.mp4');
  expect(addressName('https://cdn.example/%2e%2e%2f%2e%2e%2fx')).toBe('cdn.example/x');
});
