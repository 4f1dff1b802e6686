// How inputs, callers and deaths end a call: streams that stall or break, aborts, kills; nothing stays behind.
import { createReadStream, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as later } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { Engine, type FramerailError, type ProcessOptions, type ProcessSession } from '#dist/index.js';
import { partOf } from '../../support/drip.js';
import { sharedEngine } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { failure } from '../../support/failure.js';
import { framemd5 } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { some } from '../../support/long.js';
import { filesIn, NATIVE_WAYS, untouched } from '../../support/process.js';
import { collectGarbage, resources } from '../../support/resources.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const LOSSLESS = { transform: untouched, format: 'native', lossless: true } as const;

describe('inputs', () => {
  const engine = sharedEngine({ workers: 1 });
  const ts = fixture('plain.ts');

  /** Fails and leaves no file; says with what and after how long. */
  async function fails(input: Readable, options: ProcessOptions = {}): Promise<FramerailError> {
    const folder = temporaryFolder();
    const error = await failure(() => engine.process(input, join(folder, 'out.mp4'), options).result);
    expect(filesIn(folder)).toEqual([]);
    expect(input.destroyed).toBe(true);
    return error;
  }

  test.each([0, 400, 60_000])('a stream that stalls after %d bytes', async (bytes) => {
    const began = performance.now();
    const error = await fails(
      partOf(ts, bytes, () => undefined),
      { inputTimeout: 300 },
    );
    expect([error.code, error.message]).toEqual(['FR_INPUT_STALLED', 'the input stream gave nothing for 300 ms.']);
    expect(performance.now() - began).toBeLessThan(3000);
  });

  test('a stream of the web that stalls is cancelled', async () => {
    let cancelled = false;
    const input = new ReadableStream<Uint8Array>({
      pull: () => new Promise(() => undefined),
      cancel: () => {
        cancelled = true;
      },
    });
    const error = await failure(() => engine.process(input, null, { inputTimeout: 100 }).result);
    expect(error.code).toBe('FR_INPUT_STALLED');
    await eventually(() => {
      expect(cancelled).toBe(true);
    });
    expect(input.locked).toBe(true);
    const again = await failure(() => engine.process(input, null).result);
    expect([again.code, again.message]).toEqual(['FR_ARG_INVALID', expect.stringContaining('nobody else reads')]);
  });

  test('a stream that breaks', async () => {
    const error = await fails(partOf(ts, 60_000, (stream) => stream.destroy(new Error('line cut'))));
    expect([error.code, error.message]).toEqual(['FR_INPUT_READ', expect.stringMatching(/: line cut\.$/)]);
  });

  test('a stream of something else than bytes', async () => {
    const error = await fails(Readable.from([1, 2, 3]));
    expect([error.code, error.message]).toEqual(['FR_ARG_INVALID', expect.stringContaining('a stream of bytes')]);
  });

  test('a stream that is empty, or is no video', async () => {
    expect((await fails(Readable.from([]))).code).toMatch(/^FR_INPUT_/);
    expect((await fails(Readable.from([Buffer.from('This is a text.')]))).code).toMatch(/^FR_INPUT_/);
  });

  test('a stream that ends early gives what it gave', async () => {
    const output = join(temporaryFolder(), 'out.mkv');
    const input = partOf(ts, 60_000, (stream) => stream.push(null));
    const { encoded } = await engine.process(input, output, LOSSLESS).result;
    expect(encoded).toBeGreaterThan(5);
    expect(encoded).toBeLessThan(90);
    const hashes = await framemd5(ts);
    expect((await framemd5(output)).slice(0, 5)).toEqual(hashes.slice(0, 5));
  });

  test('an MP4 with its index at the end says why it cannot be a stream', async () => {
    const error = await fails(createReadStream(fixture('plain.mp4')));
    expect([error.code, error.message]).toEqual(['FR_INPUT_INVALID', expect.stringContaining('+faststart')]);
  });

  test('an output that cannot be opened lets go of the input', async () => {
    const input = createReadStream(ts);
    expect((await failure(() => engine.process(input, '/not/there/out.mp4').result)).code).toBe('FR_OUTPUT_FAILED');
    await eventually(() => {
      expect(input.destroyed).toBe(true);
    });
  });

  test('a source whose close fails harms nobody', async () => {
    const bytes = readFileSync(ts);
    const close = vi.fn(() => Promise.reject(new Error('no')));
    const read = (offset: number, length: number): Uint8Array => bytes.subarray(offset, offset + length);
    const { encoded } = await engine.process({ size: bytes.length, read, close }, null, { to: 1 }).result;
    await later(0);
    expect([encoded, close.mock.calls.length]).toEqual([25, 1]);
  });
});

