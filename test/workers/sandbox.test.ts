// Locked-down workers: what a job cannot do in one, on which threads, and what becomes of a level that cannot be reached.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createCovers, type CoversOptions } from '#dist/index.js';
import { WorkerPool, type LockedPoolOptions } from '#dist/workers/index.js';
import { eventually } from '../support/eventually.js';
import { failure } from '../support/failure.js';
import { FIXTURES, fixture } from '../support/fixtures.js';
import { LANDLOCK, SECCOMP } from '../support/kernel.js';
import { childPids, isAlive } from '../support/resources.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Tries what a worker must not be able to do, on its own thread, on those of the pool, and on one that it starts. */
const JOB = `
  import { execFile, spawnSync } from 'node:child_process';
  import fs from 'node:fs';
  import net from 'node:net';
  import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
  const done = (attempt) => { try { attempt(); return 'done'; } catch (error) { return error.code; } };
  const later = (attempt) => attempt().then(() => 'done', (error) => error.code);
  const event = (start) => new Promise((resolve) => {
    try { start((error) => resolve(error?.code ?? 'done')); } catch (error) { resolve(error.code); }
  });
  async function tryAll({ read, write, connect }) {
    return {
      exec: [spawnSync('/bin/true').error?.code, await event((heard) => execFile('/bin/true', heard))],
      connect: await event((heard) => net.connect(connect, '127.0.0.1').on('connect', () => heard()).on('error', heard)),
      listen: await event((heard) => net.createServer().on('error', heard).listen(0, () => heard())),
      unix: await event((heard) => net.connect('\\0framerail').on('error', heard)),
      read: [done(() => fs.readFileSync(read)), await later(() => fs.promises.readFile(read))],
      write: [done(() => fs.writeFileSync(write, '')), await later(() => fs.promises.writeFile(write, ''))],
      change: [done(() => fs.chmodSync(read, 0o600)), await later(() => fs.promises.rename(read, write))],
    };
  }
  export default async function (params, context) {
    const main = await tryAll(params);
    const thread = await new Promise((resolve) =>
      new Worker(new URL(import.meta.url), { workerData: params }).on('message', resolve).on('error', resolve));
    const kill = done(() => process.kill(process.ppid, 0));
    await Promise.all(params.allowed.map((file) => fs.promises.readFile(file)));
    return { main, thread, kill, pid: process.pid };
  }
  if (!isMainThread) parentPort.postMessage(await tryAll(workerData));
`;

const FULL = LANDLOCK > 0 && SECCOMP;

/** A pool whose job tries what it must not be able to do, and what it tries it with. */
function trying(options: Omit<LockedPoolOptions, 'roots'>, rooted = true): { pool: WorkerPool; run(): Promise<Tried> } {
  const [inside, outside] = [temporaryFolder(), temporaryFolder()];
  const path = join(temporaryFolder(), 'trying-job.mjs');
  writeFileSync(path, JOB);
  for (const folder of [inside, outside]) writeFileSync(join(folder, 'file'), 'text');
  const module = pathToFileURL(path).href;
  const roots = rooted ? { roots: [inside] } : {};
  const pool = new WorkerPool({ workers: 1, ...roots, ...options }, [{ native: module }]);
  onTestFinished(() => pool.close());
  const files = { read: join(outside, 'file'), write: join(outside, 'new'), allowed: [join(inside, 'file')] };
  return {
    pool,
    run: async () => {
      const request = { module, params: { ...files, connect: 1 }, source: undefined };
      const { run } = await pool.run({ request: { ...request, batch: { size: 1, delay: 0 }, slots: 1 } });
      const tried = (await run.result) as Tried;
      expect([readdirSync(outside), readFileSync(files.read, 'utf8')]).toEqual([['file'], 'text']);
      return tried;
    },
  };
}

interface Tried {
  readonly main: unknown;
  readonly thread: unknown;
  readonly kill: string;
  readonly pid: number;
}

