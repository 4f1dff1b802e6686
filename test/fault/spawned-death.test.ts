// Commands are killed, stopped and abandoned in mid-decode: every promise settles, nothing is left behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, describe, expect, it } from 'vitest';
import { Engine, isFramerailError, type FramerailError } from '#dist/index.js';
import { eventually } from '../support/eventually.js';
import { fixture } from '../support/fixtures.js';
import { childPids, collectGarbage, isAlive, resources } from '../support/resources.js';

const STALL = 300;
const engine = new Engine({ workers: 1, backend: 'spawn', stallTimeout: STALL });

afterAll(async () => {
  await engine.close();
});

/** Reads frames, sends a signal to the command after some, and gives the error that the reader got. */
async function signalInMidDecode(
  signal: NodeJS.Signals,
): Promise<{ error: FramerailError; after: number; pid: number }> {
  const video = await engine.open(fixture('big.mp4'));
  const stream = video.frames();
  let [seen, sentAt, pid] = [0, 0, 0];
  try {
    for await (const batch of stream) {
      seen += batch.length;
      if (seen <= 8 || pid !== 0) continue;
      [pid = 0] = engine.pids;
      expect(childPids()).toContain(pid);
      sentAt = performance.now();
      process.kill(pid, signal);
    }
  } catch (error) {
    const after = performance.now() - sentAt;
    if (!isFramerailError(error)) throw error;
    await expect(stream.result).rejects.toBe(error);
    return { error, after, pid };
  }
  throw new Error('The video was read to its end although its command was killed.');
}

describe('a command that dies', () => {
  it('leaves descriptors and children as they were', async () => {
    await signalInMidDecode('SIGKILL');
    await collectGarbage();
    const before = resources();
    for (const signal of ['SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGSTOP', 'SIGKILL', 'SIGSTOP'] as const) {
      const { error, after, pid } = await signalInMidDecode(signal);
      if (signal === 'SIGSTOP') {
        expect(error).toMatchObject({ code: 'FR_WORKER_HUNG', details: { pid, stallTimeout: STALL } });
        expect(after).toBeLessThan(STALL + 700);
      } else {
        expect(error).toMatchObject({ code: 'FR_WORKER_DIED', retryable: true, details: { pid, signal } });
        expect(after).toBeLessThan(500);
      }
      expect(isAlive(pid)).toBe(false);
      expect(engine.pids).toEqual([]);
    }
    await eventually(async () => {
      await collectGarbage();
      expect(resources()).toEqual(before);
    });
  });

  it('takes nothing with it: the next call gives every frame', async () => {
    const video = await engine.open(fixture('plain.mp4'));
    let count = 0;
    for await (const batch of video.frames()) count += batch.length;
    expect(count).toBe(100);
  });
});

it('a caller that keeps its thread busy is not taken for a command that hangs', async () => {
  const video = await engine.open(fixture('big.mp4'));
  let count = 0;
  for await (const batch of video.frames({ count: 12, slots: 4 })) {
    count += batch.length;
    const until = performance.now() + 450;
    while (performance.now() < until);
  }
  expect(count).toBe(12);
});

it('an abort ends the call and its command within 200 ms, also while nobody reads', async () => {
  for (const slots of [2, 8]) {
    const video = await engine.open(fixture('big.mp4'));
    const controller = new AbortController();
    const stream = video.frames({ slots, signal: controller.signal });
    await stream.next();
    const [pid = 0] = engine.pids;
    expect(isAlive(pid)).toBe(true);
    const aborted = performance.now();
    controller.abort();
    await expect(stream.next()).rejects.toMatchObject({ code: 'FR_ABORTED' });
    await eventually(() => {
      expect(isAlive(pid)).toBe(false);
    });
    expect(performance.now() - aborted).toBeLessThan(200);
  }
});

it('closing the engine ends a command that was stopped', async () => {
  const own = new Engine({ workers: 1, backend: 'spawn' });
  const video = await own.open(fixture('big.mp4'));
  const stream = video.frames({ slots: 2 });
  await stream.next();
  const [pid = 0] = own.pids;
  process.kill(pid, 'SIGSTOP');
  await own.close();
  expect(isAlive(pid)).toBe(false);
  await expect(stream.next()).rejects.toMatchObject({ code: 'FR_CLOSED' });
});

/** A program that reads one batch, tells its command's process, and then waits for ever, or ends without closing. */
const PROGRAM = `
  import { Engine } from '#dist/index.js';
  const engine = new Engine({ workers: 1, backend: 'spawn' });
  const video = await engine.open(process.argv[1]);
  const stream = video.frames({ slots: 2 });
  await stream.next();
  console.log(engine.pids[0]);
  if (process.argv[2] === 'exit') process.exit(0);
`;

it.each(['killed', 'exit'])('commands follow a parent that ends without a word (%s)', async (way) => {
  const parent = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, fixture('big.mp4'), way], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(parent, 'exit');
  const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string];
  const command = Number(line);
  expect(command).toBeGreaterThan(1);
  if (way === 'killed') parent.kill('SIGKILL');
  await ended;
  await eventually(() => {
    expect(isAlive(command)).toBe(false);
  });
});
