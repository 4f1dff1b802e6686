// What is no video, and what is wrong usage: a code, one sentence, nothing written, nobody left behind.
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Ended, startCli } from '../support/cli.js';
import { fixture } from '../support/fixtures.js';
import { LONG, some } from '../support/long.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Runs a command in an empty folder; it must fail, in one sentence, and leave the folder empty. */
async function refused(...args: string[]): Promise<Ended & { readonly errorCode: string }> {
  const cwd = temporaryFolder();
  const ended = await startCli(args, { cwd }).ended;
  expect(readdirSync(cwd)).toEqual([]);
  expect([ended.orphans, ended.signal]).toEqual([[], null]);
  expect(ended.stderr).toMatch(/^framerail: [^\n]+ \(FR_[A-Z_]+\)\n$/);
  return { ...ended, errorCode: /\((FR_[A-Z_]+)\)\n$/.exec(ended.stderr)![1]! };
}

const INPUTS: readonly (readonly [name: string, input: string, code: string])[] = [
  ['a missing file', 'none.mp4', 'FR_INPUT_NOT_FOUND'],
  ['a directory', '/', 'FR_INPUT_NOT_A_FILE'],
  ['a device', '/dev/null', 'FR_INPUT_NOT_A_FILE'],
  ['an empty file', fixture('empty.mp4'), 'FR_INPUT_EMPTY'],
  ['a text', fixture('text.mp4'), 'FR_INPUT_INVALID'],
  ['a file without its index', fixture('no-index.mp4'), 'FR_INPUT_INVALID'],
  ['the first bytes of a file', fixture('first-bytes.mp4'), 'FR_INPUT_INVALID'],
  ['sound alone', fixture('sound.m4a'), 'FR_INPUT_NO_VIDEO'],
  ['concat:', `concat:${fixture('plain.ts')}|${fixture('plain.ts')}`, 'FR_INPUT_PROTOCOL'],
  ['subfile,,:', `subfile,,start,0,end,1000,,:${fixture('plain.mp4')}`, 'FR_INPUT_PROTOCOL'],
  ['subfile:', `subfile:${fixture('plain.mp4')}`, 'FR_INPUT_PROTOCOL'],
  ['file:, libav’s own', `file:${fixture('plain.mp4')}`, 'FR_INPUT_PROTOCOL'],
  ['http://', 'http://127.0.0.1:9/v.mp4', 'FR_INPUT_PROTOCOL'],
  ['rtmp://', 'rtmp://127.0.0.1/live/a', 'FR_INPUT_PROTOCOL'],
];

const COMMANDS = [
  ['probe', []],
  ['frames', ['--hash', 'md5']],
  ['cover', ['--out', 'cover.jpg']],
] as const;

describe.each(some(2, INPUTS).map((one, turn) => [...one, turn] as const))('%s', (_, input, code, turn) => {
  // Else the commands take turns.
  test.each(COMMANDS.filter((__, at) => LONG || at === turn % COMMANDS.length))('%s', async (command, args) => {
    const ended = await refused(command, input, ...args);
    // Covers read addresses of HTTP: what they meet there is that nobody listens.
    const met = command === 'cover' && input.startsWith('http:') ? 'FR_REMOTE_CONNECT' : code;
    expect([ended.code, ended.errorCode, ended.stdout.toString()]).toEqual([1, met, '']);
    expect(ended.stderr).toContain(met === code ? input : '127.0.0.1:9');
  });
});

test.each([
  ['frames', ['--hash', 'md5']],
  ['cover', ['--out', 'cover.jpg']],
] as const)('a side beyond the limit: %s', async (command, args) => {
  const { code, errorCode } = await refused(command, fixture('huge-side.mp4'), ...args);
  expect([code, errorCode]).toEqual([1, 'FR_INPUT_LIMIT']);
});

test('a side beyond the limit: probe reports it or corrects it', async () => {
  const { code, stdout, stderr } = await startCli(['probe', fixture('huge-side.mp4'), '--json']).ended;
  if (code === 0) expect(JSON.parse(stdout.toString()).video.stored).toEqual({ width: 320, height: 180 });
  else expect([code, stderr]).toEqual([1, expect.stringContaining('(FR_INPUT_LIMIT)')]);
});

test('a failure is a document with --json, and still a sentence', async () => {
  const { code, stdout } = await refused('frames', fixture('text.mp4'), '--json');
  expect(code).toBe(1);
  const { error } = JSON.parse(stdout.toString()) as { error: Record<string, unknown> };
  expect(error).toMatchObject({ code: 'FR_INPUT_INVALID', message: expect.stringContaining('text.mp4') });
});

