// Commands of a running process are killed, stopped and abandoned: every promise settles, nothing is left behind.
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { Engine, type ProcessOptions, type ProcessSession } from '#dist/index.js';
import { eventually } from '../support/eventually.js';
import { failure } from '../support/failure.js';
import { fixture } from '../support/fixtures.js';
import { collectGarbage, isAlive, resources } from '../support/resources.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const STALL = 400;
const engine = new Engine({ workers: 1, backend: 'spawn', stallTimeout: STALL });

afterAll(async () => {
  await engine.close();
});

const THROUGH: ProcessOptions = { encoderOptions: { preset: 'ultrafast' }, transform: () => undefined };
const ALONE: ProcessOptions = { encoderOptions: { preset: 'slower' } };

/** A session whose commands are at work. */
async function running(options: ProcessOptions): Promise<{ session: ProcessSession; folder: string; pids: number[] }> {
  const folder = temporaryFolder();
  const session = engine.process(fixture('big.mp4'), join(folder, 'out.mp4'), options);
  await eventually(() => {
    expect(session.progress.frames).toBeGreaterThan(0);
    expect(engine.pids).toHaveLength(options.transform === undefined ? 1 : 2);
  });
  return { session, folder, pids: engine.pids };
}

test('whichever command dies or stops, the call fails soon and leaves nothing', async () => {
  const cases = [
    [THROUGH, 0, 'SIGKILL'],
    [THROUGH, 1, 'SIGKILL'],
    [THROUGH, 0, 'SIGSTOP'],
    [THROUGH, 1, 'SIGSTOP'],
    [ALONE, 0, 'SIGSEGV'],
    [ALONE, 0, 'SIGSTOP'],
  ] as const;
  let before: ReturnType<typeof resources> | undefined;
  for (const [options, which, signal] of cases) {
    const { session, folder, pids } = await running(options);
    const sent = performance.now();
    process.kill(pids[which]!, signal);
    const error = await failure(() => session.result);
    const after = performance.now() - sent;
    expect(error.code).toBe(signal === 'SIGSTOP' ? 'FR_WORKER_HUNG' : 'FR_WORKER_DIED');
    expect(after).toBeLessThan(signal === 'SIGSTOP' ? STALL + 900 : 600);
    expect(pids.map((pid) => isAlive(pid))).toEqual(pids.map(() => false));
    expect(await readdir(folder)).toEqual([]);
    await collectGarbage();
    before ??= resources();
  }
  await eventually(async () => {
    await collectGarbage();
    expect(resources()).toEqual(before);
  });
});

test.each([
  ['one command', ALONE],
  ['two', THROUGH],
  ['two, in the transform', { ...THROUGH, transform: () => new Promise<void>((resolve) => setTimeout(resolve, 50)) }],
] as const)('an abort ends everything within 200 ms: %s', async (_, options) => {
  const controller = new AbortController();
  const { session, folder, pids } = await running({ ...options, signal: controller.signal });
  const aborted = performance.now();
  controller.abort();
  const error = await failure(() => session.result);
  expect(error.code).toBe('FR_ABORTED');
  expect(pids.map((pid) => isAlive(pid))).toEqual(pids.map(() => false));
  expect(performance.now() - aborted).toBeLessThan(200);
  expect(await readdir(folder)).toEqual([]);
});

test('closing the engine ends a process and a video that is drawn', async () => {
  const own = new Engine({ workers: 2, backend: 'spawn' });
  const folder = temporaryFolder();
  const session = own.process(fixture('big.mp4'), join(folder, 'a.mp4'), THROUGH);
  const video = await own.createVideo(join(folder, 'b.mp4'), { size: [64, 48] });
  await video.write(await video.frame());
  await eventually(() => {
    expect(session.progress.frames).toBeGreaterThan(0);
  });
  const { pids } = own;
  expect(pids).toHaveLength(3);
  const ended = failure(() => session.result);
  await own.close();
  expect((await ended).code).toBe('FR_CLOSED');
  await expect(video.frame()).rejects.toMatchObject({ code: 'FR_CLOSED' });
  expect(pids.map((pid) => isAlive(pid))).toEqual(pids.map(() => false));
  await eventually(async () => {
    expect(await readdir(folder)).toEqual([]);
  });
});

test.each(['', 'transform: () => undefined,'])(
  'a file that may not grow further is said to be that (%s)',
  async (way) => {
    const folder = temporaryFolder();
    const program = `
    import { Engine } from '#dist/index.js';
    const engine = new Engine({ workers: 1, backend: 'spawn' });
    const output = ${JSON.stringify(join(folder, 'out.mkv'))};
    const options = { ${way} lossless: true, audio: 'none', encoderOptions: { preset: 'ultrafast' } };
    const { code, message } = await engine.process(${JSON.stringify(fixture('big.mp4'))}, output, options).result.catch((e) => e);
    console.log(JSON.stringify({ code, message }));
    await engine.close();
  `;
    const shell = `ulimit -f 256; exec "$0" --input-type=module -e "$1"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', shell, process.execPath, program], { timeout: 40_000 });
    const said = JSON.parse(stdout) as { code: string; message: string };
    expect(said.code).toBe('FR_OUTPUT_FAILED');
    expect(said.message).toContain('it would grow beyond the largest file that is allowed');
    expect(await readdir(folder)).toEqual([]);
  },
);
