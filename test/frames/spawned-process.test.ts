// What commands make of a video is what the native engine makes of it: the same pictures, times, streams and refusals.
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Engine, ProcessOptions, ProcessResult, VideoFrame } from '#dist/index.js';
import { clipBlocks } from '../support/blocks.js';
import { sharedEngine } from '../support/engines.js';
import { failure } from '../support/failure.js';
import { ffmpeg, ffprobe, framemd5 } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { md5Of } from '../support/frame-list.js';
import { once, onceEach } from '../support/once.js';
import { psnr } from '../support/psnr.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const native = sharedEngine({ workers: 1 });
const spawned = sharedEngine({ workers: 2, backend: 'spawn' });
const LOSSLESS = { lossless: true, encoderOptions: { preset: 'ultrafast' } } as const;
const QUICK = { encoderOptions: { preset: 'ultrafast' } } as const;
const SAME = { format: 'native', transform: () => undefined } as const;

interface Made {
  readonly result: ProcessResult;
  readonly path: string;
}

async function make(engine: Engine, clip: string, output: string, options: ProcessOptions): Promise<Made> {
  const path = join(temporaryFolder(), output);
  return { result: await engine.process(fixture(clip), path, options).result, path };
}

/** When each packet of the video is shown, in seconds. */
async function times(path: string): Promise<number[]> {
  const said = await ffprobe('-select_streams', 'v:0', '-show_entries', 'packet=pts_time', path);
  return (said['packets'] as { pts_time: string }[]).map((packet) => Number(packet.pts_time)).sort((a, b) => a - b);
}

const SHOWN =
  'stream=codec_name,pix_fmt,width,height,sample_aspect_ratio,color_range,color_space,color_primaries,color_transfer:stream_tags=language:stream_side_data=rotation';

async function shown(path: string): Promise<unknown> {
  return (await ffprobe('-show_entries', SHOWN, path))['streams'];
}

/** Both of these, of one run of ffprobe. */
async function timesAndShown(path: string): Promise<unknown> {
  const { packets, streams } = await ffprobe('-show_entries', `packet=stream_index,pts_time:${SHOWN}`, path);
  const video = (packets as { stream_index: number; pts_time: string }[]).filter((one) => one.stream_index === 0);
  expect(video.length).toBeGreaterThan(20);
  return [streams, video.map((packet) => Number(packet.pts_time)).sort((a, b) => a - b)];
}

/** What ffmpeg says of a clip, asked once. */
const known = onceEach((clip: string) => framemd5(fixture(clip)));

function told({ result }: Made): unknown {
  const { decoded, encoded, dropped, container, encoder, streams } = result;
  const round = Math.round(result.duration * 1000);
  return { decoded, encoded, dropped, container, encoder: encoder?.name, streams, round };
}

