// Every way in which a call ends early: it settles with its code, and the next call works.
import { describe, expect, onTestFinished, test } from 'vitest';
import { Engine, type Video, type VideoFrame } from '#dist/index.js';
import { clipBlocks } from '../support/blocks.js';
import { isAlive, sharedEngine, WAYS } from '../support/engines.js';
import { failure } from '../support/failure.js';
import { framemd5 } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { listFrames, md5Of } from '../support/frame-list.js';
import { once } from '../support/once.js';

const NATIVE = { format: 'native', packed: true } as const;
const never = new Promise<never>(() => undefined);

const plain = once(() => framemd5(fixture('plain.mp4')));

/** The next call on the same video, the plain one, gives every frame. */
async function expectUsable(video: Video): Promise<void> {
  expect((await listFrames(video.frames(NATIVE))).map(({ md5 }) => md5)).toEqual(await plain());
}

describe.each(WAYS)('$name', ({ name, options }) => {
  const engine = sharedEngine({ ...options, workers: 1 });

  test('leaving the loop leaves the worker usable', async () => {
    await using video = await engine.open(fixture('plain.mp4'));
    const pids = engine.pids;
    const stream = video.frames(NATIVE);
    for await (const batch of stream) {
      expect(batch.length).toBeGreaterThan(0);
      break;
    }
    expect(await failure(() => stream.result)).toMatchObject({ code: 'FR_ABORTED' });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    await expectUsable(video);
    expect(engine.pids).toEqual(pids);
    // Commands end with their job: there is no worker that stays.
    expect(pids.length).toBe(name === 'spawn' ? 0 : 1);
  });

  test('an aborted signal ends the call before it begins', async () => {
    await using video = await engine.open(fixture('plain.mp4'));
    const signal = AbortSignal.abort(new Error('enough'));
    const stream = video.frames({ ...NATIVE, signal });
    const error = await failure(() => stream.next());
    expect(error).toMatchObject({ code: 'FR_ABORTED', cause: new Error('enough') });
    expect(await failure(() => stream.result)).toBe(error);
    expect(await failure(() => engine.open(fixture('plain.mp4'), { signal }))).toMatchObject({ code: 'FR_ABORTED' });
    expect(await failure(() => engine.probe(fixture('plain.mp4'), { signal }))).toMatchObject({ code: 'FR_ABORTED' });
    expect(await failure(() => video.framesAt([1], { signal }))).toMatchObject({ code: 'FR_ABORTED' });
    await expectUsable(video);
  });

  test('a signal in the middle ends the call at the next batch', async () => {
    await using video = await engine.open(fixture('plain.mp4'));
    const controller = new AbortController();
    const stream = video.frames({ ...NATIVE, signal: controller.signal, slots: 2 });
    let last: VideoFrame | undefined;
    let seen = 0;
    const error = await failure(async () => {
      for await (const batch of stream) {
        seen += 1;
        last = batch.frames[0]!;
        controller.abort();
      }
    });
    expect([error.code, seen]).toEqual(['FR_ABORTED', 1]);
    expect(last!.released).toBe(true);
    expect(await failure(() => stream.result)).toMatchObject({ code: 'FR_ABORTED' });
    await expectUsable(video);
  });

  test('a closed video ends what runs on it, and takes no further call', async () => {
    const video = await engine.open(fixture('plain.mp4'));
    const error = await failure(async () => {
      for await (const batch of video.frames({ ...NATIVE, slots: 2 })) {
        expect(batch.length).toBe(1);
        video.close();
      }
    });
    expect(error.code).toBe('FR_CLOSED');
    expect(await failure(() => video.frames())).toMatchObject({ code: 'FR_CLOSED' });
    expect(await failure(() => video.framesAt([0]))).toMatchObject({ code: 'FR_CLOSED' });
    await using again = await engine.open(fixture('plain.mp4'));
    await expectUsable(again);
  });

  test('a timeout ends a call whose source never answers', async () => {
    const source = await clipBlocks('plain.mp4', () => never);
    // A command needs longer until it asks for anything.
    const timeout = name === 'spawn' ? 1500 : 300;
    const error = await failure(() => engine.open(source, { timeout }));
    expect(error).toMatchObject({ code: 'FR_TIMEOUT', details: { timeout } });
    expect(source.reads).toBeGreaterThan(0);
    await using video = await engine.open(fixture('plain.mp4'));
    await expectUsable(video);
  });

  test('a source that fails is named with its own words', async () => {
    const source = await clipBlocks('plain.mp4', () => {
      throw new Error('the store is on fire');
    });
    const error = await failure(() => engine.open(source));
    expect(error.code).toBe('FR_INPUT_READ');
    expect(error.message).toContain('the store is on fire');
    await using video = await engine.open(fixture('plain.mp4'));
    await expectUsable(video);
  });

  test('a source may fail in the middle: what was decoded before arrives', async () => {
    let broken = false;
    const source = await clipBlocks('big.mp4', () => {
      if (broken) throw new Error('the line was cut');
    });
    await using video = await engine.open(source);
    let seen = 0;
    const error = await failure(async () => {
      for await (const batch of video.frames({ ...NATIVE, slots: 2 })) {
        seen += batch.length;
        broken = true;
      }
    });
    expect(error.code).toBe('FR_INPUT_READ');
    expect(error.message).toContain('the line was cut');
    expect(seen).toBeGreaterThan(0);
    expect(seen).toBeLessThan(300);
  });

  test('closing the engine ends everything', async () => {
    const own = new Engine({ ...options, workers: 1 });
    onTestFinished(() => own.close());
    const video = await own.open(fixture('plain.mp4'));
    const pids = own.pids;
    const stream = video.frames({ ...NATIVE, slots: 2 });
    const kept = (await stream.next()).value!.frames[0]!.retain();
    const hash = md5Of(kept);
    await own.close();
    expect(await failure(() => stream.next())).toMatchObject({ code: 'FR_CLOSED' });
    expect(await failure(() => own.open(fixture('plain.mp4')))).toMatchObject({ code: 'FR_CLOSED' });
    expect(own.pids).toEqual([]);
    // A frame that was retained outlives even that.
    expect(md5Of(kept)).toBe(hash);
    kept.release();
    if (name.startsWith('process')) expect(pids.map(isAlive)).toEqual([false]);
    await own.close();
  });
});

