// Workers are killed in mid-decode, forty times: every promise settles, nothing is left behind.
import { afterAll, describe, expect, it } from 'vitest';
import { Engine, isFramerailError, type FramerailError } from '#dist/index.js';
import { eventually } from '../support/eventually.js';
import { fixture } from '../support/fixtures.js';
import { LONG } from '../support/long.js';
import { collectGarbage, resources } from '../support/resources.js';

const STALL = 300;
/** Rounds of four deaths. What is left behind is counted exactly, so one thing left in any of them is seen. */
const ROUNDS = LONG ? 10 : 3;
const engine = new Engine({ workers: 1, stallTimeout: STALL });

afterAll(async () => {
  await engine.close();
});

interface Death {
  readonly error: FramerailError;
  /** Milliseconds from the signal to the rejection. */
  readonly after: number;
  readonly pid: number;
}

/** Reads frames, kills the worker after some, and gives the error that the reader got. */
async function killInMidDecode(signal: NodeJS.Signals): Promise<Death> {
  const video = await engine.open(fixture('big.mp4'));
  const stream = video.frames();
  const [pid = 0] = engine.pids;
  let seen = 0;
  let killedAt = 0;
  try {
    for await (const batch of stream) {
      seen += batch.length;
      if (seen > 8 && killedAt === 0) {
        killedAt = performance.now();
        process.kill(pid, signal);
      }
    }
  } catch (error) {
    const after = performance.now() - killedAt;
    if (!isFramerailError(error)) throw error;
    // The result of the stream fails with the same error and not by hanging.
    await expect(stream.result).rejects.toBe(error);
    return { error, after, pid };
  }
  throw new Error('The video was read to its end although its worker was killed.');
}

describe('a worker that dies', () => {
  it(`leaves descriptors, mappings and children as they were after ${String(4 * ROUNDS)} deaths`, async () => {
    // The first round fills what is kept on purpose: a warm worker and the modules of the tests.
    await killInMidDecode('SIGKILL');
    await engine.warm();
    await collectGarbage();
    const before = resources();
    const slow: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const signal of ['SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGSTOP'] as const) {
        const { error, after } = await killInMidDecode(signal);
        if (signal === 'SIGSTOP') {
          expect(error.code).toBe('FR_WORKER_HUNG');
          if (after > STALL + 100) slow.push(`${signal} ${after.toFixed(0)} ms`);
        } else {
          expect(error.code).toBe('FR_WORKER_DIED');
          expect(error.details).toMatchObject({ signal });
          if (after > 100) slow.push(`${signal} ${after.toFixed(0)} ms`);
        }
        expect(error.retryable).toBe(signal !== 'SIGSTOP');
      }
    }
    // A busy machine may delay one or two; a systematic delay is a defect.
    expect(slow.length, slow.join(', ')).toBeLessThanOrEqual(2);
    await eventually(async () => {
      await engine.warm();
      await collectGarbage();
      expect(resources()).toEqual(before);
    });
  }, 180_000);

  it('gives the next job a fresh worker', async () => {
    const { pid } = await killInMidDecode('SIGKILL');
    const video = await engine.open(fixture('plain.mp4'));
    let count = 0;
    for await (const batch of video.frames()) count += batch.length;
    expect(count).toBe(100);
    expect(engine.pids).not.toContain(pid);
  });

  it('does not take retained frames with it', async () => {
    const video = await engine.open(fixture('big.mp4'));
    const stream = video.frames({ count: 40, slots: 8 });
    const first = await stream.next();
    if (first.done === true) throw new Error('There was no batch.');
    const [frame] = first.value.frames;
    if (frame === undefined) throw new Error('There was no frame.');
    frame.retain();
    const copy = Buffer.from(frame.data);
    for (const pid of engine.pids) process.kill(pid, 'SIGKILL');
    await expect(
      stream
        .next()
        .then(() => stream.next())
        .then(() => stream.next()),
    ).rejects.toMatchObject({ code: 'FR_WORKER_DIED' });
    expect(copy.equals(frame.data)).toBe(true);
    frame.release();
    expect(() => frame.data).toThrow(expect.objectContaining({ code: 'FR_FRAME_RELEASED' }));
  });

  it('fails every call that waits for it, and no other', async () => {
    await using wide = new Engine({ workers: 2 });
    const [one, two] = await Promise.all([wide.open(fixture('big.mp4')), wide.open(fixture('big.mp4'))]);
    const first = one.frames();
    const second = two.frames();
    await first.next();
    const [victim = 0] = wide.pids;
    await second.next();
    process.kill(victim, 'SIGKILL');
    const drain = async (stream: typeof first): Promise<string> => {
      try {
        for await (const batch of stream) batch.release();
        return 'read to the end';
      } catch (error) {
        return isFramerailError(error) ? error.code : 'unknown';
      }
    };
    const ends = await Promise.all([drain(first), drain(second)]);
    expect(ends.sort()).toEqual(['FR_WORKER_DIED', 'read to the end']);
  });
});
