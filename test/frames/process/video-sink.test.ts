// Videos drawn in JavaScript: what was drawn comes back, at its times; wrong use and every end leave nothing behind.
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Engine, type VideoSinkOptions } from '#dist/index.js';
import { collector, failing } from '../../support/drip.js';
import { sharedEngine } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { failure } from '../../support/failure.js';
import { frameTimes, rawPixels } from '../../support/ffmpeg.js';
import { some } from '../../support/long.js';
import { filesIn, NATIVE_WAYS, packets, streamsOf } from '../../support/process.js';
import { psnr } from '../../support/psnr.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const SIZE = [64, 48] as const;
const BYTES = { rgba: 4, rgb24: 3, gray8: 1, yuv420p: 1.5, nv12: 1.5 } as const;
type Format = keyof typeof BYTES;

/** Pixels that are known by their number. */
function pixels(format: Format, seed: number): Uint8Array {
  const size = SIZE[0] * SIZE[1] * BYTES[format];
  return Uint8Array.from({ length: size }, (_, i) =>
    format === 'rgba' && i % 4 === 3 ? 255 : (i * 7 + seed * 31) & 255,
  );
}

const DRAWN: readonly (readonly [Format, string, VideoSinkOptions])[] = [
  ['yuv420p', 'mkv', { size: SIZE, codec: 'ffv1' }],
  ['nv12', 'mp4', { size: SIZE, lossless: true, pixelFormat: 'nv12' }],
  ['gray8', 'mkv', { size: SIZE, codec: 'ffv1', pixelFormat: 'gray' }],
  ['rgb24', 'mkv', { size: SIZE, encoder: 'libx264rgb', lossless: true, pixelFormat: 'rgb24' }],
  ['rgba', 'mov', { size: SIZE, encoder: 'png', pixelFormat: 'rgba' }],
];

describe.each(NATIVE_WAYS)('$name', ({ options }) => {
  const engine = sharedEngine({ workers: 1, ...options });

  // Every format in the first way; the others carry bytes that they do not know: three planes, and one.
  test.each(DRAWN.filter(([format]) => options === NATIVE_WAYS[0]!.options || /yuv420p|rgba/.test(format)))(
    '%s comes back as it was drawn',
    async (format, ending, how) => {
      const path = join(temporaryFolder(), `out.${ending}`);
      await using sink = await engine.createVideo(path, { ...how, format, packed: false });
      for (let i = 0; i < 12; i++) {
        if (i % 2 === 0) {
          await sink.write(pixels(format, i));
          continue;
        }
        const frame = await sink.frame();
        expect([frame.width, frame.height]).toEqual([64, 48]);
        const drawn = pixels(format, i);
        let at = 0;
        for (const { data, stride, width, height } of frame.planes)
          for (let row = 0; row < height; row++, at += width) data.set(drawn.subarray(at, at + width), row * stride);
        await sink.write(frame);
      }
      const result = await sink.finish();
      expect(result).toMatchObject({ encoded: 12, bytes: readFileSync(path).byteLength });
      expect(result.duration).toBeCloseTo(0.4, 3);
      const name = format === 'gray8' ? 'gray' : format;
      const raw = await rawPixels(path, '-pix_fmt', name);
      const size = SIZE[0] * SIZE[1] * BYTES[format];
      expect(raw.byteLength).toBe(12 * size);
      for (let i = 0; i < 12; i++)
        expect(raw.subarray(i * size, (i + 1) * size).equals(pixels(format, i)), `frame ${String(i)}`).toBe(true);
    },
  );
});

