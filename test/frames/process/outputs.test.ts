// Where videos go: files that appear whole or not at all, streams that are slow, broken, or never end.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Engine, type FramerailError } from '#dist/index.js';
import { collector, failing, taking } from '../../support/drip.js';
import { sharedEngine } from '../../support/engines.js';
import { failure } from '../../support/failure.js';
import { ffmpeg, ffprobe, framemd5 } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { once } from '../../support/once.js';
import { filesIn, streamsOf, untouched } from '../../support/process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const LOSSLESS = {
  transform: untouched,
  format: 'native',
  lossless: true,
  encoderOptions: { preset: 'veryfast' },
} as const;
const hashes = once(() => framemd5(fixture('plain.mp4')));

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
    expect(await framemd5(path)).toEqual(await hashes());
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
    const encoderOptions = container === 'webm' ? { deadline: 'realtime', 'cpu-used': 8 } : LOSSLESS.encoderOptions;
    const result = await engine.process(fixture(clip), stream, { ...LOSSLESS, encoderOptions, container }).result;
    expect(bytes().byteLength).toBe(result.bytes);
    expect(stream.writableFinished).toBe(true);
    const path = join(temporaryFolder(), 'out.bin');
    writeFileSync(path, bytes());
    expect(await framemd5(path)).toEqual(await (clip === 'plain.mp4' ? hashes() : framemd5(fixture(clip))));
  });

  test.each(['process', 'spawn'] as const)('the header says nothing of how long the input was: %s', async (backend) => {
    const { stream, bytes } = collector();
    const part = { to: 1, filters: 'hflip', container: 'matroska', encoderOptions: LOSSLESS.encoderOptions } as const;
    await using other = new Engine({ backend, workers: 1 });
    await other.process(fixture('plain.mkv'), stream, part).result;
    const path = join(temporaryFolder(), 'out.mkv');
    writeFileSync(path, bytes());
    expect((await ffprobe('-show_format', path))['format']).not.toHaveProperty('duration');
  });

  test('sound that could only be described at the end is encoded anew', async () => {
    const [clip, path] = [join(temporaryFolder(), 'clip.ts'), join(temporaryFolder(), 'out.mkv')];
    await ffmpeg('-i', fixture('plain.mp4'), '-c', 'copy', clip);
    const { stream, bytes } = collector();
    const { streams } = await engine.process(clip, stream, { container: 'matroska', to: 1 }).result;
    expect(streams.map(({ codec, action }) => `${codec} ${action}`)).toEqual(['h264 encode', 'aac encode']);
    writeFileSync(path, bytes());
    expect((await streamsOf(path)).map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac']);
    const file = await engine.process(clip, path, { to: 1 }).result;
    expect(file.streams.map(({ action }) => action)).toEqual(['encode', 'copy']);
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
    expect(await framemd5(path)).toEqual(await hashes());
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
      () => new Writable({ write: failing('disk on fire') }),
      /^Cannot write the output stream: disk on fire\.$/,
    ],
    [
      'one that fails at its end',
      () =>
        new Writable({
          write: taking,
          final: (done) => {
            done(new Error('no end'));
          },
        }),
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
    ['one that never ends', () => new Writable({ write: taking, final: () => undefined })],
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
