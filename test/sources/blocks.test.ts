// Inputs without a path: bytes in memory, and sources that are asked for blocks.
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { BlockSource, MediaInput } from '#dist/sources/index.js';
import { readBlocks, resolveSource } from '#dist/sources/index.js';
import { failure } from '../support/failure.js';

test('bytes in memory answer for any block, and end where they end', async () => {
  const bytes = Uint8Array.from([9, 0, 1, 2, 3, 4, 9]).subarray(1, 6);
  const { spec, blocks } = await resolveSource(bytes);
  expect(spec).toEqual({ kind: 'blocks', name: '(bytes in memory)', size: 5 });
  expect([...((await blocks?.read(1, 3)) ?? [])]).toEqual([1, 2, 3]);
  expect([...((await blocks?.read(3, 10)) ?? [])]).toEqual([3, 4]);
  expect([...((await blocks?.read(5, 10)) ?? [])]).toEqual([]);
});

test('a block source stays with the caller: the worker is told its size and name only', async () => {
  const source = { size: 7, name: 'bucket/key', read: () => new Uint8Array(0) };
  const { spec, blocks } = await resolveSource(source);
  expect(spec).toEqual({ kind: 'blocks', name: 'bucket/key', size: 7 });
  expect(structuredClone(spec)).toEqual(spec);
  expect(blocks).toBe(source);
});

test('roots say nothing about bytes', async () => {
  expect((await resolveSource(Uint8Array.of(1), { roots: [] })).spec.kind).toBe('blocks');
});

test('an input without bytes is refused, by the name that it was given', async () => {
  const error = await failure(() => resolveSource(new Uint8Array(0)));
  expect(error).toMatchObject({ code: 'FR_INPUT_EMPTY', message: '(bytes in memory) is empty (0 bytes).' });
  const named = await failure(() => resolveSource({ size: 0, name: 'bucket/key', read: () => new Uint8Array(0) }));
  expect(named.code).toBe('FR_INPUT_EMPTY');
  expect(named.message).toContain('bucket/key');
});

test.each([-1, 1.5, Number.NaN, 2 ** 53, '7', undefined])('a size of %s is refused', async (size) => {
  const source = { size, read: () => new Uint8Array(0) } as unknown as MediaInput;
  expect((await failure(() => resolveSource(source))).message).toMatch(/for `input\.size` but received/);
});

test.each<[string, unknown]>([
  ['a stream of Node', Readable.from([])],
  ['a stream of the web', new ReadableStream()],
  ['a live input', { live: 'rtmp://127.0.0.1/live/1' }],
])('%s can be read only once: who takes it is named', async (_what, input) => {
  const error = await failure(() => resolveSource(input as MediaInput));
  expect(error.code).toBe('FR_ARG_INVALID');
  expect(error.message).toMatch(/more than once \(readFrames\(\) and processVideo\(\) take streams\) for `input`/);
});

test('only the last block may be short, unless the source decides what it gives', async () => {
  const source = { size: 10, read: () => new Uint8Array(2) };
  expect(await readBlocks(source, 8, 10)).toHaveLength(2);
  expect(await readBlocks({ ...source, exact: true }, 0, 10)).toHaveLength(2);
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['a number', 5],
  ['a list', []],
  ['an object without read', { size: 5 }],
  ['a read that is no function', { size: 5, read: 1 }],
  ['an ArrayBuffer', new ArrayBuffer(5)],
])('%s is no input', async (_what, input) => {
  const error = await failure(() => resolveSource(input as unknown as MediaInput));
  expect(error.code).toBe('FR_ARG_INVALID');
  expect(error.message).toMatch(/^Expected a path, a file: URL, a Uint8Array or a block source for `input`/);
});

test.each<[string, unknown, RegExp]>([
  ['a number', 5, /asked for bytes 0 to 10 and gave no Uint8Array/],
  ['too much', new Uint8Array(11), /asked for bytes 0 to 10 and gave 11 of 10 bytes/],
  ['too little', new Uint8Array(9), /asked for bytes 0 to 10 and gave 9 of 10 bytes/],
])('a source that gives %s is refused', async (_, given, message) => {
  const source = { size: 10, read: () => given } as unknown as BlockSource;
  const error = await failure(() => readBlocks(source, 0, 10));
  expect(error).toMatchObject({ code: 'FR_INPUT_READ', message: expect.stringMatching(message) as string });
});