describe('lossless', () => {
  test.each([
    ['plain.mp4', 'out.mp4', LOSSLESS],
    ['vfr.mp4', 'out.mp4', { ...LOSSLESS, ...SAME }],
    ['plain.ts', 'out.mkv', { ...LOSSLESS, ...SAME }],
    ['hevc10.mp4', 'out.mkv', { lossless: true, codec: 'ffv1', ...SAME }],
    ['odd-420.webm', 'out.mkv', { lossless: true, codec: 'ffv1', ...SAME }],
    ['vfr.mp4', 'out.mp4', LOSSLESS],
    ['sar.mp4', 'out.mp4', { ...LOSSLESS, ...SAME }],
    ['turned-90.mp4', 'out.mov', { ...LOSSLESS, ...SAME }],
  ] as const)('%s into %s', async (clip, output, options) => {
    const [ours, theirs] = [await make(spawned, clip, output, options), await make(native, clip, output, options)];
    const pictures = await framemd5(ours.path);
    expect(pictures.length).toBeGreaterThan(20);
    expect(pictures).toEqual(await (clip.startsWith('turned') ? framemd5(theirs.path) : known(clip)));
    expect(await timesAndShown(ours.path)).toEqual(await timesAndShown(theirs.path));
    expect(told(ours)).toEqual(told(theirs));
    expect(ours.result.bytes).toBe((await stat(ours.path)).size);
    expect(ours.result.log.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test.each([{}, SAME])('a range of a file: its pictures, its times, its sound', async (way) => {
    const made: Made[] = [];
    for (const engine of [spawned, native])
      made.push(await make(engine, 'plain.mp4', 'out.mp4', { ...LOSSLESS, ...way, from: 1.3, to: 2.7 }));
    const [mine, other] = made as [Made, Made];
    expect(mine.result.encoded).toBe(35);
    expect(await framemd5(mine.path)).toEqual(await framemd5(other.path));
    expect(await times(mine.path)).toEqual(await times(other.path));
    const { format } = await ffprobe('-show_entries', 'format=duration', mine.path);
    expect(Number((format as { duration: string }).duration)).toBeCloseTo(1.4, 1);
  });
});

describe('sound', () => {
  const packets = (path: string): Promise<Buffer> => ffmpeg('-i', path, '-map', '0:a', '-c', 'copy', '-f', 'data', '-');
  const plain = once(() => packets(fixture('plain.mp4')));

  test.each([{}, SAME])('is copied to the byte', async (way) => {
    const { path } = await make(spawned, 'plain.mp4', 'out.mkv', { ...QUICK, ...way });
    expect((await packets(path)).equals(await plain())).toBe(true);
  });

  test.each([{}, SAME])('is encoded anew where the container does not hold it, left out, or refused', async (way) => {
    const webm = { codec: 'vp8', ...way, to: 0.2 } as const;
    const { result, path } = await make(spawned, 'plain.mp4', 'out.webm', webm);
    expect(result.streams[1]).toEqual({
      ...{ index: 1, kind: 'audio', codec: 'aac', action: 'encode' },
      why: 'webm does not hold aac, so libopus encodes it anew.',
    });
    expect(await shown(path)).toMatchObject([{ codec_name: 'vp8' }, { codec_name: 'opus' }]);
    const none = await make(spawned, 'plain.mp4', 'out.mp4', { ...QUICK, ...way, to: 0.5, audio: 'none' });
    expect(none.result.streams[1]).toMatchObject({ action: 'drop', why: 'It was not wanted.' });
    expect(await shown(none.path)).toHaveLength(1);
    const refused = await failure(() => make(spawned, 'plain.mp4', 'out.webm', { ...webm, audio: 'copy' }));
    expect(refused.code).toBe('FR_OUTPUT_FAILED');
  });
});

describe('the transform', () => {
  test('sees the frames of the native engine, in order, and changes them', async () => {
    const seen: [number, string][][] = [];
    const paths: string[] = [];
    for (const engine of [spawned, native]) {
      const list: [number, string][] = [];
      const invert = (frames: Iterable<VideoFrame>): void => {
        for (const frame of frames) {
          list.push([frame.pts, md5Of(frame)]);
          for (const { data } of frame.planes) for (let i = 0; i < data.length; i++) data[i]! ^= 0xff;
        }
      };
      const options = { ...LOSSLESS, format: 'native', transform: invert } as const;
      paths.push((await make(engine, 'vfr.mp4', 'out.mp4', options)).path);
      seen.push(list);
    }
    expect(seen[0]!.length).toBe(47);
    expect(seen[0]).toEqual(seen[1]);
    expect(await framemd5(paths[0]!)).toEqual(await framemd5(paths[1]!));
    expect(await framemd5(paths[0]!)).not.toEqual(await known('vfr.mp4'));
  });

  test('in RGB, scaled, with padding: the colours are those of the native engine', async () => {
    const pixels: Buffer[] = [];
    for (const engine of [spawned, native]) {
      const options = { ...QUICK, quality: 95, format: 'rgba', size: [170, 90], transform: () => undefined } as const;
      const { path } = await make(engine, 'bt709.mp4', 'out.mp4', options);
      pixels.push(await ffmpeg('-i', path, '-f', 'rawvideo', '-'));
      expect(await shown(path)).toMatchObject([{ color_space: 'bt709', color_range: 'tv', width: 170, height: 90 }]);
    }
    expect(psnr(pixels[0]!, pixels[1]!)).toBeGreaterThan(40);
  });

  test('drops frames; the others keep their times', async () => {
    const drop = (frames: Iterable<{ index: number; drop(): void }>): void => {
      for (const frame of frames) if (frame.index % 3 !== 0) frame.drop();
    };
    const { result, path } = await make(spawned, 'plain.mp4', 'out.mp4', { ...QUICK, transform: drop });
    expect([result.encoded, result.dropped]).toEqual([34, 66]);
    const kept = Array.from({ length: 34 }, (_, i): unknown => expect.closeTo((i * 3) / 25, 5));
    expect(await times(path)).toEqual(kept);
    const all = (frames: Iterable<{ drop(): void }>): void => {
      for (const frame of frames) frame.drop();
    };
    const error = await failure(() => make(spawned, 'plain.mp4', 'out.mp4', { transform: all, to: 0.4 }));
    expect(error.code).toBe('FR_ENCODE_FAILED');
  });

  test('only looks, without an output', async () => {
    let count = 0;
    const look = (frames: { length: number }): void => void (count += frames.length);
    const result = await spawned.process(fixture('plain.mp4'), null, { transform: look }).result;
    expect([count, result.decoded, result.encoder, result.bytes]).toEqual([100, 100, undefined, 0]);
  });

  test('a failure inside it leaves nothing', async () => {
    const folder = temporaryFolder();
    const fail = (): void => {
      throw new Error('no');
    };
    const error = await failure(
      () => spawned.process(fixture('plain.mp4'), join(folder, 'out.mp4'), { transform: fail }).result,
    );
    expect(error.code).toBe('FR_TRANSFORM_FAILED');
    expect(await readdir(folder)).toEqual([]);
    expect(spawned.pids).toEqual([]);
  });
});

test.each([{}, SAME])('filters: fewer and smaller pictures', async (way) => {
  const made: Made[] = [];
  for (const engine of [spawned, native])
    made.push(await make(engine, 'plain.mp4', 'out.mp4', { ...LOSSLESS, ...way, filters: ['fps=10', 'scale=160:-2'] }));
  const [ours, theirs] = made as [Made, Made];
  expect(told(ours)).toEqual(told(theirs));
  expect(ours.result.encoded).toBe(40);
  expect(await timesAndShown(ours.path)).toEqual(await timesAndShown(theirs.path));
});

test.each([
  ['a filter that there is not', { filters: 'scal=10:10' }],
  ['a filter that data may not name', { filters: 'movie=x', filterTrust: 'listed' }],
  ['a filter with a wrong value', { filters: 'scale=foo:10' }],
  ['the same through JavaScript', { filters: 'scale=foo:10', ...SAME }],
  ['a filter that does not fit', { filters: 'crop=9999:10' }],
  ['an encoder that there is not', { encoder: 'libx265x' }],
  ['an option that the encoder does not have', { encoderOptions: { nosuch: 1 } }],
  ['an option with a wrong value', { encoderOptions: { crf: 'abc' } }],
  ['an encoder that does not open', { encoderOptions: { preset: 'nosuch' }, ...SAME }],
  ['nothing in the range', { from: 100 }],
] as const)('refused alike: %s', async (_, options) => {
  const folder = temporaryFolder();
  const codes = [];
  for (const engine of [spawned, native]) {
    const error = await failure(() => engine.process(fixture('plain.mp4'), join(folder, 'out.mp4'), options).result);
    expect(error.message).toMatch(/^.{20,}$/s);
    codes.push(error.code);
  }
  expect(codes[0]).toBe(codes[1]);
  expect(await readdir(folder)).toEqual([]);
  expect(spawned.pids).toEqual([]);
});

test.each([
  ['out.xyz', {}, 'FR_ARG_INVALID'],
  ['none/out.mp4', {}, 'FR_OUTPUT_FAILED'],
  ['out.webm', { codec: 'h264' }, 'FR_OUTPUT_FAILED'],
] as const)('an output that cannot be: %s', async (name, options, code) => {
  const error = await failure(() => make(spawned, 'plain.mp4', name, options));
  expect(error.code).toBe(code);
});

test('odd sides: a format with whole chroma, or a refusal that says what to do', async () => {
  const { result, path } = await make(spawned, 'odd-420.webm', 'out.mp4', QUICK);
  expect(result.encoder).toMatchObject({ pixelFormat: 'yuv444p' });
  expect(await shown(path)).toMatchObject([{ width: 321, height: 181 }]);
  const error = await failure(() => make(spawned, 'odd-420.webm', 'out.mp4', LOSSLESS));
  expect(error).toMatchObject({ code: 'FR_ARG_INVALID', details: { argument: 'size' } });
  expect(error.message).toContain('scale or crop them to even sides');
});

test('orientation stays in the output where pictures are not turned', async () => {
  const { path } = await make(spawned, 'turned-90.mp4', 'out.mp4', { ...QUICK, upright: false });
  const { path: other } = await make(native, 'turned-90.mp4', 'out.mp4', { ...QUICK, upright: false });
  expect(await shown(path)).toEqual(await shown(other));
});

describe('other ways in and out', () => {
  test.each([
    ['blocks', {}, () => clipBlocks('plain.ts')],
    ['blocks', SAME, () => clipBlocks('plain.ts')],
    ['a stream', {}, () => createReadStream(fixture('plain.ts'))],
    ['a stream', SAME, () => createReadStream(fixture('plain.ts'))],
  ] as const)('%s, %j: the pictures of the file', async (kind, way, input) => {
    const path = join(temporaryFolder(), 'out.mkv');
    const { streams } = await spawned.process(await input(), path, { ...LOSSLESS, ...way }).result;
    expect(await framemd5(path)).toEqual(await known('plain.ts'));
    // Through JavaScript there is no time to read a stream again, for its sound.
    if (kind === 'a stream' && way === SAME)
      expect(streams[1]).toMatchObject({ action: 'drop', why: expect.stringContaining('only once') as unknown });
    else expect(streams[1]).toMatchObject({ action: 'copy' });
  });

  test('a stream that fails, fails the call', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield (await readFile(fixture('plain.ts'))).subarray(0, 60_000);
      throw new Error('the line is dead');
    }
    const path = join(temporaryFolder(), 'out.mkv');
    const error = await failure(() => spawned.process(broken(), path, QUICK).result);
    expect(error.code).toBe('FR_INPUT_READ');
    expect(await readdir(dirname(path))).toEqual([]);
  });

  test('a stream takes the bytes at its own pace', async () => {
    const pieces: Buffer[] = [];
    const slow = new Writable({
      highWaterMark: 1000,
      write: (piece: Buffer, _, done) => {
        pieces.push(piece);
        setImmediate(done);
      },
    });
    const { bytes, container } = await spawned.process(fixture('plain.mp4'), slow, { ...QUICK, container: 'mp4' })
      .result;
    const path = join(temporaryFolder(), 'copy.mp4');
    await writeFile(path, Buffer.concat(pieces));
    expect([bytes, container]).toEqual([(await stat(path)).size, 'mp4']);
    expect(await framemd5(path)).toHaveLength(100);
  });

  test('a live source that nobody serves is named without its secrets', async () => {
    const path = join(temporaryFolder(), 'out.mp4');
    const error = await failure(() => spawned.process({ live: 'rtmp://me:secret@127.0.0.1:1/x' }, path, QUICK).result);
    expect(error.code).toBe('FR_INPUT_READ');
    expect(error.message).not.toContain('secret');
  });
});

test('a wish to change the running encode is refused in the log, once', async () => {
  const path = join(temporaryFolder(), 'out.mp4');
  const session = spawned.process(fixture('plain.mp4'), path, { ...QUICK, ...SAME });
  session.update({ bitrate: 100_000 });
  session.update({ quality: 10 });
  const { log } = await session.result;
  expect(log.filter(({ text }) => text.includes('was not changed'))).toHaveLength(1);
});

test('progress is told, and ends at the end', async () => {
  const told: number[] = [];
  const session = spawned.process(fixture('long-gop.mp4'), null, {
    ...SAME,
    onProgress: ({ frames }) => told.push(frames),
  });
  await session.result;
  expect(told.length).toBeGreaterThan(0);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(session.progress.frames).toBeLessThanOrEqual(500);
});

describe('createVideo', () => {
  test('drawn pixels come back to the bit, at their times', async () => {
    const path = join(temporaryFolder(), 'drawn.mkv');
    const size = [63, 47] as const;
    const video = await spawned.createVideo(path, { size, format: 'yuv420p', codec: 'ffv1', lossless: true, slots: 3 });
    const picture = (i: number): Uint8Array =>
      new Uint8Array(63 * 47 + 2 * 32 * 24).map((_, at) => (at * 7 + i * 31) % 256);
    const starts = [0, 0.1, 0.15, 1, 1.7];
    for (const [i, pts] of starts.entries()) await video.write(picture(i), { pts });
    const result = await video.finish();
    expect(result).toMatchObject({ encoded: 5, container: 'matroska', encoder: { name: 'ffv1' } });
    const raw = await ffmpeg('-i', path, '-vsync', 'passthrough', '-f', 'rawvideo', '-');
    expect(raw.equals(Buffer.concat(starts.map((_, i) => picture(i))))).toBe(true);
    expect(await times(path)).toEqual(starts);
  });

  test('frames drawn in RGB have the colours of the native engine', async () => {
    const pixels: Buffer[] = [];
    for (const engine of [spawned, native]) {
      const path = join(temporaryFolder(), 'drawn.mp4');
      const video = await engine.createVideo(path, { size: [64, 48], frameRate: 25, quality: 95 });
      for (let i = 0; i < 8; i++) {
        const frame = await video.frame();
        for (let at = 0; at < frame.data.length; at += 4) frame.data.set([200, i * 20, 40, 255], at);
        await video.write(frame);
      }
      await video.finish();
      expect(await shown(path)).toMatchObject([{ color_space: 'bt709', color_range: 'tv', pix_fmt: 'yuv420p' }]);
      pixels.push(await ffmpeg('-i', path, '-pix_fmt', 'rgb24', '-f', 'rawvideo', '-'));
    }
    expect(pixels[0]!.byteLength).toBe(8 * 64 * 48 * 3);
    expect(psnr(pixels[0]!, pixels[1]!)).toBeGreaterThan(40);
  });

  test('closed before its end, it leaves neither file nor command', async () => {
    const path = join(temporaryFolder(), 'drawn.mp4');
    const video = await spawned.createVideo(path, { size: [64, 48] });
    await video.write(await video.frame());
    await video.close();
    expect(await readdir(dirname(path))).not.toContain(basename(path));
    expect(spawned.pids).toEqual([]);
  });
});
