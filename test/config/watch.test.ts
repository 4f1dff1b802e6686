// A file that is watched: told when it rests, however it is written, and left alone while it is not there.
import { once } from 'node:events';
import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { FileWatch, readText, type WatchTimes } from '#dist/config/index.js';
import { failure } from '../support/failure.js';
import { Journal } from '../support/relay/journal.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function watched(path: string, times: Partial<WatchTimes> = {}): { texts: Journal<string>; troubles: Journal<string> } {
  const [texts, troubles] = [new Journal<string>(), new Journal<string>()];
  const handlers = {
    onText: (text: string) => texts.push(text),
    onTrouble: ({ code }: { code: string }) => troubles.push(code),
  };
  const own = new FileWatch(path, readFileSync(path, 'utf8'), handlers, {
    rest: 60,
    longRest: 400,
    poll: 300,
    ...times,
  });
  onTestFinished(() => own.close());
  return { texts, troubles };
}

function file(text: string): string {
  const path = join(temporaryFolder(), 'relays.yaml');
  writeFileSync(path, text);
  return path;
}

test('it is told when it was written, and when another file took its place', async () => {
  const path = file('one\n');
  const { texts } = watched(path);
  writeFileSync(path, 'two\n');
  await texts.find((text) => text === 'two\n');
  writeFileSync(`${path}~`, 'three\n');
  renameSync(`${path}~`, path);
  await texts.find((text) => text === 'three\n');
  // The same again is no news.
  writeFileSync(path, 'three\n');
  writeFileSync(path, 'four\n');
  await texts.find((text) => text === 'four\n');
  expect(texts.items).toEqual(['two\n', 'three\n', 'four\n']);
});

test('a file that is written in pieces is told once, when it is whole', async () => {
  const path = file('a: 1\n');
  const { texts } = watched(path, { rest: 500 });
  const system = watch(path);
  onTestFinished(() => system.close());
  writeFileSync(path, 'relays:\n  a:');
  for (const piece of [' 1\n', '  b: 2\n', '  c: 3\n']) {
    await once(system, 'change');
    appendFileSync(path, piece);
  }
  await texts.find(() => true);
  expect(texts.items).toEqual(['relays:\n  a: 1\n  b: 2\n  c: 3\n']);
});

test('half a file rests for longer until it is taken for a whole one', async () => {
  const path = file('a: 1\n');
  const { texts } = watched(path, { longRest: 2000 });
  const hasty = watched(path, { longRest: 0 });
  writeFileSync(path, 'a: 2\nb:');
  // Who does not wait for longer has taken it for a whole one.
  await hasty.texts.find((text) => text === 'a: 2\nb:');
  expect(texts.items).toEqual([]);
  appendFileSync(path, ' 3\n');
  await texts.find(() => true);
  expect(texts.items).toEqual(['a: 2\nb: 3\n']);
  writeFileSync(path, 'a: 4');
  expect(await texts.find((text) => text === 'a: 4')).toBe('a: 4');
});

test('a file that is gone is told once, and is read again when it comes back', async () => {
  const path = file('one\n');
  const { texts, troubles } = watched(path, { poll: 30 });
  rmSync(path);
  await troubles.find((code) => code === 'FR_INPUT_NOT_FOUND');
  // Several looks later there is still only one complaint: another file is read three times meanwhile.
  const other = file('0\n');
  const meanwhile = watched(other);
  for (const text of ['1\n', '2\n', '3\n']) {
    writeFileSync(other, text);
    await meanwhile.texts.find((told) => told === text);
  }
  expect(troubles.items).toHaveLength(1);
  writeFileSync(path, 'one\n');
  writeFileSync(path, 'two\n');
  await texts.find((text) => text === 'two\n');
  expect(texts.items).toEqual(['two\n']);
});

test('links that are turned elsewhere, as those of mounted configurations, are noticed', async () => {
  const folder = temporaryFolder();
  for (const version of ['1', '2']) {
    mkdirSync(join(folder, `..${version}`));
    writeFileSync(join(folder, `..${version}`, 'relays.yaml'), `version: ${version}\n`);
  }
  symlinkSync('..1', join(folder, '..data'));
  symlinkSync(join('..data', 'relays.yaml'), join(folder, 'relays.yaml'));
  const { texts } = watched(join(folder, 'relays.yaml'), { poll: 60_000 });
  symlinkSync('..2', join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  expect(await texts.find(() => true)).toBe('version: 2\n');
});

test('without a word from the system it is looked at from time to time', async () => {
  const other = temporaryFolder();
  const path = join(temporaryFolder(), 'relays.yaml');
  writeFileSync(join(other, 'real'), 'one\n');
  symlinkSync(join(other, 'real'), path);
  const { texts } = watched(path, { poll: 100 });
  writeFileSync(join(other, 'real'), 'two\n');
  await texts.find((text) => text === 'two\n');
});

test('what cannot be read says why', async () => {
  const folder = temporaryFolder();
  expect(await failure(async () => await readText(join(folder, 'none')))).toMatchObject({ code: 'FR_INPUT_NOT_FOUND' });
  expect(await failure(async () => await readText(folder))).toMatchObject({ code: 'FR_INPUT_READ' });
});
