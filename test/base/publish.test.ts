// Outputs appear whole under their name, or leave no trace at all.
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder, publishFile, publishFiles, systemCode, temporaryName } from '#dist/base/index.js';
import { failure } from '../support/failure.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const BYTES = Uint8Array.from([1, 2, 3]);

test('a file appears under its name, alone', async () => {
  const folder = temporaryFolder();
  await publishFile(join(folder, 'a.jpg'), BYTES);
  expect([...readFileSync(join(folder, 'a.jpg'))]).toEqual([1, 2, 3]);
  expect(readdirSync(folder)).toEqual(['a.jpg']);
});

test('a file replaces the one before it, while a reader keeps what was opened', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'a.jpg');
  await publishFile(path, Uint8Array.from([9, 9, 9, 9]));
  const before = statSync(path).ino;
  await publishFile(path, BYTES);
  expect([...readFileSync(path)]).toEqual([1, 2, 3]);
  expect(statSync(path).ino).not.toBe(before);
  expect(readdirSync(folder)).toEqual(['a.jpg']);
});

test('only the bytes of a view are written', async () => {
  const path = join(temporaryFolder(), 'a.jpg');
  await publishFile(path, new Uint8Array([0, 1, 2, 3, 4]).subarray(1, 4));
  expect([...readFileSync(path)]).toEqual([1, 2, 3]);
});

test('a missing folder is named as the reason, and is not made', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'none', 'a.jpg');
  const error = await failure(() => publishFile(path, BYTES));
  expect(error).toMatchObject({ code: 'FR_OUTPUT_FAILED', details: { path, system: 'ENOENT' } });
  expect(error.message).toBe(`Cannot write ${path}: its folder does not exist.`);
  expect(readdirSync(folder)).toEqual([]);
});

test('a directory in the way stays, and nothing is left beside it', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'a.jpg'));
  const error = await failure(() => publishFile(join(folder, 'a.jpg'), BYTES));
  expect(error.message).toContain('it is a directory');
  expect(readdirSync(folder)).toEqual(['a.jpg']);
  expect(lstatSync(join(folder, 'a.jpg')).isDirectory()).toBe(true);
});

test('several files appear together', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a'), 'before');
  await publishFiles(['a', 'b'].map((name, i) => ({ path: join(folder, name), data: Uint8Array.from([i]) })));
  expect(readdirSync(folder)).toEqual(['a', 'b']);
  expect(['a', 'b'].map((name) => [...readFileSync(join(folder, name))])).toEqual([[0], [1]]);
});

test('of several files none appears when one cannot be written', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'a'), 'before');
  const path = join(folder, 'none', 'b');
  const files = [join(folder, 'a'), path, join(folder, 'c')].map((name) => ({ path: name, data: BYTES }));
  expect(await failure(() => publishFiles(files))).toMatchObject({ code: 'FR_OUTPUT_FAILED', details: { path } });
  expect(readdirSync(folder)).toEqual(['a']);
  expect(readFileSync(join(folder, 'a'), 'utf8')).toBe('before');
});

test('a file in the place of a folder is named as the reason', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'plain'), 'x');
  const error = await failure(() => publishFile(join(folder, 'plain', 'a.jpg'), BYTES));
  expect(error).toMatchObject({ code: 'FR_OUTPUT_FAILED', details: { system: 'ENOTDIR' } });
  expect(readdirSync(folder)).toEqual(['plain']);
});

test('a name as long as the file system takes is taken', async () => {
  const folder = temporaryFolder();
  const name = `${'n'.repeat(251)}.jpg`;
  await publishFile(join(folder, name), BYTES);
  expect(readdirSync(folder)).toEqual([name]);
});

test('a name that is too long is refused with a typed error', async () => {
  const folder = temporaryFolder();
  const error = await failure(() => publishFile(join(folder, 'n'.repeat(256)), BYTES));
  expect(error).toMatchObject({ code: 'FR_OUTPUT_FAILED', details: { system: 'ENAMETOOLONG' } });
  expect(readdirSync(folder)).toEqual([]);
});

// A rename over /dev/null would take it away from the whole machine.
test.skipIf(process.platform === 'win32')('what is not a regular file is never replaced', async () => {
  const folder = temporaryFolder();
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const error = await failure(() => publishFile(pipe, BYTES));
  expect(error.code).toBe('FR_OUTPUT_FAILED');
  expect(lstatSync(pipe).isFIFO()).toBe(true);
  expect(readdirSync(folder)).toEqual(['pipe']);
});

test('temporary names lie hidden beside their target and never repeat', () => {
  const names = Array.from({ length: 100 }, () => temporaryName('/out/dir/a.jpg'));
  expect(new Set(names).size).toBe(100);
  for (const name of names) {
    expect(dirname(name)).toBe('/out/dir');
    expect(basename(name)).toMatch(/^\..*\.part$/);
  }
});

test('folders are made with their parents, and may be there already', async () => {
  const path = join(temporaryFolder(), 'a', 'b');
  await makeFolder(path);
  await makeFolder(path);
  expect(statSync(path).isDirectory()).toBe(true);
});

test('a folder that cannot be made is an output that failed', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'plain'), 'x');
  expect(await failure(() => makeFolder(join(folder, 'plain')))).toMatchObject({
    code: 'FR_OUTPUT_FAILED',
    details: { system: 'EEXIST' },
  });
  expect(await failure(() => makeFolder(join(folder, 'plain', 'a')))).toMatchObject({ code: 'FR_OUTPUT_FAILED' });
  expect(existsSync(join(folder, 'plain', 'a'))).toBe(false);
});

test('a failure of the system goes by its own name', () => {
  expect(systemCode(Object.assign(new Error('no'), { code: 'ENOSPC' }))).toBe('ENOSPC');
  expect(systemCode(Object.assign(new Error('no'), { code: 5 }))).toBe('no');
  expect(systemCode('text')).toBe('text');
});

test('folders are made with those above them; what is no folder, or can be none, is a reason', async () => {
  const folder = temporaryFolder();
  await makeFolder(join(folder, 'a', 'b', 'c'));
  await makeFolder(join(folder, 'a', 'b', 'c'));
  expect(statSync(join(folder, 'a', 'b', 'c')).isDirectory()).toBe(true);
  writeFileSync(join(folder, 'file'), '');
  expect((await failure(() => makeFolder(join(folder, 'file')))).message).toContain('in the way');
  expect((await failure(() => makeFolder(join(folder, 'file', 'd')))).message).toContain('not a directory');
});

// Node's own way never ends there.
test.runIf(process.platform === 'linux')('a file system that takes no folders is a reason, too', async () => {
  expect(await failure(() => makeFolder('/proc/none/of/these'))).toMatchObject({ code: 'FR_OUTPUT_FAILED' });
});
