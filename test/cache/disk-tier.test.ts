// Entries on a disk that anything may happen to: writers that are killed, bytes that change, a folder that goes or fills up.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { DiskFolder } from '#dist/cache/disk/disk-folder.js';
import { DiskTier } from '#dist/cache/disk/disk-tier.js';
import { keyOf } from '#dist/cache/keys.js';
import { ENTRIES, entryAt, keyAt, WRITER } from '../support/cache-writer.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const ROOT = join(import.meta.dirname, '../..');
const MIB = 1024 * 1024;
const entry = (bytes: number) => ({ facts: '{}', parts: [new Uint8Array(bytes).fill(7)] });

function open(folder: string, more: { capacity?: number; now?: () => number; patience?: number } = {}) {
  const [evicted, failed]: [string[], string[]] = [[], []];
  const reports = { evicted: (why: string) => evicted.push(why), failed: (code: string) => failed.push(code) };
  const tier = new DiskTier({ folder, capacity: 4 * MIB, reports, ...more });
  onTestFinished(() => tier.close());
  return { tier, evicted, failed };
}

const pathOf = (folder: string, key: string): string => join(folder, 'v1', key.slice(0, 2), key.slice(2, 4), key);
const unfinished = (folder: string): string[] => readdirSync(join(folder, 'v1', 'unfinished'));

function startWriter(folder: string): ChildProcess {
  const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER, folder, String(ENTRIES)], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void writer.kill('SIGKILL'));
  return writer;
}

async function kill(writer: ChildProcess): Promise<void> {
  const exited = once(writer, 'exit');
  writer.kill('SIGKILL');
  await exited;
}

test('writers are killed again and again: every entry is whole or not there, and nothing is left of unfinished ones', async () => {
  const folder = temporaryFolder();
  const { tier } = open(folder, { capacity: 2 ** 26 });
  let found = 0;
  const readAll = async (): Promise<void> => {
    for (let number = 0; number < ENTRIES; number++) {
      const read = await tier.get(keyAt(number));
      if (read === undefined) continue;
      found += 1;
      const wanted = entryAt(number);
      expect(read.facts).toBe(wanted.facts);
      expect(Buffer.concat(read.parts).equals(Buffer.concat(wanted.parts)), String(number)).toBe(true);
    }
  };
  for (let round = 0; round < 2; round++) {
    const writers = [startWriter(folder), startWriter(folder)];
    await Promise.all(writers.map((writer) => once(writer.stdout!, 'data')));
    await readAll();
    await Promise.all(writers.map(kill));
  }
  await readAll();
  expect(found).toBeGreaterThan(ENTRIES);
  // One of a process that is alive, as this one is.
  const ours = new DiskFolder(folder).unfinishedPath();
  writeFileSync(ours, 'is being written');
  const next = open(folder, { capacity: 2 ** 26 });
  await next.tier.set(keyOf('next'), entry(10));
  expect(unfinished(folder)).toEqual([basename(ours)]);
});

test('files of other machines that are unfinished stay for an hour', async () => {
  const folder = temporaryFolder();
  await open(folder).tier.set(keyOf(1), entry(10));
  const [young, old] = ['ffffffff-1-aa', 'ffffffff-1-bb'].map((name) => join(folder, 'v1', 'unfinished', name));
  writeFileSync(young!, '');
  writeFileSync(old!, '');
  utimesSync(old!, 1, 1);
  await open(folder).tier.set(keyOf(2), entry(10));
  expect([existsSync(young!), existsSync(old!)]).toEqual([true, false]);
});

describe('what is not what was written is not there, and goes', () => {
  const flip = (at: number) => (path: string) => {
    const bytes = readFileSync(path);
    bytes[at < 0 ? bytes.byteLength + at : at]! ^= 1;
    writeFileSync(path, bytes);
  };
  test.each<[string, (path: string) => void]>([
    ['another magic', flip(0)],
    ['another checksum', flip(5)],
    ['another key', flip(10)],
    ['other lengths', flip(43)],
    ['another number of parts', flip(44)],
    ['another last byte', flip(-1)],
    ['half of it', (path) => truncateSync(path, 50)],
    ['nothing', (path) => truncateSync(path, 0)],
    ['more', (path) => writeFileSync(path, 'x', { flag: 'a' })],
    ['the file of another key', (path) => writeFileSync(path, readFileSync(pathOf(path.split('/v1/')[0]!, keyOf(2))))],
  ])('%s', async (_, damage) => {
    const folder = temporaryFolder();
    const { tier, evicted } = open(folder);
    for (const name of [1, 2]) await tier.set(keyOf(name), entry(100));
    const path = pathOf(folder, keyOf(1));
    damage(path);
    expect(await tier.get(keyOf(1))).toBeUndefined();
    expect(evicted).toEqual(['damage']);
    expect(existsSync(path)).toBe(false);
    expect(await tier.set(keyOf(1), entry(100))).toBe(true);
    expect(await tier.get(keyOf(1))).toEqual(entry(100));
  });
});