describe('pictures and times', () => {
  const engine = sharedEngine({ workers: 1 });

  test('colours look as they were drawn, and gray too', async () => {
    for (const [format, color] of [
      ['rgba', [200, 40, 90, 255]],
      ['rgb24', [10, 160, 250]],
      ['gray8', [30]],
    ] as const) {
      const path = join(temporaryFolder(), 'out.mp4');
      const sink = await engine.createVideo(path, { size: SIZE, format, quality: 95 });
      const drawn = Uint8Array.from({ length: 64 * 48 * color.length }, (_, i) => color[i % color.length]!);
      for (let i = 0; i < 3; i++) await sink.write(drawn);
      await sink.finish();
      const wanted = Uint8Array.from({ length: 64 * 48 * 3 * 3 }, (_, i) => color[color.length === 1 ? 0 : i % 3]!);
      expect(psnr(await rawPixels(path, '-pix_fmt', 'rgb24'), wanted)).toBeGreaterThan(35);
      if (format !== 'gray8')
        expect((await streamsOf(path))[0]).toMatchObject({ color_space: 'bt709', color_range: 'tv' });
    }
  });

  test('odd sizes', async () => {
    const path = join(temporaryFolder(), 'out.mp4');
    const sink = await engine.createVideo(path, { size: [33, 21], format: 'rgb24' });
    await sink.write(new Uint8Array(33 * 21 * 3).fill(90));
    await sink.finish();
    await using video = await engine.open(path);
    expect(video.info.video.display).toEqual({ width: 33, height: 21 });
  });

  test.each([['mp4'], ['mkv'], ['webm'], ['mov']])('times of their own in .%s', async (ending) => {
    const path = join(temporaryFolder(), `out.${ending}`);
    const sink = await engine.createVideo(path, { size: SIZE, format: 'gray8', frameRate: 25 });
    const times = [0, 0.04, 0.5, 0.501, 1.25, 3];
    for (const pts of times) await sink.write(pixels('gray8', 1), { pts, ...(pts === 3 ? { duration: 0.5 } : {}) });
    expect((await sink.finish()).duration).toBeCloseTo(3.5, 3);
    const got = await frameTimes(path);
    expect(got.length).toBe(times.length);
    for (const [i, time] of times.entries()) expect(Math.abs(got[i]! - time)).toBeLessThan(0.0011);
  });

  test.each(some(3, [25, 30, 29.97, 30000 / 1001, 12.5, 1, 240]))('%d frames a second', async (frameRate) => {
    const path = join(temporaryFolder(), 'out.mp4');
    const sink = await engine.createVideo(path, { size: SIZE, format: 'gray8', frameRate });
    for (let i = 0; i < 20; i++) await sink.write(pixels('gray8', i));
    const { duration } = await sink.finish();
    expect(duration).toBeCloseTo(20 / frameRate, 3);
    const times = await frameTimes(path);
    for (const [i, time] of times.entries()) expect(time).toBeCloseTo(i / frameRate, 3);
  });

  test('writes that nobody waits for keep their order and their times', async () => {
    const path = join(temporaryFolder(), 'out.mkv');
    const sink = await engine.createVideo(path, {
      size: SIZE,
      format: 'gray8',
      codec: 'ffv1',
      pixelFormat: 'gray',
      slots: 2,
    });
    const drawn = await sink.frame();
    drawn.data.set(pixels('gray8', 0));
    const writes = [sink.write(pixels('gray8', 10)), sink.write(pixels('gray8', 11)), sink.write(drawn)];
    for (let i = 12; i < 30; i++) writes.push(sink.write(pixels('gray8', i)));
    expect((await sink.finish()).encoded).toBe(21);
    await Promise.all(writes);
    const raw = await rawPixels(path, '-pix_fmt', 'gray');
    for (const [place, seed] of [10, 11, 0, ...Array.from({ length: 18 }, (_, i) => i + 12)].entries())
      expect(raw.subarray(place * 3072, (place + 1) * 3072).equals(pixels('gray8', seed)), String(place)).toBe(true);
    for (const [i, time] of (await frameTimes(path)).entries()) expect(time).toBeCloseTo(i / 30, 2);
  });

  test('frame() waits while the encoder has them all', async () => {
    const path = join(temporaryFolder(), 'out.mp4');
    await using sink = await engine.createVideo(path, { size: SIZE, slots: 2 });
    const [one, two] = [await sink.frame(), await sink.frame()];
    let came = false;
    const third = sink.frame().then((frame) => {
      came = true;
      return frame;
    });
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(came).toBe(false);
    await sink.write(one);
    expect((await third).data.byteLength).toBe(64 * 48 * 4);
    await sink.write(two);
    await sink.write(await third);
    expect((await sink.finish()).encoded).toBe(3);
  });

  test('quality changes on the way', async () => {
    const path = join(temporaryFolder(), 'out.mp4');
    const sink = await engine.createVideo(path, { size: [320, 180], format: 'gray8', quality: 90, lowLatency: true });
    const noise = randomBytes(320 * 180);
    for (let i = 0; i < 40; i++) {
      if (i === 20) sink.update({ quality: 5 });
      noise[i * 11] = i;
      await sink.write(Uint8Array.from(noise, (value) => (value + i * 3) & 255));
    }
    await sink.finish();
    const sizes = (await packets(path, 'v:0')).map(({ size }) => size);
    const sum = (list: number[]): number => list.reduce((a, b) => a + b);
    expect(sizes.length).toBe(40);
    expect(sum(sizes.slice(20))).toBeLessThan(sum(sizes.slice(0, 20)) / 3);
  });

  test('into a stream', async () => {
    const { stream, bytes } = collector();
    const sink = await engine.createVideo(stream, { size: SIZE, format: 'gray8', container: 'mp4' });
    for (let i = 0; i < 10; i++) await sink.write(pixels('gray8', i));
    const result = await sink.finish();
    expect(bytes().byteLength).toBe(result.bytes);
    const path = join(temporaryFolder(), 'out.mp4');
    writeFileSync(path, bytes());
    expect((await frameTimes(path)).length).toBe(10);
  });
});

