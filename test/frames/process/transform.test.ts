// The transform: its frames, their order and their lives, how far it is, and changes on the way.
import { join } from 'node:path';
import { setTimeout as later } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { ProcessFrame, ProcessProgress } from '#dist/index.js';
import { sharedEngine } from '../../support/engines.js';
import { failure } from '../../support/failure.js';
import { framemd5 } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { once } from '../../support/once.js';
import { each, NATIVE_WAYS, packets, shown, untouched } from '../../support/process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const NATIVE = { format: 'native', lossless: true } as const;
/** For what no encoder has a say in. */
const QUICK = { encoderOptions: { preset: 'ultrafast' } } as const;
const hashes = once(() => framemd5(fixture('plain.mp4')));
const out = (name = 'out.mp4'): string => join(temporaryFolder(), name);

describe.each(NATIVE_WAYS)('$name', ({ name, options }) => {
  const engine = sharedEngine({ workers: 1, ...options });

  test('batches that settle in any order go on in theirs', async () => {
    const output = out();
    let [running, most] = [0, 0];
    const begun: number[] = [];
    await engine.process(fixture('plain.mp4'), output, {
      ...NATIVE,
      ...QUICK,
      concurrency: 4,
      slots: 24,
      batchSize: 3,
      batchDelay: 0,
      transform: async (batch) => {
        begun.push(...batch.frames.map(({ index }) => index));
        most = Math.max(most, ++running);
        await later(Math.random() * 8);
        for (const frame of batch) frame.data[0] = frame.index;
        running -= 1;
      },
    }).result;
    expect(begun).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(4);
    // Each frame carries its own number, and nobody else's pixels.
    await using video = await engine.open(output);
    let index = 0;
    for await (const batch of video.frames({ format: 'native' }))
      for (const frame of batch) expect(frame.data[0]).toBe(index++);
    expect(index).toBe(100);
  });

  test('what is painted in place is encoded, and its neighbours are not touched', async () => {
    const output = out();
    await engine.process(fixture('plain.mp4'), output, {
      ...NATIVE,
      ...QUICK,
      transform: each((frame) => {
        if (frame.index % 2 !== 0) return;
        // All that the view gives, also beyond the frame: the memory behind it is the frame's own, but for a thread,
        // whose memory is one piece.
        const { data } = frame;
        (name === 'thread' ? data : new Uint8Array(data.buffer)).fill(frame.index);
      }),
    }).result;
    const before = await hashes();
    const after = await shown(engine, output);
    expect(after.length).toBe(100);
    for (const [i, { md5 }] of after.entries())
      if (i % 2 === 1) expect(md5).toBe(before[i]);
      else expect(md5).not.toBe(before[i]);
  });
});

