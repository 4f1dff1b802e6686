// With roots, no path leads outside of them: not by dots, not by links, not by a neighbour of the same beginning.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, expect, test } from 'vitest';
import { resolveSource } from '#dist/sources/index.js';
import { failure } from '../support/failure.js';
import { temporaryFolder } from '../support/temporary-folder.js';

let root: string;
let outside: string;

beforeEach(() => {
  const folder = temporaryFolder();
  root = join(folder, 'media');
  outside = join(folder, 'media-secret');
  for (const path of [root, join(root, 'deep'), outside]) {
    mkdirSync(path);
    writeFileSync(join(path, 'a.mp4'), 'media');
  }
});

test('files below a root are allowed, however deep, and a file may be a root itself', async () => {
  for (const path of [join(root, 'a.mp4'), join(root, 'deep', 'a.mp4'), join(root, 'deep', '..', 'a.mp4')])
    expect((await resolveSource(path, { roots: [root] })).spec.kind).toBe('file');
  const path = join(root, 'a.mp4');
  expect((await resolveSource(path, { roots: [path] })).spec).toMatchObject({ path });
  expect((await resolveSource(path, { roots: [`${root}/`] })).spec).toMatchObject({ path });
  expect((await resolveSource(path, { roots: ['/'] })).spec).toMatchObject({ path });
});

test('any one of several roots will do', async () => {
  expect((await resolveSource(join(root, 'a.mp4'), { roots: [outside, root] })).spec.kind).toBe('file');
});

test('what is not below a root is refused, and an empty list of roots allows nothing', async () => {
  const path = join(outside, 'a.mp4');
  const inputs = [path, `${root}/../media-secret/a.mp4`, `${root}/deep/../../media-secret/a.mp4`, pathToFileURL(path)];
  for (const input of inputs) {
    const error = await failure(() => resolveSource(input, { roots: [root] }));
    expect(error.code).toBe('FR_INPUT_OUTSIDE_ROOT');
  }
  expect((await failure(() => resolveSource(join(root, 'a.mp4'), { roots: [] }))).code).toBe('FR_INPUT_OUTSIDE_ROOT');
});

test('a link that leads outside is refused, be it the file or a folder above it', async () => {
  symlinkSync(join(outside, 'a.mp4'), join(root, 'link.mp4'));
  symlinkSync(outside, join(root, 'linked'));
  for (const path of [join(root, 'link.mp4'), join(root, 'linked', 'a.mp4')]) {
    const error = await failure(() => resolveSource(path, { roots: [root] }));
    expect(error.code).toBe('FR_INPUT_OUTSIDE_ROOT');
  }
});

test('a link into a root is allowed, and so is a root that is a link', async () => {
  symlinkSync(join(root, 'a.mp4'), join(outside, 'link.mp4'));
  expect((await resolveSource(join(outside, 'link.mp4'), { roots: [root] })).spec.kind).toBe('file');
  symlinkSync(root, join(outside, 'root'));
  expect((await resolveSource(join(root, 'a.mp4'), { roots: [join(outside, 'root')] })).spec.kind).toBe('file');
});

test('a directory outside is outside before it is a directory', async () => {
  expect((await failure(() => resolveSource(outside, { roots: [root] }))).code).toBe('FR_INPUT_OUTSIDE_ROOT');
  expect((await failure(() => resolveSource(root, { roots: [root] }))).code).toBe('FR_INPUT_NOT_A_FILE');
});

test('nobody learns which files exist outside of the roots', async () => {
  const missing = await failure(() => resolveSource(join(outside, 'none.mp4'), { roots: [root] }));
  const present = await failure(() => resolveSource(join(outside, 'a.mp4'), { roots: [root] }));
  expect(missing.code).toBe(present.code);
});

test('a missing file below a root is not found', async () => {
  const error = await failure(() => resolveSource(join(root, 'none.mp4'), { roots: [root] }));
  expect(error.code).toBe('FR_INPUT_NOT_FOUND');
});

test('a root that does not exist is not taken for a missing input', async () => {
  const error = await failure(() => resolveSource(join(root, 'a.mp4'), { roots: [join(root, 'none')] }));
  expect(error.code).not.toBe('FR_INPUT_NOT_FOUND');
});