describe('wrong use', () => {
  const engine = sharedEngine({ workers: 2 });

  test.each<[unknown, RegExp]>([
    [undefined, /`options`/],
    [{}, /`size`/],
    [{ size: [0, 10] }, /`size\[0\]`/],
    [{ size: SIZE, format: 'native' }, /`format`/],
    [{ size: SIZE, frameRate: 0 }, /`frameRate`/],
    [{ size: SIZE, frameRate: 1001 }, /`frameRate`/],
    [{ size: SIZE, slots: 1 }, /`slots`/],
    [{ size: SIZE, encoder: 'libx246' }, /libx264/],
    [{ size: SIZE, timeout: -1 }, /`timeout`/],
    [{ size: SIZE, pixelFormat: 'yuv421p' }, /`pixelFormat`/],
  ])('%j', async (options, message) => {
    const folder = temporaryFolder();
    const error = await failure(() => engine.createVideo(join(folder, 'out.mp4'), options as VideoSinkOptions));
    expect([error.code, error.message]).toEqual(['FR_ARG_INVALID', expect.stringMatching(message)]);
    expect(filesIn(folder)).toEqual([]);
  });

  test('frames and times that do not fit are refused, and the video goes on', async () => {
    const folder = temporaryFolder();
    const sink = await engine.createVideo(join(folder, 'out.mp4'), { size: SIZE, format: 'gray8' });
    const other = await engine.createVideo(join(folder, 'other.mp4'), { size: SIZE, format: 'gray8' });
    const refused = async (call: () => Promise<unknown>, code: string, what: RegExp): Promise<void> => {
      const error = await failure(call);
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(what)]);
    };
    const frame = await sink.frame();
    await refused(() => other.write(frame), 'FR_ARG_INVALID', /a frame of this video/);
    await refused(() => sink.write(new Uint8Array(5)), 'FR_ARG_INVALID', /3072 bytes/);
    await refused(() => sink.write('x' as never), 'FR_ARG_INVALID', /`frame`/);
    await refused(() => sink.write(frame, null as never), 'FR_ARG_INVALID', /`times`/);
    await refused(() => sink.write(frame, { pts: -1 }), 'FR_ARG_INVALID', /`pts`/);
    await refused(() => sink.write(frame, { duration: Number.NaN }), 'FR_ARG_INVALID', /`duration`/);
    await sink.write(frame, { pts: 1 });
    await refused(() => sink.write(frame), 'FR_FRAME_RELEASED', /was written already/);
    expect(await failure(() => frame.data)).toMatchObject({ code: 'FR_FRAME_RELEASED' });
    await refused(() => sink.write(pixels('gray8', 1), { pts: 1 }), 'FR_ARG_INVALID', /after that of the frame before/);
    expect(await failure(() => sink.update({ quality: 200 }))).toMatchObject({ code: 'FR_ARG_INVALID' });
    for (let i = 0; i < 10; i++) await sink.write(pixels('gray8', i));
    expect((await sink.finish()).encoded).toBe(11);
    await other.close();
    expect(filesIn(folder)).toEqual(['out.mp4']);
  });

  test('after the end there is nothing to do', async () => {
    const path = join(temporaryFolder(), 'out.mp4');
    const sink = await engine.createVideo(path, { size: SIZE, format: 'gray8' });
    await sink.write(pixels('gray8', 1));
    const unused = await sink.frame();
    const finishing = sink.finish();
    // Who asks in the meantime is refused, and does not undo it.
    for (const call of [() => sink.frame(), () => sink.write(unused), () => sink.finish()])
      expect(await failure(call)).toMatchObject({ code: 'FR_CLOSED' });
    expect((await finishing).encoded).toBe(1);
    for (const call of [() => sink.frame(), () => sink.write(pixels('gray8', 1)), () => sink.finish()])
      expect(await failure(call)).toMatchObject({ code: 'FR_CLOSED' });
    expect(await failure(() => unused.data)).toMatchObject({ code: 'FR_FRAME_RELEASED' });
    await sink.close();
    expect((await frameTimes(path)).length).toBe(1);
  });

  test('no frame, no video', async () => {
    const folder = temporaryFolder();
    const sink = await engine.createVideo(join(folder, 'out.mp4'), { size: SIZE });
    expect(await failure(() => sink.finish())).toMatchObject({
      code: 'FR_ENCODE_FAILED',
      message: 'No frame was written, so there is no video.',
    });
    expect(filesIn(folder)).toEqual([]);
  });
});