describe('frames', () => {
  const engine = sharedEngine({ workers: 1 });

  test('know their place, their times and their kind', async () => {
    const seen: [number, number, number, boolean, boolean][] = [];
    await engine.process(fixture('plain.mp4'), null, {
      transform: each(({ index, pts, duration, keyframe, damaged }) => {
        seen.push([index, Math.round(pts * 1e6), Math.round(duration * 1e6), keyframe, damaged]);
      }),
    }).result;
    expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => [i, i * 40_000, 40_000, i % 25 === 0, false]));
  });

  test('cannot be looked at when the transform is over', async () => {
    const kept: ProcessFrame[] = [];
    await engine.process(fixture('plain.mp4'), null, {
      to: 1,
      transform: async (batch) => {
        await Promise.resolve();
        // While it runs, and also after it waited, frames are there.
        for (const frame of batch) expect(frame.data.byteLength).toBeGreaterThan(0);
        kept.push(...batch);
      },
    }).result;
    expect(kept.length).toBe(25);
    expect(kept.every(({ released }) => released)).toBe(true);
    for (const late of [() => kept[0]!.data, () => kept[0]!.planes, () => kept[0]!.copyTo(new Uint8Array(1e6))])
      expect(await failure(late)).toMatchObject({ code: 'FR_FRAME_RELEASED' });
  });

  test('cannot be retained, and the refusal ends the call when nobody catches it', async () => {
    const error = await failure(
      () => engine.process(fixture('plain.mp4'), null, { transform: each((frame) => frame.retain()) }).result,
    );
    expect(error.code).toBe('FR_TRANSFORM_FAILED');
    expect(error.message).toMatch(
      /^The transform failed at frame 0 \(0\.000 s\): A frame of a transform cannot be retained/,
    );
    expect((error.cause as { code: string }).code).toBe('FR_ARG_INVALID');
  });

  test('that are dropped, by either word, are missing in the output', async () => {
    const output = out();
    const { encoded, dropped } = await engine.process(fixture('plain.mp4'), output, {
      ...NATIVE,
      transform: each((frame) => {
        if (frame.index % 10 === 3) frame.drop();
        if (frame.index % 10 === 7) frame.release();
      }),
    }).result;
    expect([encoded, dropped]).toEqual([80, 20]);
    const wanted = (await hashes()).filter((_, i) => ![3, 7].includes(i % 10));
    expect(await framemd5(output)).toEqual(wanted);
    const pictures = await packets(output, 'v:0');
    const times = pictures.map(({ pts }) => Math.round(pts * 25)).sort((a, b) => a - b);
    expect(times).toEqual(Array.from({ length: 100 }, (_, i) => i).filter((i) => ![3, 7].includes(i % 10)));
  });

  test('all dropped: no video, and no file', async () => {
    const folder = temporaryFolder();
    const error = await failure(
      () => engine.process(fixture('plain.mp4'), join(folder, 'a.mp4'), { transform: each((f) => f.drop()) }).result,
    );
    expect([error.code, error.message]).toEqual([
      'FR_ENCODE_FAILED',
      'Every frame was left out by the transform, so there is no video.',
    ]);
    // Where there is no output, that is nothing special.
    const result = await engine.process(fixture('plain.mp4'), null, { transform: each((f) => f.drop()) }).result;
    expect(result).toMatchObject({ encoded: 0, dropped: 100, bytes: 0, container: undefined, encoder: undefined });
  });

  test.each([
    [{ batchSize: 1 }, 1],
    [{ batchSize: 4, slots: 12 }, 4],
    [{ batchSize: 50, slots: 30 }, 10],
    [{ slots: 3 }, 1],
  ])('come in batches: %j', async (options, most) => {
    const sizes: number[] = [];
    await engine.process(fixture('plain.mp4'), null, {
      ...options,
      size: [32, 18],
      batchDelay: 60_000,
      transform: (batch) => {
        sizes.push(batch.length);
      },
    }).result;
    expect(sizes.reduce((sum, size) => sum + size)).toBe(100);
    expect(Math.max(...sizes)).toBe(most);
    expect(sizes.filter((size) => size === most).length).toBeGreaterThanOrEqual(100 / most - 2);
  });

  test('packed or with room between the rows', async () => {
    const strides = async (packed: boolean): Promise<number[]> => {
      const seen = new Set<number>();
      const transform = each((frame) => seen.add(frame.planes[0]!.stride));
      await engine.process(fixture('plain.mp4'), null, { packed, size: [50, 20], transform, to: 0.2 }).result;
      return [...seen];
    };
    expect(await strides(true)).toEqual([150]);
    expect(await strides(false)).toEqual([192]);
  });
});

