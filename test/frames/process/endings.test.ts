// How inputs and outputs can end a call: streams that stall or break, full disks, aborts, kills; nothing stays behind.
import { createReadStream, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { setTimeout as later } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { Engine, type FramerailError, type ProcessOptions, type ProcessSession } from '#dist/index.js';
import { collector, partOf } from '../../support/drip.js';
import { sharedEngine } from '../../support/engines.js';
import { failure } from '../../support/failure.js';
import { framemd5 } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
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
    await vi.waitFor(() => {
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
    await vi.waitFor(() => {
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

describe('files', () => {
  const engine = sharedEngine({ workers: 1 });
  const fails = (output: string): Promise<FramerailError> =>
    failure(() => engine.process(fixture('plain.mp4'), output, { to: 0.4 }).result);

  test.each([
    ['a folder that is not there', '/not/there/out.mp4', /its folder does not exist\.$/],
    ['a path through a file', `${fixture('text.mp4')}/out.mp4`, /a part of the path is not a directory\.$/],
    ['a name that is too long', `/tmp/${'x'.repeat(300)}.mp4`, /its name is too long\.$/],
    ['a place where nobody may write', '/sys/framerail.mp4', /may not write there|read-only/],
  ])('%s', async (_, output, why) => {
    const error = await fails(output);
    expect([error.code, error.message]).toEqual(['FR_OUTPUT_FAILED', expect.stringMatching(why)]);
    expect(error.message).toMatch(/^Cannot write [^\n]*\.$/);
  });

  test('a directory', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'out.mp4'));
    const error = await fails(join(folder, 'out.mp4'));
    expect([error.code, error.message]).toEqual(['FR_OUTPUT_FAILED', expect.stringMatching(/it is a directory\.$/)]);
    expect(filesIn(folder)).toEqual(['out.mp4']);
  });

  test('a device, behind a link with the right ending', async () => {
    const folder = temporaryFolder();
    symlinkSync('/dev/full', join(folder, 'out.mp4'));
    const error = await fails(join(folder, 'out.mp4'));
    expect([error.code, error.message]).toEqual([
      'FR_OUTPUT_FAILED',
      expect.stringMatching(/it is a device, a pipe or a socket\.$/),
    ]);
  });

  test('what was there is replaced at the end, and links are followed', async () => {
    const folder = temporaryFolder();
    const [real, link] = [join(folder, 'real.mp4'), join(folder, 'link.mp4')];
    writeFileSync(real, 'before');
    symlinkSync(real, link);
    let during = '';
    await engine.process(fixture('plain.mp4'), link, {
      ...LOSSLESS,
      to: 1,
      transform: () => {
        during = readFileSync(link, 'utf8');
      },
    }).result;
    expect(during).toBe('before');
    expect(filesIn(folder)).toEqual(['link.mp4', 'real.mp4']);
    expect((await framemd5(real)).length).toBe(25);
  });

  test('an output over its own input', async () => {
    const folder = temporaryFolder();
    const path = join(folder, 'same.mp4');
    writeFileSync(path, readFileSync(fixture('plain.mp4')));
    await engine.process(path, path, LOSSLESS).result;
    expect(await framemd5(path)).toEqual(await framemd5(fixture('plain.mp4')));
    expect(filesIn(folder)).toEqual(['same.mp4']);
  });

  test('the result says how large it is', async () => {
    const path = join(temporaryFolder(), 'out.mp4');
    const { bytes } = await engine.process(fixture('plain.mp4'), path).result;
    expect(bytes).toBe(readFileSync(path).byteLength);
  });
});

describe('output streams', () => {
  const engine = sharedEngine({ workers: 1 });
  const options = { ...LOSSLESS, container: 'matroska' } as const;

  test.each(['matroska', 'mp4', 'mpegts', 'webm', 'flv'])('%s into a stream of Node', async (container) => {
    const { stream, bytes } = collector();
    const clip = container === 'webm' ? 'vp9.webm' : 'plain.mp4';
    const result = await engine.process(fixture(clip), stream, { ...LOSSLESS, container }).result;
    expect(bytes().byteLength).toBe(result.bytes);
    expect(stream.writableFinished).toBe(true);
    const path = join(temporaryFolder(), 'out.bin');
    writeFileSync(path, bytes());
    expect(await framemd5(path)).toEqual(await framemd5(fixture(clip)));
  });

  test('into a stream of the web', async () => {
    const pieces: Uint8Array[] = [];
    let closed = false;
    const stream = new WritableStream<Uint8Array>({
      write: (piece) => void pieces.push(piece),
      close: () => {
        closed = true;
      },
    });
    const { bytes } = await engine.process(fixture('plain.mp4'), stream, options).result;
    expect([Buffer.concat(pieces).byteLength, closed]).toEqual([bytes, true]);
  });

  test('many small pieces into a narrow stream: in order, and without a warning', async () => {
    const warnings: string[] = [];
    const hear = ({ message }: Error): void => void warnings.push(message);
    process.on('warning', hear);
    const { stream, bytes } = collector(1);
    await engine.process(fixture('plain.mp4'), stream, options).result;
    process.off('warning', hear);
    expect(warnings).toEqual([]);
    const path = join(temporaryFolder(), 'out.mkv');
    writeFileSync(path, bytes());
    expect(await framemd5(path)).toEqual(await framemd5(fixture('plain.mp4')));
  });

  test('a slow one holds the worker back: memory stays bounded', async () => {
    let [taken, most, most0] = [0, 0, 0];
    let encoded = 0;
    const size = 1280 * 720 * 1.5;
    const stream = new Writable({
      highWaterMark: 1,
      write(piece: Buffer, _, done) {
        taken += piece.byteLength;
        setTimeout(done, 1);
      },
    });
    await engine.process(fixture('big.mp4'), stream, {
      container: 'nut',
      encoder: 'rawvideo',
      format: 'native',
      to: 1,
      audio: 'none',
      transform: (batch) => {
        encoded = batch.frames[0]!.index;
        most = Math.max(most, encoded * size - taken);
        most0 = Math.max(most0, stream.writableLength);
      },
    }).result;
    expect(taken).toBeGreaterThan(30 * size);
    // Four megabytes on their way, one picture that goes beyond, and the slots.
    expect(most).toBeLessThan(4 * 2 ** 20 + (1 + 13) * size);
    expect(most0).toBeLessThan(4 * 2 ** 20 + 2 * size);
  });

  test.each<[string, () => Writable, RegExp]>([
    [
      'one that fails',
      () => new Writable({ write: (_, __, done) => void done(new Error('disk on fire')) }),
      /^Cannot write the output stream: disk on fire\.$/,
    ],
    [
      'one that fails at its end',
      () => new Writable({ write: (_, __, done) => void done(), final: (done) => void done(new Error('no end')) }),
      /^Cannot write the output stream: no end\.$/,
    ],
    [
      'one that is closed early',
      () => {
        const stream = new PassThrough();
        stream.once('data', () => stream.destroy());
        return stream;
      },
      /^Cannot write the output stream: it was closed\.$/,
    ],
    [
      'one that waits, and is closed then',
      () => {
        const stream = new Writable({ highWaterMark: 1, write: () => void setTimeout(() => stream.destroy(), 50) });
        return stream;
      },
      /^Cannot write the output stream: it was closed\.$/,
    ],
  ])('%s', async (_, make, message) => {
    const stream = make();
    const error = await failure(() => engine.process(fixture('plain.mp4'), stream, options).result);
    expect([error.code, error.message]).toEqual(['FR_OUTPUT_FAILED', expect.stringMatching(message)]);
    expect(stream.destroyed).toBe(true);
  });

  test('one of the web that fails', async () => {
    const stream = new WritableStream({ write: () => Promise.reject(new Error('no room')) });
    const error = await failure(() => engine.process(fixture('plain.mp4'), stream, options).result);
    expect([error.code, error.message]).toEqual(['FR_OUTPUT_FAILED', 'Cannot write the output stream: no room.']);
  });

  test.each<[string, () => Writable | WritableStream<Uint8Array>]>([
    ['one that never takes anything', () => new Writable({ highWaterMark: 1, write: () => undefined })],
    ['one that never ends', () => new Writable({ write: (_, __, done) => void done(), final: () => undefined })],
    [
      'one of the web that never takes anything',
      () => new WritableStream({ write: () => new Promise(() => undefined) }),
    ],
    ['one of the web that never ends', () => new WritableStream({ close: () => new Promise(() => undefined) })],
  ])('%s is given up by the deadline', async (_, make) => {
    const began = performance.now();
    const error = await failure(
      () => engine.process(fixture('plain.mp4'), make(), { ...options, to: 1, timeout: 900 }).result,
    );
    expect(error.code).toBe('FR_TIMEOUT');
    expect(performance.now() - began).toBeLessThan(1600);
  });

  test('one that is closed, locked, or without a container is refused at once', async () => {
    const closed = new PassThrough();
    closed.destroy();
    const locked = new WritableStream();
    locked.getWriter();
    for (const stream of [closed, locked, new PassThrough().end()])
      expect((await failure(() => engine.process(fixture('plain.mp4'), stream, options).result)).code).toBe(
        'FR_ARG_INVALID',
      );
    const open = new PassThrough();
    const error = await failure(() => engine.process(fixture('plain.mp4'), open).result);
    expect([error.code, error.message]).toEqual(['FR_ARG_INVALID', expect.stringContaining('`container`')]);
    expect(open.destroyed).toBe(false);
  });
});

describe.each(NATIVE_WAYS)('stopped at any moment: $name', ({ options: way }) => {
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
      const session = engine.process(fixture('big.mp4'), join(folder, 'out.mp4'), { transform: () => later(2) });
      await later(wait);
      for (const pid of engine.pids) process.kill(pid, 'SIGKILL');
      const { code } = await failure(() => session.result);
      expect(filesIn(folder)).toEqual([]);
      return code;
    };
    await run(20);
    await engine.warm();
    await collectGarbage();
    const before = resources();
    const codes: string[] = [];
    for (const wait of [0, 3, 10, 25, 60, 120, 200, 300]) codes.push(await run(wait));
    expect(new Set(codes)).toEqual(new Set(['FR_WORKER_DIED']));
    await engine.warm();
    await vi.waitFor(async () => {
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
