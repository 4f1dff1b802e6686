// The names of filters in a description, as FFmpeg's own parser finds them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkFilterNames } from '#dist/av/index.js';
import { filtersOf } from '#dist/spelling/index.js';

const names = (text: string): string[] => filtersOf(text).map(({ name }) => name);

describe('descriptions', () => {
  test.each<[string, string[]]>([
    ['hflip', ['hflip']],
    ['scale=640:-2,eq=brightness=0.1', ['scale', 'eq']],
    ['[in]split[a][b];[a]hflip[c];[b][c]overlay=x=1:y=2[out]', ['split', 'hflip', 'overlay']],
    ['scale@big=w=1', ['scale']],
    ["drawtext=text='a,b;c',hflip", ['drawtext', 'hflip']],
    ['select=not(mod(n\\,3)),hflip', ['select', 'hflip']],
    ['sws_flags=bicubic;scale=1:1', ['scale']],
    [' sws_flags=a\\;movie=x', ['movie']],
    ["sws_flags='a;movie=x'", ['movie']],
    ['hflip,sws_flags=a;movie=x', ['hflip', 'sws_flags', 'movie']],
    ['', []],
    [' ; , ', []],
  ])('%s', (text, found) => {
    expect(names(text)).toEqual(found);
  });

  test('any chain of filters with any arguments gives its names back', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/).filter((text) => text !== 'sws_flags');
    const plain = fc.stringMatching(/^[\w:.+*/-]{0,12}$/);
    const quoted = fc.stringMatching(/^[\w,;:[\]\\ ]{0,12}$/).map((text) => `'${text}'`);
    const escaped = fc.constantFrom('a\\,b', '\\;', "\\'", '\\[x\\]', '\\\\');
    const args = fc.array(fc.oneof(plain, quoted, escaped), { maxLength: 4 }).map((parts) => parts.join(''));
    const filter = fc.record({
      name: word,
      id: fc.option(word, { nil: undefined }),
      args: fc.option(args, { nil: undefined }),
      before: fc.array(word, { maxLength: 2 }),
      after: fc.array(word, { maxLength: 2 }),
    });
    const labels = (list: string[]): string => list.map((label) => `[${label}]`).join('');
    fc.assert(
      fc.property(fc.array(filter, { minLength: 1, maxLength: 5 }), fc.constantFrom(',', ';', ' , '), (list, joint) => {
        const text = list
          .map((one) => {
            const id = one.id === undefined ? '' : `@${one.id}`;
            const tail = one.args === undefined ? '' : `=${one.args}`;
            return `${labels(one.before)}${one.name}${id}${tail}${labels(one.after)}`;
          })
          .join(joint);
        expect(names(text)).toEqual(list.map(({ name }) => name));
      }),
    );
  });

  test('nothing that is written makes it throw anything but a refusal', () => {
    const piece = fc.constantFrom(
      'movie',
      '=',
      ',',
      ';',
      "'",
      '\\',
      '[',
      ']',
      '@',
      'sws_flags=',
      '/',
      ':',
      ' ',
      'null',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        try {
          checkFilterNames(text, 'listed');
        } catch (error) {
          expect(error).toMatchObject({ code: 'FR_ARG_INVALID' });
          return;
        }
        // What passed names nothing that reads files.
        expect(names(text).filter((name) => name !== 'null')).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});