describe.each(some(2, NATIVE_WAYS))('ends without a file: $name', ({ options }) => {
  const engine = sharedEngine({ workers: 1, ...options });
  const begin = async (
    more: object = {},
  ): Promise<{ folder: string; sink: Awaited<ReturnType<Engine['createVideo']>> }> => {
    const folder = temporaryFolder();
    const sink = await engine.createVideo(join(folder, 'out.mp4'), { size: SIZE, format: 'gray8', ...more });
    for (let i = 0; i < 5; i++) await sink.write(pixels('gray8', i));
    expect(filesIn(folder).length).toBe(1);
    return { folder, sink };
  };

  test('closed before it was finished', async () => {
    const { folder, sink } = await begin();
    const frame = await sink.frame();
    await sink.close();
    expect(filesIn(folder)).toEqual([]);
    expect(await failure(() => frame.data)).toMatchObject({ code: 'FR_FRAME_RELEASED' });
    expect(await failure(() => sink.frame())).toMatchObject({ code: 'FR_CLOSED' });
    // Its memory is free for the next one.
    expect(engine.memory?.used ?? 0).toBe(0);
  });

  test('aborted, also while nobody asks for anything', async () => {
    const stop = new AbortController();
    const { folder, sink } = await begin({ signal: stop.signal });
    stop.abort();
    await eventually(() => {
      expect(filesIn(folder)).toEqual([]);
    });
    expect(await failure(() => sink.finish())).toMatchObject({ code: 'FR_ABORTED' });
  });

  test('aborted while somebody waits for a frame', async () => {
    const stop = new AbortController();
    const { folder, sink } = await begin({ signal: stop.signal, slots: 2 });
    const held = [await sink.frame(), await sink.frame()];
    const waiting = failure(() => sink.frame());
    stop.abort();
    expect((await waiting).code).toBe('FR_ABORTED');
    for (const frame of held) expect(await failure(() => frame.data)).toMatchObject({ code: 'FR_FRAME_RELEASED' });
    await eventually(() => {
      expect(filesIn(folder)).toEqual([]);
    });
  });

  test('too slow', async () => {
    const { folder, sink } = await begin({ timeout: 300 });
    await eventually(() => {
      expect(filesIn(folder)).toEqual([]);
    });
    expect(await failure(() => sink.frame())).toMatchObject({ code: 'FR_TIMEOUT' });
  });
});

describe('deaths', () => {
  test('of the worker', async () => {
    await using engine = new Engine({ workers: 1 });
    const folder = temporaryFolder();
    const sink = await engine.createVideo(join(folder, 'out.mp4'), { size: SIZE, format: 'gray8' });
    await sink.write(pixels('gray8', 1));
    for (const pid of engine.pids) process.kill(pid, 'SIGKILL');
    await eventually(() => {
      expect(filesIn(folder)).toEqual([]);
    });
    expect(await failure(() => sink.finish())).toMatchObject({ code: 'FR_WORKER_DIED' });
  });

  test('of the output', async () => {
    await using engine = new Engine({ workers: 1 });
    const stream = new Writable({ write: failing('full') });
    const error = await failure(async () => {
      const sink = await engine.createVideo(stream, { size: SIZE, format: 'gray8', container: 'matroska' });
      for (let i = 0; i < 500; i++) await sink.write(pixels('gray8', i));
      await sink.finish();
    });
    expect([error.code, error.message]).toEqual(['FR_OUTPUT_FAILED', 'Cannot write the output stream: full.']);
  });

  test('of the engine', async () => {
    const engine = new Engine({ workers: 1 });
    const folder = temporaryFolder();
    const sink = await engine.createVideo(join(folder, 'out.mp4'), { size: SIZE, format: 'gray8' });
    await engine.close();
    expect(await failure(() => sink.frame())).toMatchObject({ code: 'FR_CLOSED' });
    expect(filesIn(folder)).toEqual([]);
  });
});
