// Names of recordings: what is there stays there, whoever wants its name.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { claim, countedNames, flvNames, partName, timedNames, type Names } from '#dist/relay/record/names.js';
import { filesIn } from '../../support/process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

function first(count: number, names: Names): string[] {
  return Array.from({ length: count }, () => names.next().value);
}

test('the first name is the one that was asked for, and others follow it', () => {
  const began = new Date('2026-11-20T17:45:00.123Z');
  expect(first(3, countedNames('/a/show.mp4'))).toEqual(['/a/show.mp4', '/a/show.1.mp4', '/a/show.2.mp4']);
  expect(first(2, timedNames('/a/show.mp4', began))).toEqual([
    '/a/show-20261120T174500Z.mp4',
    '/a/show-20261120T174500Z-2.mp4',
  ]);
  expect(first(2, flvNames(countedNames('/a/show.mp4')))).toEqual(['/a/show.flv', '/a/show.1.flv']);
});

test('what grows has a name of its own, also in one millisecond, and in the order of time', () => {
  const names = Array.from({ length: 100 }, (_, i) => partName('/a/show.mp4', 'flv', new Date(i < 50 ? 0 : 1)));
  expect(new Set(names).size).toBe(100);
  for (const name of names) expect(name).toMatch(/^\/a\/show\.19700101T00000000[01]Z-\w{6}\.part\.flv$/);
  expect(Math.max(...names.slice(0, 50).map((name) => names.toSorted().indexOf(name)))).toBe(49);
});

test('many who want one name at once get one each, and lose nothing', async () => {
  const folder = temporaryFolder();
  const numbers = Array.from({ length: 20 }, (_, i) => String(i));
  const names = await Promise.all(
    numbers.map(async (number) => {
      const path = join(folder, `${number}.part`);
      writeFileSync(path, number);
      return await claim(path, countedNames(join(folder, 'show.mp4')));
    }),
  );
  expect(filesIn(folder)).toEqual(names.map((name) => name.slice(folder.length + 1)).toSorted());
  expect(names.map((name) => readFileSync(name, 'utf8'))).toEqual(numbers);
});

test('a folder, and a link that leads nowhere, are in nobody’s way', async () => {
  const folder = temporaryFolder();
  const [target, path] = [join(folder, 'show.mp4'), join(folder, 'part')];
  mkdirSync(target);
  symlinkSync('nowhere', join(folder, 'show.1.mp4'));
  writeFileSync(path, 'recorded');
  expect(await claim(path, countedNames(target))).toBe(join(folder, 'show.2.mp4'));
  expect(filesIn(folder)).toEqual(['show.1.mp4', 'show.2.mp4', 'show.mp4']);
});

test('where there is no place for it the file stays what it is', async () => {
  const path = join(temporaryFolder(), 'part');
  writeFileSync(path, 'recorded');
  await expect(claim(path, countedNames('/no/such/show.mp4'))).rejects.toMatchObject({ code: 'ENOENT' });
  expect(readFileSync(path, 'utf8')).toBe('recorded');
});