test('what was used longest ago goes first, also of what others wrote', async () => {
  const folder = temporaryFolder();
  const writer = open(folder);
  const keys = Array.from({ length: 60 }, (_, i) => keyOf(i));
  for (const key of keys) await writer.tier.set(key, entry(15_000));
  const [old, recent] = [keys.slice(0, 30), keys.slice(30)];
  for (const key of old) utimesSync(pathOf(folder, key), 1_000, 1_000);
  // An entry that is read counts as used from then on.
  expect(await writer.tier.get(old[0]!)).toBeDefined();
  const { tier } = open(folder, { capacity: MIB });
  for (let i = 0; i < 10; i++) await tier.set(keyOf(`new ${String(i)}`), entry(15_000));
  await tier.settled();
  const left = (list: readonly string[]): number => list.filter((key) => existsSync(pathOf(folder, key))).length;
  expect(tier.stats().bytes).toBeLessThanOrEqual(MIB);
  expect(left(recent)).toBeGreaterThanOrEqual(28);
  expect(left(old)).toBeLessThanOrEqual(22);
  expect(existsSync(pathOf(folder, old[0]!))).toBe(true);
});

test('a folder that somebody deletes is made anew', async () => {
  const folder = join(temporaryFolder(), 'a', 'cache');
  const { tier, failed } = open(folder);
  expect(await tier.set(keyOf(1), entry(10))).toBe(true);
  rmSync(join(folder, '..'), { recursive: true });
  expect(await tier.get(keyOf(1))).toBeUndefined();
  expect(await tier.set(keyOf(1), entry(10))).toBe(true);
  expect(await tier.get(keyOf(1))).toEqual(entry(10));
  expect(failed).toEqual([]);
});

test('a folder that is none is done without, after one warning, and tried again later', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  onTestFinished(() => {
    warn.mockRestore();
  });
  let now = 1_000_000;
  const folder = join(temporaryFolder(), 'cache');
  const { tier, failed } = open(folder, { now: () => now });
  await tier.set(keyOf(1), entry(10));
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'a file');
  expect(await tier.get(keyOf(1))).toBeUndefined();
  expect(tier.absence).toMatch(/ is no folder\.$/);
  expect(await tier.set(keyOf(1), entry(10))).toBe(false);
  now += 1001;
  expect(await tier.set(keyOf(1), entry(10))).toBe(false);
  expect(failed).toEqual(['ENOTDIR', expect.stringMatching(/^(ENOTDIR|EEXIST)$/)]);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]).toEqual([expect.stringContaining(folder), { code: 'FRAMERAIL_CACHE' }]);
  rmSync(folder);
  now += 1001;
  // The pause became longer with the second failure.
  expect(await tier.set(keyOf(1), entry(10))).toBe(false);
  now += 1000;
  expect(await tier.set(keyOf(1), entry(10))).toBe(true);
  expect(tier.absence).toBeUndefined();
  expect(await tier.get(keyOf(1))).toEqual(entry(10));
});

test.skipIf(process.platform === 'win32')('a disk that does not answer is done without', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  onTestFinished(() => {
    warn.mockRestore();
  });
  const folder = temporaryFolder();
  const { tier, failed } = open(folder, { patience: 50 });
  await tier.set(keyOf(1), entry(10));
  const path = pathOf(folder, keyOf(1));
  rmSync(path);
  // Whoever opens a pipe to read waits until somebody opens it to write.
  execFileSync('mkfifo', [path]);
  expect(await tier.get(keyOf(1))).toBeUndefined();
  expect(failed).toEqual(['ETIMEDOUT']);
  expect(tier.absence).toMatch(/ does not answer in time\.$/);
  closeSync(openSync(path, constants.O_RDWR));
});

/** Whether this user may mount a file system of its own here. */
const canMount = ((): boolean => {
  try {
    execFileSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

test.runIf(canMount)('a disk that is full gives what it has, and one that may only be read as well', () => {
  const script = `
    import { execFileSync } from 'node:child_process';
    import { readdirSync } from 'node:fs';
    import { DiskTier } from '#dist/cache/disk/disk-tier.js';
    let now = Date.now();
    const failed = [];
    const reports = { evicted: () => undefined, failed: (code) => failed.push(code) };
    const tier = new DiskTier({ folder: '/mnt/cache', capacity: 2 ** 26, reports, now: () => now });
    const keys = Array.from({ length: 20 }, (_, i) => String(i).padStart(2, '0').repeat(32));
    const entry = { facts: '', parts: [new Uint8Array(50000)] };
    const kept = [];
    for (const key of keys) if (await tier.set(key, entry)) kept.push(key);
    const whole = async () => (await Promise.all(kept.map((key) => tier.get(key)))).every((found) => found?.parts[0].length === 50000);
    console.log(kept.length > 3 && kept.length < 20, failed, await whole(), readdirSync('/mnt/cache/v1/unfinished').length);
    execFileSync('mount', ['-o', 'remount,ro', '/mnt']);
    now += 100_000;
    console.log(await tier.set(keys[19], entry), failed, await whole());
    execFileSync('mount', ['-o', 'remount,rw,size=8m', '/mnt']);
    now += 100_000;
    console.log(await tier.set(keys[19], entry), tier.absence);
  `;
  const shell = `mount -t tmpfs -o size=512k none /mnt && exec ${process.execPath} --no-warnings --input-type=module -e "$0"`;
  const said = execFileSync('unshare', ['-rm', 'sh', '-c', shell, script], { cwd: ROOT, encoding: 'utf8' });
  expect(said.trim().split('\n')).toEqual([
    "true [ 'ENOSPC' ] true 0",
    "false [ 'ENOSPC', 'EROFS' ] true",
    'true undefined',
  ]);
});
