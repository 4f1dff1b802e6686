// Rules of Landlock and the launcher that puts them into force: they hold in every thread of the program that it becomes.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { landlockVersion, makeRuleset, type Ruleset } from '#dist/os/landlock.js';
import { LAUNCHER_ARCHS, launcherPath, launcherProgram, RULESET_FD } from '#dist/os/launcher.js';
import { readableFiles } from '#dist/os/readable-files.js';
import { LANDLOCK } from '../support/kernel.js';
import { temporaryFolder } from '../support/temporary-folder.js';

function rules(read: readonly string[], version = LANDLOCK): Ruleset {
  const ruleset = makeRuleset(version, { read, devices: ['/dev/null'] });
  if (typeof ruleset === 'string') throw new Error(ruleset);
  onTestFinished(() => {
    ruleset.close();
  });
  return ruleset;
}

/** Standard streams, and the rules where the launcher expects them. */
function stdio(ruleset: Ruleset): ('ignore' | 'pipe' | number)[] {
  const channels = Array.from({ length: RULESET_FD - 3 }, () => 'ignore' as const);
  return ['ignore', 'pipe', 'pipe', ...channels, ruleset.fd];
}

/** What a program says that was started through the launcher. */
async function launched(
  ruleset: Ruleset,
  ...args: string[]
): Promise<{ pid: number; said: string; code: number | null }> {
  const child = spawn(launcherPath(), args, { stdio: stdio(ruleset), env: { HOME: '/' } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (said += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { pid: child.pid ?? 0, said, code };
}

/** Tries to read files, in the ways and on the threads that node has; prints what came of each as JSON. */
const READER = `
  const fs = require('node:fs');
  const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
  const code = (attempt) => { try { attempt(); return 'read'; } catch (error) { return error.code; } };
  const later = (attempt) => attempt().then(() => 'read', (error) => error.code);
  const files = isMainThread ? process.argv.slice(1) : workerData;
  const here = files.map((file) => code(() => fs.readFileSync(file)));
  (async () => {
    const pool = await Promise.all(files.map((file) => later(() => fs.promises.readFile(file))));
    if (!isMainThread) return parentPort.postMessage({ here, pool });
    const thread = await new Promise((done) => new Worker(READER, { eval: true, workerData: files }).on('message', done));
    const write = files.map((file) => code(() => fs.writeFileSync(file + '.new', '')));
    const change = files.map((file) => code(() => fs.appendFileSync(file, 'x')));
    const gone = files.map((file) => code(() => fs.unlinkSync(file)));
    const connect = await new Promise((done) =>
      require('node:net').connect(1, '127.0.0.1').on('error', (error) => done(error.code)));
    const kill = code(() => process.kill(process.ppid, 0));
    console.log(JSON.stringify({ pid: process.pid, here, pool, thread, write, change, gone, connect, kill }));
  })();
`;

describe.runIf(LANDLOCK > 0)('with Landlock', () => {
  test('nothing but what is named can be read, and nothing written, on any thread; the process stays the same', async () => {
    const folder = temporaryFolder();
    const [inside, outside] = [join(folder, 'in'), join(folder, 'out')];
    for (const path of [inside, outside]) mkdirSync(path);
    const files = [join(inside, 'a'), join(outside, 'a')];
    for (const file of files) writeFileSync(file, 'text');
    const ruleset = rules([...readableFiles([], false), inside, join(folder, 'missing')]);
    const script = `const READER = ${JSON.stringify(READER)};${READER}`;
    const { pid, said } = await launched(ruleset, process.execPath, '-e', script, ...files);
    const refused = ['EACCES', 'EACCES'];
    const seen = ['read', 'EACCES'];
    expect(JSON.parse(said)).toEqual({
      ...{ pid, here: seen, pool: seen, thread: { here: seen, pool: seen } },
      ...{ write: refused, change: refused, gone: refused },
      connect: LANDLOCK >= 4 ? 'EACCES' : 'ECONNREFUSED',
      kill: LANDLOCK >= 6 ? 'EPERM' : 'read',
    });
  });

  test('older versions of Landlock get what they know', async () => {
    const ruleset = rules(['/usr', '/lib', '/lib64', '/etc/ld.so.cache'], 1);
    const { said, code } = await launched(ruleset, '/bin/cat', '/etc/ld.so.cache', '/etc/passwd');
    expect(said).toContain('/etc/passwd: Permission denied');
    expect(code).toBe(1);
  });

  test('for a program that is not there it ends', async () => {
    expect(await launched(rules(['/']), '/nonexistent/program')).toMatchObject({ code: 126, said: '' });
  });

  test('the environment and the arguments arrive as they are', async () => {
    // By itself it ends well: that is how it is tried.
    expect(spawnSync(launcherPath()).status).toBe(0);
    const script = 'console.log(JSON.stringify([process.argv.slice(1), process.argv0, process.env]))';
    const { said } = await launched(rules(['/']), process.execPath, '-e', script, 'a b', '', 'ü');
    expect(JSON.parse(said)).toEqual([['a b', '', 'ü'], process.execPath, { HOME: '/' }]);
  });
});

test('a kernel says which version it has, or why none', () => {
  expect(['number', 'string']).toContain(typeof landlockVersion());
});

test.each(LAUNCHER_ARCHS)('the launcher for %s is a whole executable', (arch) => {
  const file = launcherProgram(arch);
  expect(file.subarray(0, 7).toString('latin1')).toBe('\x7fELF\x02\x01\x01');
  expect(file.readUInt16LE(18)).toBe({ x64: 62, arm64: 183 }[arch]);
  // It begins behind its head and its filter, and its one segment is all of it.
  expect(file.readBigUInt64LE(24) - file.readBigUInt64LE(64 + 16)).toBe(BigInt(120 + 16 + 4 * 8));
  expect([file.readBigUInt64LE(64 + 32), file.readBigUInt64LE(64 + 40)]).toEqual(
    [file.length, file.length].map(BigInt),
  );
});