describe.each(some(2, NATIVE_WAYS))('stopped at any moment: $name', ({ options: way }) => {
  const engine = sharedEngine({ workers: 1, ...way });

  test('an abort is heard within 200 ms, and leaves no file', async () => {
    await engine.warm();
    const late: string[] = [];
    const folder = temporaryFolder();
    const codes: string[] = [];
    for (const wait of [-1, 0, 5, 15, 30, 60, 120, 250]) {
      const stop = new AbortController();
      if (wait < 0) stop.abort();
      let abortedAt = performance.now();
      const { result } = engine.process(fixture('big.mp4'), join(folder, 'out.mp4'), {
        transform: () => later(3),
        signal: stop.signal,
        to: 6,
      });
      if (wait >= 0)
        setTimeout(() => {
          abortedAt = performance.now();
          stop.abort();
        }, wait);
      codes.push((await failure(() => result)).code);
      const after = performance.now() - abortedAt;
      if (after > 200) late.push(`${String(wait)}: ${after.toFixed(0)} ms`);
      expect(filesIn(folder)).toEqual([]);
    }
    expect(codes).toEqual(codes.map(() => 'FR_ABORTED'));
    // A busy machine may delay one.
    expect(late.length, late.join(', ')).toBeLessThanOrEqual(1);
  });
});

describe('deaths', () => {
  test('the worker is killed at any moment: one error, no file, and the next call works', async () => {
    await using engine = new Engine({ workers: 1 });
    const folder = temporaryFolder();
    const run = async (wait: number): Promise<string> => {
      await engine.warm();
      let begun = false;
      const transform = async (): Promise<void> => {
        begun = true;
        await later(2);
      };
      const session = engine.process(fixture('big.mp4'), join(folder, 'out.mp4'), { transform, to: 2 });
      await later(wait);
      const early = !begun;
      for (const pid of engine.pids) process.kill(pid, 'SIGKILL');
      // A worker that dies before it was given the job costs nobody anything: a fresh one takes it.
      const code = await session.result.then(
        () => 'finished',
        async () => (await failure(() => session.result)).code,
      );
      if (code === 'finished') expect(early).toBe(true);
      expect(filesIn(folder)).toEqual(code === 'finished' ? ['out.mp4'] : []);
      rmSync(join(folder, 'out.mp4'), { force: true });
      return code;
    };
    await run(20);
    await engine.warm();
    await collectGarbage();
    const before = resources();
    const codes: string[] = [];
    for (const wait of [0, 3, 10, 25, 60, 120, 200, 300]) codes.push(await run(wait));
    expect(codes.filter((code) => code !== 'finished').length).toBeGreaterThan(4);
    expect(new Set(codes.filter((code) => code !== 'finished'))).toEqual(new Set(['FR_WORKER_DIED']));
    await engine.warm();
    await eventually(async () => {
      await collectGarbage();
      expect(resources()).toEqual(before);
    });
    expect((await engine.process(fixture('plain.mp4'), null, { to: 1 }).result).encoded).toBe(25);
  });

  test('engine.close() ends what runs, with FR_CLOSED and without a file', async () => {
    for (const { options } of NATIVE_WAYS) {
      const engine = new Engine({ workers: 1, ...options });
      const folder = temporaryFolder();
      let begun: () => void = () => undefined;
      const inside = new Promise<void>((resolve) => (begun = resolve));
      const session: ProcessSession = engine.process(fixture('big.mp4'), join(folder, 'out.mp4'), {
        transform: async () => {
          begun();
          await later(5);
        },
      });
      await inside;
      const [error] = await Promise.all([failure(() => session.result), engine.close()]);
      expect(error.code).toBe('FR_CLOSED');
      expect(filesIn(folder)).toEqual([]);
      const after = await failure(() => engine.process(fixture('plain.mp4'), join(folder, 'out.mp4')).result);
      expect([after.code, filesIn(folder)]).toEqual(['FR_CLOSED', []]);
    }
  });

  test('a timeout says what did not finish', async () => {
    await using engine = new Engine({ workers: 1 });
    await engine.warm();
    const folder = temporaryFolder();
    const error = await failure(
      () =>
        engine.process(fixture('big.mp4'), join(folder, 'out.mp4'), { transform: () => later(20), timeout: 300 })
          .result,
    );
    expect([error.code, error.message]).toEqual([
      'FR_TIMEOUT',
      `Processing ${fixture('big.mp4')} did not finish within 300 ms.`,
    ]);
    expect(filesIn(folder)).toEqual([]);
  });
});