describe('on its way', () => {
  const engine = sharedEngine({ workers: 1 });

  test('progress grows, and the last word is all of it', async () => {
    const heard: ProcessProgress[] = [];
    const session = engine.process(fixture('big.mp4'), out(), {
      to: 2,
      size: [320, 180],
      transform: () => later(15),
      onProgress: (progress) => heard.push(progress),
    });
    expect(session.progress).toMatchObject({ frames: 0, time: 0, percent: undefined, eta: undefined });
    const { bytes } = await session.result;
    expect(heard.length).toBeGreaterThan(1);
    for (const [i, now] of heard.entries()) {
      const before = heard[i - 1] ?? { frames: 0, time: 0, bytes: 0, percent: 0 };
      expect(now.frames).toBeGreaterThanOrEqual(before.frames);
      expect(now.time).toBeGreaterThanOrEqual(before.time);
      expect(now.bytes).toBeGreaterThanOrEqual(before.bytes);
      expect(now.percent).toBeGreaterThanOrEqual(before.percent!);
      expect(now.fps).toBeGreaterThan(0);
      expect(now.speed).toBeGreaterThan(0);
      expect(now.eta).toBeGreaterThanOrEqual(0);
      expect(now.encoder).toBe('libx264');
    }
    const last = heard.at(-1)!;
    expect(last).toMatchObject({ frames: 60, bytes });
    expect(last.percent).toBeCloseTo(100, 0);
    expect(last.eta).toBeCloseTo(0, 1);
    expect(session.progress.frames).toBe(60);
  });

  test('a listener that throws is a warning, once', async () => {
    const warnings: Error[] = [];
    const hear = (warning: Error): void => void warnings.push(warning);
    process.on('warning', hear);
    const onProgress = (): never => {
      throw new Error('of mine');
    };
    const { encoded } = await engine.process(fixture('plain.mp4'), out(), { transform: () => later(10), onProgress })
      .result;
    await later(0);
    process.off('warning', hear);
    expect(encoded).toBe(100);
    expect(warnings.map(({ message }) => message)).toEqual([
      '`onProgress` failed: of mine. It is called again, but not reported again.',
    ]);
  });

  // Other encoders in other containers: update.test.ts.
  test('the bit rate changes without a gap: mpeg4 in .avi', async () => {
    const output = out('out.avi');
    const session = engine.process(fixture('plain.mp4'), output, {
      encoder: 'mpeg4',
      bitrate: 4_000_000,
      audio: 'none',
      transform: each((frame) => {
        if (frame.index === 50) session.update({ bitrate: 100_000 });
      }),
    });
    expect((await session.result).encoded).toBe(100);
    const list = await packets(output, 'v:0');
    expect(list.length).toBe(100);
    const all = await shown(engine, output);
    expect(all.length).toBe(100);
    for (const [i, { pts }] of all.entries()) expect(pts).toBeCloseTo(i / 25, 2);
  });

  test.each(['ts', 'avi'])('keyframes come more often from a moment on, in .%s', async (ending) => {
    const output = out(`out.${ending}`);
    const session = engine.process(fixture('plain.mp4'), output, {
      codec: 'h264',
      encoderOptions: { preset: 'veryfast' },
      audio: 'none',
      transform: each((frame) => {
        if (frame.index === 50) session.update({ keyframeInterval: 0.2 });
      }),
    });
    await session.result;
    const frames = await shown(engine, output);
    expect(frames.length).toBe(100);
    const keys = (await packets(output, 'v:0')).map(({ key }) => key);
    expect(keys.slice(0, 40).filter(Boolean).length).toBeLessThanOrEqual(2);
    expect(keys.slice(62).filter(Boolean).length).toBeGreaterThanOrEqual(6);
  });

  test('wrong changes are refused at once and change nothing', async () => {
    const session = engine.process(fixture('plain.mp4'), null, { transform: untouched });
    for (const wrong of [{ quality: 101 }, { bitrate: 0 }, { keyframeInterval: -1 }, { quality: Number.NaN }])
      expect(await failure(() => session.update(wrong))).toMatchObject({ code: 'FR_ARG_INVALID' });
    expect((await session.result).encoded).toBe(100);
    // Too late is no failure either.
    session.update({ quality: 10 });
  });
});
