// What is remembered of covers: names belong to one of them, in every run, and one process has the folder at a time.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CoverClaim } from '#dist/covers/batch/index.js';
import { FolderState } from '#dist/covers/batch/state/folder-state.js';
import { failure } from '../../support/failure.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const claim = (id: string, name: string, more: Partial<CoverClaim> = {}): CoverClaim => ({
  ...{ id: Buffer.from(id.padEnd(16)), names: [name], otherNames: [`${name}-${id}`], named: false, line: 0 },
  ...more,
});
const own = (other: boolean): object => ({ kind: 'own', other, record: undefined });

test('who comes first has the name, in every later run too, whatever the order', async () => {
  const path = join(temporaryFolder(), 'state.db');
  const first = await FolderState.open(path, 'out', false);
  expect(first.claim(claim('a', 'x.jpg'))).toEqual(own(false));
  expect(first.claim(claim('b', 'x.jpg'))).toEqual(own(true));
  expect(first.claim(claim('c', 'X.jpg'))).toEqual(own(false));
  first.close();
  const second = await FolderState.open(path, 'out', false);
  expect(second.claim(claim('b', 'x.jpg'))).toEqual(own(true));
  expect(second.claim(claim('d', 'x.jpg'))).toEqual(own(true));
  expect(second.claim(claim('a', 'x.jpg'))).toEqual(own(false));
  second.close();
});

test('a name that was written for a cover is taken from one that is gone, not from one of this run', async () => {
  const path = join(temporaryFolder(), 'state.db');
  const first = await FolderState.open(path, 'out', false);
  first.claim(claim('old', 'sku.jpg', { named: true }));
  expect(first.claim(claim('new', 'sku.jpg', { named: true }))).toEqual(own(true));
  first.close();
  const second = await FolderState.open(path, 'out', false);
  expect(second.claim(claim('newer', 'sku.jpg', { named: true }))).toEqual(own(false));
  expect(second.claim(claim('old', 'sku.jpg', { named: true }))).toEqual(own(true));
  second.close();
});

test('case makes no difference where the file system sees none', async () => {
  const state = await FolderState.open(join(temporaryFolder(), 'state.db'), 'out', true);
  expect(state.claim(claim('a', 'Ü.jpg'))).toEqual(own(false));
  expect(state.claim(claim('b', 'U\u0308.JPG'))).toEqual(own(true));
  state.close();
});

test('the same row again is told by the line of the first one', async () => {
  const state = await FolderState.open(join(temporaryFolder(), 'state.db'), 'out', false);
  state.claim(claim('a', 'x.jpg', { line: 7 }));
  expect(state.claim(claim('a', 'x.jpg', { line: 9 }))).toEqual({ kind: 'twice', line: 7 });
  state.close();
});

test('what is kept is found again, and a second process is refused', async () => {
  const path = join(temporaryFolder(), 'state.db');
  const state = await FolderState.open(path, 'out', false);
  state.claim(claim('a', 'x.jpg'));
  const record = {
    version: { size: 10, mark: 1.5 },
    print: 'p',
    files: [{ name: 'x.jpg', bytes: 3, width: 4, height: 5 }],
  };
  state.keep(Buffer.from('a'.padEnd(16)), record);
  const busy = await failure(() => FolderState.open(path, 'out', false));
  expect([busy.code, busy.message]).toEqual([
    'FR_BATCH_BUSY',
    'Another command is making covers into out: wait for its end.',
  ]);
  state.close();
  const again = await FolderState.open(path, 'out', false);
  expect(again.claim(claim('a', 'x.jpg'))).toEqual({ kind: 'own', other: false, record });
  again.close();
});