test('images of no video make no folder', async () => {
  const cwd = temporaryFolder();
  const { code, orphans } = await startCli(['frames', fixture('text.mp4'), '--out', 'images'], { cwd }).ended;
  expect([code, orphans]).toEqual([1, []]);
  expect(readdirSync(cwd)).toEqual([]);
});

test('a size of nothing in the header is read from the stream, or refused', async () => {
  const { code, stdout, stderr, orphans } = await startCli(['frames', fixture('zero-side.mp4'), '--hash', 'md5']).ended;
  expect(orphans).toEqual([]);
  if (code === 0) expect(stdout.toString().trimEnd().split('\n').length).toBe(100);
  else expect([code, stderr]).toEqual([1, expect.stringMatching(/^framerail: [^\n]+ \(FR_INPUT_\w+\)\n$/)]);
});

test('a name that looks like an option is one, and behind -- it is a name', async () => {
  const asOption = await refused('probe', '-foo.mp4');
  expect([asOption.code, asOption.errorCode]).toEqual([2, 'FR_ARG_INVALID']);
  const asName = await refused('probe', '--', '-foo.mp4');
  expect([asName.code, asName.errorCode]).toEqual([1, 'FR_INPUT_NOT_FOUND']);
});

describe('wrong usage', () => {
  test.each(
    some(3, [
      ['--size', '0x0'],
      ['--size', '99999x1'],
      ['--size', 'wide'],
      ['--format', 'cmyk'],
      ['--at', 'noon'],
      ['--at', '-1'],
      ['--every', '0'],
      ['--count', 'many'],
      ['--count', '0'],
      ['--backend', 'moon'],
      ['--transport', 'pigeon'],
      ['--hash', 'crc'],
      ['--timeout', 'soon'],
      ['--colour', 'red'],
    ]),
  )('frames %s %s', async (option, value) => {
    const { code, errorCode, stderr } = await refused('frames', fixture('plain.mp4'), option, value);
    expect([code, errorCode]).toEqual([2, 'FR_ARG_INVALID']);
    expect(stderr).toContain(option.slice(2));
  });

  test.each([[['frames']], [['conquer', 'x.mp4']], [['frames', 'a.mp4', 'b.mp4']]])('framerail %j', async (args) => {
    const { code, errorCode, stdout } = await refused(...args);
    expect([code, errorCode, stdout.toString()]).toEqual([2, 'FR_ARG_INVALID', '']);
  });

  test('no command at all gives the help and says so', async () => {
    const { code, stdout, stderr } = await startCli([]).ended;
    expect(code).toBe(2);
    expect(`${stdout.toString()}${stderr}`).toContain('Usage: framerail');
    expect(stderr).toMatch(/framerail: [^\n]+ \(FR_ARG_INVALID\)\n$/);
  });
});

describe('times beyond the end', () => {
  test('of frames', async () => {
    const { code, errorCode } = await refused('frames', fixture('plain.mp4'), '--at', '99', '--hash', 'md5');
    expect([code, errorCode]).toEqual([1, 'FR_TIME_BEYOND_END']);
  });

  test('of a cover', async () => {
    const { code, errorCode } = await refused('cover', fixture('plain.mp4'), '--at', '99', '--out', 'cover.jpg');
    expect([code, errorCode]).toEqual([1, 'FR_TIME_BEYOND_END']);
  });
});

describe('outputs', () => {
  test('a cover into a folder that is not there', async () => {
    const out = join('not', 'there', 'cover.jpg');
    const { code, errorCode, stderr } = await refused('cover', fixture('plain.mp4'), '--out', out);
    expect([code, errorCode]).toEqual([1, 'FR_OUTPUT_FAILED']);
    expect(stderr).toContain(out);
  });

  test('a cover over a directory', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'cover.jpg'));
    const args = ['cover', fixture('plain.mp4'), '--out', 'cover.jpg'];
    const { code, stderr } = await startCli(args, { cwd: folder }).ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^framerail: [^\n]+ \(FR_OUTPUT_FAILED\)\n$/)]);
    expect(readdirSync(folder)).toEqual(['cover.jpg']);
    expect(readdirSync(join(folder, 'cover.jpg'))).toEqual([]);
  });

  test('images into a file', async () => {
    const { code, errorCode } = await refused('frames', fixture('plain.mp4'), '--out', fixture('text.mp4'));
    expect([code, errorCode]).toEqual([1, 'FR_OUTPUT_FAILED']);
  });
});
