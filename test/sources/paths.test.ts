// A string is a path and never a protocol: what is there, what is refused, and with which error.
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { resolveSource } from '#dist/sources/index.js';
import { failure } from '../support/failure.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function plant(name: string, bytes = 'media'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

test('a path, absolute or relative, leads to its file', async () => {
  const path = plant('a.mp4');
  expect(await resolveSource(path)).toEqual({ spec: { kind: 'file', name: path, path, size: 5 }, blocks: undefined });
  const name = relative(process.cwd(), path);
  expect((await resolveSource(name)).spec).toEqual({ kind: 'file', name, path, size: 5 });
});

test('a link is followed to the real file', async () => {
  const path = plant('a.mp4');
  symlinkSync(path, `${path}.link`);
  expect((await resolveSource(`${path}.link`)).spec).toMatchObject({ name: `${path}.link`, path });
});

test.each(['with space.mp4', '100%.mp4', '%41.mp4', 'ü - 片.mp4', 'a#b?c.mp4', '-dash.mp4', 'new\nline.mp4'])(
  'the name %j is taken literally as a path, and decoded as a file: URL',
  async (name) => {
    const path = plant(name);
    expect((await resolveSource(path)).spec).toMatchObject({ path });
    const url = pathToFileURL(path);
    expect((await resolveSource(url)).spec).toMatchObject({ path, name: url.href });
    expect((await resolveSource(url.href)).spec).toMatchObject({ path, name: url.href });
  },
);

test('a file: URL is recognised in capitals, too', async () => {
  const path = plant('a.mp4');
  expect((await resolveSource(`FILE://${path}`)).spec).toMatchObject({ path });
});

test.each([
  'concat:a.mp4|b.mp4',
  'subfile:a.mp4',
  'http://127.0.0.1/a.mp4',
  'https://example.com/a.mp4',
  'pipe:0',
  'data:video/mp4;base64,AAAA',
  'rtmp://example.com/live',
  'HTTP://example.com',
  'file:a.mp4',
  'async:file:a.mp4',
])('%s is refused as a protocol', async (input) => {
  const error = await failure(() => resolveSource(input));
  const protocol = /^[^:]+:/.exec(input)?.[0] ?? '';
  expect(error).toMatchObject({ code: 'FR_INPUT_PROTOCOL', details: { protocol } });
  expect(error.message).toContain(`"${protocol}"`);
});

test.each(['concat:x', 'pipe:0', 'http:'])('a real file called %s is a file like any other', async (name) => {
  const path = plant(name);
  const input = relative(process.cwd(), join(path, '..'));
  expect((await resolveSource(`${input}/${name}`)).spec).toMatchObject({ kind: 'file', path, size: 5 });
});

test('a real file with a protocol for its whole relative path is a file', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'concat:x'), 'media');
  const before = process.cwd();
  process.chdir(folder);
  try {
    expect((await resolveSource('concat:x')).spec).toMatchObject({ kind: 'file', path: join(folder, 'concat:x') });
  } finally {
    process.chdir(before);
  }
});

test('URLs of other schemes are refused', async () => {
  const error = await failure(() => resolveSource(new URL('https://example.com/a.mp4')));
  expect(error).toMatchObject({ code: 'FR_INPUT_PROTOCOL', details: { protocol: 'https:' } });
});

test.each(['file://elsewhere/a.mp4', 'file:///a%2Fb.mp4', 'file://[', 'file:///%'])(
  '%s is refused as no local file',
  async (input) => {
    const error = await failure(() => resolveSource(input));
    expect(error.code).toBe('FR_ARG_INVALID');
    expect(error.message).toContain('`input`');
  },
);

test('what does not exist is not found', async () => {
  const path = plant('a.mp4');
  for (const input of [`${path}.not`, join(path, 'below.mp4'), 'c:/a.mp4'])
    expect(await failure(() => resolveSource(input))).toMatchObject({ code: 'FR_INPUT_NOT_FOUND', retryable: false });
});

test('a directory and a named pipe are not files, and neither is opened', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'dir.mp4'));
  expect((await failure(() => resolveSource(join(folder, 'dir.mp4')))).message).toContain('is a directory');
  const pipe = join(folder, 'pipe.mp4');
  execFileSync('mkfifo', [pipe]);
  const error = await failure(() => resolveSource(pipe));
  expect(error.code).toBe('FR_INPUT_NOT_A_FILE');
  expect(error.message).toContain('not a regular file');
  expect((await failure(() => resolveSource('/dev/null'))).code).toBe('FR_INPUT_NOT_A_FILE');
});

test('an empty file is refused', async () => {
  expect((await failure(() => resolveSource(plant('a.mp4', '')))).code).toBe('FR_INPUT_EMPTY');
});

test('a circle of links leads to no file', async () => {
  const path = join(temporaryFolder(), 'loop');
  symlinkSync(path, path);
  expect(await failure(() => resolveSource(path))).toMatchObject({
    code: 'FR_INPUT_NOT_FOUND',
    retryable: false,
    details: { system: 'ELOOP' },
  });
});

test('an empty path, and one with a zero byte, are wrong arguments', async () => {
  for (const input of ['', 'a\0b.mp4', 'file:///a%00b.mp4'])
    expect((await failure(() => resolveSource(input))).code).toBe('FR_ARG_INVALID');
});
