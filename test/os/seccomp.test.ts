// The filter of system calls: what it says of each call, and that it holds on every thread of a real process.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { launcherPath } from '#dist/os/launcher.js';
import { workerFilter } from '#dist/os/seccomp.js';
import { LOOKED_AT, numberOf, REFUSED, type SyscallNumbers } from '#dist/os/syscall-numbers.js';
import { judge, type Call } from '../support/bpf.js';
import { SECCOMP } from '../support/kernel.js';

const PID = 4321;
const ARCHS = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
const I386 = 0x40000003;

describe.each(['x64', 'arm64'] as const)('on %s', (arch) => {
  const filter = workerFilter({ arch, pid: PID, opensForWriting: false });
  const says = (name: keyof typeof LOOKED_AT, ...args: Call['args'] & object): string =>
    judge(filter, { arch: ARCHS[arch], number: numberOf(LOOKED_AT[name], arch) ?? -1, args });
  const refused = Object.values(REFUSED)
    .flatMap((group) => Object.values<SyscallNumbers>(group))
    .flatMap((numbers) => numberOf(numbers, arch) ?? []);

  test('it is as long as a filter may be, and refuses what is on the list', () => {
    expect(filter.length / 8).toBeLessThanOrEqual(255);
    expect(new Set(refused).size).toBe(refused.length);
    for (const number of refused) expect(judge(filter, { arch: ARCHS[arch], number })).toBe('EPERM');
  });

  test('every other call passes, whatever its arguments', () => {
    const known = new Set([...refused, ...Object.values(LOOKED_AT).map((numbers) => numberOf(numbers, arch))]);
    const others = fc.integer({ min: 0, max: 600 }).filter((number) => !known.has(number));
    const args = fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { maxLength: 6 });
    fc.assert(
      fc.property(others, args, (number, values) => {
        expect(judge(filter, { arch: ARCHS[arch], number, args: values })).toBe('allow');
      }),
    );
  });

  test('threads are made, processes are not', () => {
    // What glibc asks for, for a thread and for fork().
    expect(says('clone', 0x3d0f00)).toBe('allow');
    expect(says('clone', 0x1200011)).toBe('EPERM');
    expect(says('clone', 0x4111)).toBe('EPERM');
    expect(says('clone3')).toBe('ENOSYS');
  });

  test('signals and limits are for the process itself', () => {
    for (const call of ['kill', 'tgkill', 'prlimit64'] as const) {
      expect(says(call, PID, 9)).toBe('allow');
      expect(says(call, PID + 1, 9)).toBe('EPERM');
      expect(says(call, -1, 9)).toBe('EPERM');
    }
    expect([says('kill', 0, 9), says('prlimit64', 0, 7)]).toEqual(['EPERM', 'allow']);
  });

  test('files are opened to be read; for devices also to be written to', () => {
    const cwd = 0xffffff9c;
    const devices = workerFilter({ arch, pid: PID, opensForWriting: true });
    const number = numberOf(LOOKED_AT.openat, arch)!;
    expect(says('openat', cwd, 0, 0o2000000)).toBe('allow');
    for (const flags of [1, 2, 0o100, 0o1000, 0o20200000, 0o2000101]) {
      expect(says('openat', cwd, 0, flags)).toBe('EPERM');
      expect(judge(devices, { arch: ARCHS[arch], number, args: [cwd, 0, flags] })).toBe('allow');
    }
    expect(says('openat2')).toBe('ENOSYS');
    expect(says('ioctl', 0, 0x5412)).toBe('EPERM');
    expect(says('ioctl', 0, 0x5401)).toBe('allow');
  });

  test('calls of another architecture are refused, all of them', () => {
    for (const number of [0, 1, 3, 11, 231]) {
      expect(judge(filter, { arch: I386, number })).toBe('EPERM');
      expect(judge(filter, { arch: ARCHS[arch === 'x64' ? 'arm64' : 'x64'], number })).toBe('EPERM');
    }
    if (arch === 'x64') expect(judge(filter, { arch: ARCHS.x64, number: 0x40000001 })).toBe('EPERM');
  });
});

test.runIf(SECCOMP)('it holds on every thread that is there, and on those that come', async () => {
  const script = `
    import { readdirSync, readFileSync } from 'node:fs';
    import { spawn } from 'node:child_process';
    import { connect, createServer } from 'node:net';
    import { Worker } from 'node:worker_threads';
    import { installFilter, workerFilter } from ${JSON.stringify(import.meta.resolve('#dist/os/seccomp.js'))};
    const connecting = () => new Promise((done) => connect(1, '127.0.0.1').on('error', (e) => done(e.code)));
    const codes = () => Promise.all([
      new Promise((done) => { try { spawn('/bin/true').on('error', (e) => done(e.code)); } catch (e) { done(e.code); } }),
      connecting(),
      new Promise((done) => createServer().on('error', (e) => done(e.code)).listen(0, '127.0.0.1')),
      new Promise((done) => { try { process.kill(process.ppid, 0); done('sent'); } catch (e) { done(e.code); } }),
      new Promise((done) => { process.kill(process.pid, 0); done('sent'); }),
    ]);
    const threads = () => readdirSync('/proc/self/task').map((id) =>
      /Seccomp:\\s+(\\d)/.exec(readFileSync('/proc/self/task/' + id + '/status', 'utf8'))[1]);
    await import('node:fs/promises').then((fs) => fs.readFile('/proc/self/stat'));
    const before = await connecting();
    const many = threads().length;
    const failed = installFilter(workerFilter({ arch: process.arch, pid: process.pid, opensForWriting: false }));
    const inThread = await new Promise((done) => new Worker(
      'const { connect } = require("node:net"); connect(1, "127.0.0.1").on("error", (e) => ' +
      'require("node:worker_threads").parentPort.postMessage(e.code))', { eval: true, execArgv: [] }).on('message', done));
    console.log(JSON.stringify({ before, failed, many, threads: [...new Set(threads())], after: await codes(), inThread }));
    process.exit();
  `;
  const { stdout } = await promisify(execFile)(launcherPath(), [process.execPath, '--input-type=module', '-e', script]);
  const said = JSON.parse(stdout) as { many: number };
  expect(said).toMatchObject({
    before: 'ECONNREFUSED',
    threads: ['2'],
    after: ['EPERM', 'EPERM', 'EPERM', 'EPERM', 'sent'],
    inThread: 'EPERM',
  });
  expect(said).not.toHaveProperty('failed');
  expect(said.many).toBeGreaterThan(5);
});