const [EPERM, EACCES] = ['EPERM', 'EACCES'] as const;
const NO_CALLS = {
  ...{ exec: [EPERM, EPERM], connect: EPERM, listen: EPERM, unix: EPERM },
  ...{ write: [EPERM, EPERM], change: [EPERM, EPERM] },
};

describe.runIf(FULL)('with all that Linux has', () => {
  test('a job can neither run, connect, listen, write nor read outside of its roots, on any thread', async () => {
    const { pool, run } = trying({ sandbox: 3 });
    const { main, thread, kill, pid } = await run();
    const refused = { ...NO_CALLS, read: [EACCES, EACCES] };
    expect([main, thread, kill]).toEqual([refused, refused, EPERM]);
    const all = { programs: true, network: true, writing: true, reading: true };
    expect(pool.sandbox).toEqual({ level: 3, refused: all, lacks: [] });
    expect(pool.telemetry.prometheus()).toContain('framerail_worker_sandbox_level 3\n');
    // The process that the parent started, a leader of its own group; every thread of it is under the filter.
    expect(pool.pids).toEqual([pid]);
    const status = (task: string): string => readFileSync(`/proc/${String(pid)}/task/${task}/status`, 'utf8');
    for (const task of readdirSync(`/proc/${String(pid)}/task`)) expect(status(task)).toMatch(/^Seccomp:\s+2$/m);
    expect(
      Number(
        readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
          .replace(/.*\) /, '')
          .split(' ')[2],
      ),
    ).toBe(pid);
    const limits = readFileSync(`/proc/${String(pid)}/limits`, 'utf8');
    expect(limits).toMatch(/^Max core file size +0 +0 /m);
    expect(limits).toMatch(/^Max file size +0 +0 /m);
    expect(limits).toMatch(/^Max open files +1024 +1024 /m);
  });

  test('without roots every file stays readable, and the level says so', async () => {
    const { pool, run } = trying({ sandbox: 2 }, false);
    expect(await run()).toMatchObject({ main: { ...NO_CALLS, read: ['done', 'done'] }, kill: EPERM });
    expect(pool.sandbox).toMatchObject({ level: 2, refused: { writing: true, reading: false } });
    const { run: more } = trying({ sandbox: 3 }, false);
    expect(await failure(more)).toMatchObject({
      code: 'FR_WORKER_SANDBOX',
      retryable: false,
      details: { level: 2, required: 3 },
      message:
        'A media worker is locked down to level 2 here, and level 3 is required: it may read every file, as no `roots` are named.',
    });
  });

  test.each(['memfd', 'shm', 'copy'] as const)('covers are made at the full level, by %s', async (transport) => {
    const covers = cover({ sandbox: 3, transport, roots: [FIXTURES] });
    for (const clip of ['plain.mp4', 'vp9.webm'])
      expect((await covers.make(fixture(clip), { size: [64, 36], format: 'webp' })).format).toBe('webp');
    expect(covers.sandbox?.level).toBe(3);
  });

  test('a worker that is locked down dies with its parent', async () => {
    const script = `
      import { createCovers } from ${JSON.stringify(import.meta.resolve('#dist/index.js'))};
      const covers = createCovers({ workers: 1, sandbox: 2 });
      await covers.warm();
      console.log('ready');
      setInterval(() => undefined, 1000);
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void parent.kill('SIGKILL'));
    await new Promise((resolve) => parent.stdout.once('data', resolve));
    const [worker] = childPids(parent.pid);
    expect(isAlive(worker!)).toBe(true);
    parent.kill('SIGKILL');
    await eventually(() => {
      expect(isAlive(worker!)).toBe(false);
    });
  });
});

function cover(options: CoversOptions): ReturnType<typeof createCovers> {
  const covers = createCovers({ workers: 1, ...options });
  onTestFinished(() => covers.close());
  return covers;
}

test('inputs of covers must lie in the roots of the engine, and in those of the call', async () => {
  const folder = temporaryFolder();
  symlinkSync(fixture('plain.mp4'), join(folder, 'link.mp4'));
  const covers = cover({ roots: [FIXTURES] });
  const options = { size: [64, 36] } as const;
  const refused = { code: 'FR_INPUT_OUTSIDE_ROOT' };
  expect((await covers.make(join(folder, 'link.mp4'), options)).width).toBe(64);
  expect(await failure(() => covers.make(process.execPath, options))).toMatchObject(refused);
  const narrower = { ...options, roots: [folder] };
  expect(await failure(() => covers.make(fixture('plain.mp4'), narrower))).toMatchObject(refused);
  const wider = { ...options, roots: ['/'] };
  expect(await failure(() => covers.make(process.execPath, wider))).toMatchObject(refused);
});

test.runIf(SECCOMP)(
  'a kernel without Landlock: less is proved, and a level that needs it fails with the reason',
  async () => {
    vi.stubEnv('FRAMERAIL_KERNEL_LACKS', 'landlock');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const { pool, run } = trying({ sandbox: 'auto' });
    expect(await run()).toMatchObject({ main: { ...NO_CALLS, read: ['done', 'done'] } });
    expect(pool.sandbox).toMatchObject({ level: 2, lacks: ['there are no rules of files: Landlock was hidden'] });
    const error = await failure(trying({ sandbox: 3 }).run);
    expect(error).toMatchObject({ code: 'FR_WORKER_SANDBOX', details: { level: 2, required: 3 } });
    expect(error.message).toMatch(/level 3 is required: there are no rules of files: Landlock was hidden\.$/);
  },
);

test.runIf(LANDLOCK > 0)('a kernel without filters of system calls: files are still closed', async () => {
  vi.stubEnv('FRAMERAIL_KERNEL_LACKS', 'seccomp');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const { pool, run } = trying({ sandbox: 1 });
  // A program that cannot be read cannot be run either; one that can, could.
  const files = { read: [EACCES, EACCES], write: [EACCES, EACCES], exec: [EACCES, EACCES] };
  expect(await run()).toMatchObject({ main: files, thread: files });
  expect(pool.sandbox).toMatchObject({
    level: 1,
    refused: { programs: false, network: false, writing: true, reading: true },
  });
  const error = await failure(() => cover({ sandbox: 2, roots: [FIXTURES] }).warm());
  expect(error).toMatchObject({ code: 'FR_WORKER_SANDBOX', details: { level: 1, required: 2 } });
  expect(error.message).toMatch(/there is no filter of system calls: it was hidden\.$/);
});

test('a kernel with neither: workers work, and say that nothing holds them', async () => {
  vi.stubEnv('FRAMERAIL_KERNEL_LACKS', 'landlock,seccomp');
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  const covers = cover({});
  await covers.warm();
  if (process.platform === 'linux') expect(covers.sandbox).toMatchObject({ level: 0, lacks: { length: 2 } });
  else expect(covers.sandbox).toBeUndefined();
});

test('without a sandbox nothing is refused and nothing is said', async () => {
  const covers = cover({ sandbox: 'off' });
  await covers.warm();
  expect(covers.sandbox).toBeUndefined();
});

test.each<[string, object]>([
  ['sandbox', { sandbox: 4 }],
  ['sandbox', { sandbox: 'required' }],
  ['backend', { sandbox: 2, backend: 'inline' }],
  ['roots', { roots: '/' }],
  ['roots[1]', { roots: ['/', 7] }],
  ['roots[0]', { roots: ['/nonexistent/folder'] }],
])('a wrong %s is refused: %o', async (argument, options) => {
  const error = await failure(() => createCovers(options));
  expect(error).toMatchObject({ code: 'FR_ARG_INVALID', details: { argument } });
});