test('a timeout in the middle of reading', async () => {
  await using engine = new Engine({ workers: 1 });
  let stuck = false;
  const source = await clipBlocks('big.mp4', () => (stuck ? never : undefined));
  await using video = await engine.open(source);
  const stream = video.frames({ ...NATIVE, slots: 2, timeout: 1000 });
  await stream.next();
  stuck = true;
  const error = await failure(async () => {
    for await (const batch of stream) expect(batch.length).toBeGreaterThan(0);
  });
  expect(error).toMatchObject({ code: 'FR_TIMEOUT', details: { timeout: 1000 } });
  stuck = false;
  expect(await listFrames(video.frames({ ...NATIVE, count: 3 }))).toHaveLength(3);
});

test.each(['exact', 'keyframe'] as const)(
  'of chosen times, %s: an abort is heard at once, and the worker serves the next call',
  async (precision) => {
    await using engine = new Engine({ workers: 1 });
    await using video = await engine.open(fixture('big.mp4'));
    await listFrames(video.frames({ at: [0] }));
    const { pids } = engine;
    const abort = new AbortController();
    const at = Array.from({ length: 90 }, (_, i) => i / 10);
    const stream = video.frames({ at, precision, signal: abort.signal });
    await stream.next();
    const since = performance.now();
    abort.abort();
    expect(await failure(() => stream.result)).toMatchObject({ code: 'FR_ABORTED' });
    expect(await listFrames(video.frames({ at: [3], size: [64, 36] }))).toHaveLength(1);
    expect(performance.now() - since).toBeLessThan(1000);
    expect(engine.pids).toEqual(pids);
  },
);

test('await using closes the engine and the video', async () => {
  let pids: number[];
  let video: Video;
  {
    await using engine = new Engine();
    await using inner = await engine.open(fixture('plain.mp4'));
    video = inner;
    pids = engine.pids;
    expect(pids.map(isAlive)).toEqual([true]);
  }
  expect(pids.map(isAlive)).toEqual([false]);
  expect(await failure(() => video.frames())).toMatchObject({ code: 'FR_CLOSED' });
});

test('await using ends a stream', async () => {
  await using engine = new Engine({ workers: 1 });
  await using video = await engine.open(fixture('plain.mp4'));
  let frame: VideoFrame;
  {
    await using stream = video.frames(NATIVE);
    frame = (await stream.next()).value!.frames[0]!;
    expect(frame.released).toBe(false);
  }
  expect(frame.released).toBe(true);
  await expectUsable(video);
});
