// What becomes of pictures on their way: colours, shapes, turns, ranges, filters; measured against ffmpeg.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sharedEngine } from '../../support/engines.js';
import { failure } from '../../support/failure.js';
import { framemd5, rawPixels, shownFrames } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { some } from '../../support/long.js';
import { once } from '../../support/once.js';
import { psnr } from '../../support/psnr.js';
import { each, packets, shown, streamsOf, untouched } from '../../support/process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const engine = sharedEngine({ workers: 1 });
/** For what no encoder has a say in. */
const QUICK = { encoderOptions: { preset: 'ultrafast' } } as const;
const out = (name = 'out.mp4'): string => join(temporaryFolder(), name);

/** What ffprobe says of the video of a file. */
async function video(path: string): Promise<Record<string, unknown>> {
  const stream = (await streamsOf(path)).find(({ codec_type }) => codec_type === 'video');
  if (stream === undefined) throw new Error(`${path} has no video.`);
  return stream;
}

const plainGray = once(() => rawPixels(fixture('plain.mp4'), '-frames:v', '15', '-pix_fmt', 'gray'));

describe('there to RGB and back', () => {
  test.each([
    ['plain.mp4', 'yuv420p'],
    ['bt709.mp4', 'yuv420p'],
    ['odd.mp4', 'yuv444p'],
  ])('%s loses no more than ffmpeg does', async (clip, format) => {
    const output = out();
    const { encoder } = await engine.process(fixture(clip), output, {
      transform: untouched,
      encoderOptions: { preset: 'ultrafast', qp: 0 },
      to: 0.6,
    }).result;
    expect(encoder?.pixelFormat).toBe(format);
    const first = ['-frames:v', '15'];
    const before = await rawPixels(fixture(clip), ...first, '-pix_fmt', format);
    const matrix = clip === 'bt709.mp4' ? 'bt709' : 'smpte170m';
    const back = `scale=flags=bicubic,format=rgb24,scale=out_color_matrix=${matrix}:out_range=tv:flags=bicubic,format=${format}`;
    const theirs = await rawPixels(fixture(clip), ...first, '-vf', back);
    const ours = await rawPixels(output, '-pix_fmt', format);
    expect(ours.byteLength).toBe(before.byteLength);
    expect(psnr(ours, before)).toBeGreaterThan(psnr(theirs, before) - 1);
    expect(psnr(ours, before)).toBeGreaterThan(35);
  });

  test('what the transform paints is what everybody sees', async () => {
    const output = out();
    await engine.process(fixture('bt709.mp4'), output, {
      transform: each((frame) => {
        const [plane] = frame.planes;
        for (let row = 0; row < frame.height; row++)
          for (let x = 0; x < frame.width; x++)
            plane!.data.set(x < 160 ? [200, 30, 60] : [10, 90, 220], row * plane!.stride + x * 3);
      }),
      ...QUICK,
      quality: 95,
      to: 0.2,
    }).result;
    const pixels = await rawPixels(output, '-pix_fmt', 'rgb24');
    expect(pixels.byteLength).toBe(5 * 320 * 180 * 3);
    for (const [x, color] of [
      [20, [200, 30, 60]],
      [300, [10, 90, 220]],
    ] as const)
      for (const [i, wanted] of color.entries())
        expect(Math.abs(pixels[(90 * 320 + x) * 3 + i]! - wanted)).toBeLessThanOrEqual(4);
  });

  test.each(some(2, ['rgba', 'gray8', 'yuv420p', 'nv12']))('%s', async (format) => {
    const output = out();
    const options = { ...QUICK, transform: untouched, format, lossless: true, to: 0.6 };
    await engine.process(fixture('plain.mp4'), output, options).result;
    const before = await plainGray();
    const after = await rawPixels(output, '-pix_fmt', 'gray');
    expect(after.byteLength).toBe(before.byteLength);
    expect(psnr(after, before)).toBeGreaterThan(40);
    if (format === 'yuv420p')
      expect(await framemd5(output)).toEqual((await framemd5(fixture('plain.mp4'))).slice(0, 15));
  });
});

describe('what is said about pictures', () => {
  test.each([
    ['filters alone', {}],
    ['native frames', { transform: untouched, format: 'native' }],
    ['RGB', { transform: untouched }],
  ] as const)('colour tags survive: %s', async (_, options) => {
    const output = out();
    await engine.process(fixture('bt709.mp4'), output, { ...QUICK, ...options, to: 0.2 }).result;
    expect(await video(output)).toMatchObject({
      color_space: 'bt709',
      color_primaries: 'bt709',
      color_transfer: 'bt709',
      color_range: 'tv',
      r_frame_rate: '25/1',
      avg_frame_rate: '25/1',
    });
  });

  test('full range survives', async () => {
    const output = out();
    const options = { ...QUICK, transform: untouched, format: 'native', lossless: true, to: 0.4 } as const;
    await engine.process(fixture('mjpeg.avi'), output, options).result;
    expect(await video(output)).toMatchObject({ color_range: 'pc' });
    const [before, after] = [await rawPixels(fixture('mjpeg.avi'), '-frames:v', '10'), await rawPixels(output)];
    expect(after.equals(before)).toBe(true);
  });

  const full = once(() => rawPixels(fixture('mjpeg.avi'), '-frames:v', '10', '-pix_fmt', 'gray'));
  test.each(some(2, ['yuv420p', 'nv12', 'gray8', 'rgb24', 'rgba']))(
    'full range through %s looks the same',
    async (format) => {
      const output = out();
      const options = { ...QUICK, transform: untouched, format, quality: 90, to: 0.4 };
      await engine.process(fixture('mjpeg.avi'), output, options).result;
      const [before, after] = [await full(), await rawPixels(output, '-pix_fmt', 'gray')];
      expect(after.byteLength).toBe(before.byteLength);
      // Where the range is mistaken, black and white alone are 16 and 20 steps off: 27 dB.
      expect(psnr(after, before)).toBeGreaterThan(35);
    },
  );

  test('the shape of pixels survives, and follows a new size', async () => {
    const output = out();
    const options = { ...QUICK, transform: untouched, to: 0.2 };
    await engine.process(fixture('sar.mp4'), output, options).result;
    expect(await video(output)).toMatchObject({ sample_aspect_ratio: '2:1', width: 320, height: 180 });
    await engine.process(fixture('sar.mp4'), output, { ...options, size: [320, 90] }).result;
    // Half as high with the same columns: each pixel stands for twice as many rows.
    expect(await video(output)).toMatchObject({ sample_aspect_ratio: '1:1', width: 320, height: 90 });
  });

  test.each(some(2, ['turned-90.mp4', 'turned-180.mp4', 'turned-270.mp4']))(
    '%s: turned pixels and no matrix',
    async (clip) => {
      const output = out();
      const options = { ...QUICK, transform: untouched, format: 'native', lossless: true, to: 0.4 } as const;
      await engine.process(fixture(clip), output, options).result;
      const stream = await video(output);
      expect(stream['side_data_list']).toBeUndefined();
      // ffmpeg turns by itself when it decodes.
      const wanted = await rawPixels(fixture(clip), '-frames:v', '10', '-pix_fmt', 'yuv420p');
      expect((await rawPixels(output, '-pix_fmt', 'yuv420p')).equals(wanted)).toBe(true);
    },
  );

  test.each(['mp4', 'mkv'])('without a turn the matrix survives in .%s', async (ending) => {
    const output = out(`out.${ending}`);
    const options = { ...QUICK, transform: untouched, upright: false, to: 0.2 };
    await engine.process(fixture('turned-90.mp4'), output, options).result;
    const before = await video(fixture('turned-90.mp4'));
    const after = await video(output);
    expect([after['width'], after['height']]).toEqual([320, 180]);
    if (ending === 'mp4') {
      const rotation = (stream: Record<string, unknown>): unknown =>
        (stream['side_data_list'] as { rotation: number }[])[0]!.rotation;
      expect(rotation(after)).toBe(rotation(before));
    }
    // ffmpeg before version 7 reads no matrix from Matroska; framerail does.
    await using reopened = await engine.open(output);
    expect(reopened.info.video.display).toEqual({ width: 180, height: 320 });
  });

  test('a turned video goes through a graph of filters with labels', async () => {
    const output = out();
    await engine.process(fixture('turned-90.mp4'), output, {
      filters: 'sws_flags=bilinear;[in]split[a][b];[b]negate[c];[a][c]hstack[out]',
      ...QUICK,
      lossless: true,
      to: 0.4,
    }).result;
    expect(await video(output)).toMatchObject({ width: 360, height: 320, nb_frames: '10' });
  });
});

describe('size and range', () => {
  const whole = once(() => shown(engine, fixture('plain.mp4')));
  const sounds = once(() => packets(fixture('plain.mp4'), 'a:0'));

  test('frames have the size that was asked for, in JavaScript and in the file', async () => {
    const output = out();
    const seen = new Set<string>();
    const size = [128, 96] as const;
    await engine.process(fixture('plain.mp4'), output, {
      transform: each(({ width, height }) => seen.add(`${String(width)}x${String(height)}`)),
      ...QUICK,
      size,
      to: 0.4,
    }).result;
    expect([...seen]).toEqual(['128x96']);
    expect(await video(output)).toMatchObject({ width: 128, height: 96 });
    await engine.process(fixture('plain.mp4'), output, { ...QUICK, size, to: 0.4 }).result;
    expect(await video(output)).toMatchObject({ width: 128, height: 96, nb_frames: '10' });
  });

  test.each([
    [0, 1],
    [1.5, 2.5],
    [0.71, 3.33],
    [3, 99],
  ])('from %d to %d', async (from, to) => {
    const output = out();
    const result = await engine.process(fixture('plain.mp4'), output, {
      transform: untouched,
      format: 'native',
      ...QUICK,
      lossless: true,
      from,
      to,
    }).result;
    const all = await whole();
    const wanted = all.filter(({ pts }) => pts >= from - 1e-6 && pts < to - 1e-6);
    const got = await shown(engine, output);
    expect(got.map(({ md5 }) => md5)).toEqual(wanted.map(({ md5 }) => md5));
    expect(result.encoded).toBe(wanted.length);
    for (const [i, { pts }] of got.entries()) expect(pts).toBeCloseTo(wanted[i]!.pts - from, 3);
    // The sound is cut where the pictures are, to a frame of it: 1024 samples of 44.1 kHz.
    const sound = await packets(output, 'a:0');
    const frame = 1024 / 44_100;
    const end = Math.min(to, 4) - from;
    expect(Math.abs(sound[0]!.pts)).toBeLessThanOrEqual(frame + 0.001);
    expect(Math.abs(sound.at(-1)!.pts + sound.at(-1)!.duration - end)).toBeLessThanOrEqual(frame + 0.001);
    // The same packets, moved by the same time as the pictures.
    const before = await sounds();
    const first = before.findIndex(({ hash }) => hash === sound[0]!.hash);
    expect(first).toBeGreaterThanOrEqual(0);
    expect(sound.map(({ hash }) => hash)).toEqual(before.slice(first, first + sound.length).map(({ hash }) => hash));
    expect(sound[0]!.pts + from).toBeCloseTo(before[first]!.pts, 3);
  });

  test('a range without frames', async () => {
    expect(await failure(() => engine.process(fixture('plain.mp4'), out(), { from: 50 }).result)).toMatchObject({
      code: 'FR_DECODE_NO_FRAME',
    });
  });
});

describe('filters', () => {
  test.each(
    some(2, [
      ['hflip'],
      ['crop=200:100:10:20,vflip'],
      ['split[a][b];[b]negate[c];[a][c]overlay=x=40:y=30'],
      ['fps=10'],
      ['fps=50'],
      ['setpts=2*PTS'],
      ['select=not(mod(n\\,3))'],
      ['settb=1/1000'],
      ['reverse'],
      ['tile=2x2'],
    ]),
  )('%s', async (filters) => {
    const output = out('out.mkv');
    const options = { filters, codec: 'ffv1', to: 2, audio: 'none' } as const;
    await engine.process(fixture('vp9.webm'), output, options).result;
    const [ours, theirs] = [await shownFrames(output), await shownFrames(fixture('vp9.webm'), '-vf', filters)];
    expect(theirs.length).toBeGreaterThan(5);
    expect(ours.map(({ md5 }) => md5)).toEqual(theirs.map(({ md5 }) => md5));
    for (const [i, { time }] of ours.entries()) expect(time).toBeCloseTo(theirs[i]!.time, 2);
  });

  test.each([['trim=0.4:1.2,setpts=PTS-STARTPTS'], ['trim=end=0.5,hflip'], ['trim=end=1,reverse']])(
    '%s ends the pictures where it ends, and not the sound',
    async (filters) => {
      const output = out('out.mkv');
      const options = { filters, codec: 'ffv1' } as const;
      const { decoded } = await engine.process(fixture('plain.mp4'), output, options).result;
      const [ours, theirs] = [await shownFrames(output), await shownFrames(fixture('plain.mp4'), '-vf', filters)];
      expect(theirs.length).toBeGreaterThan(10);
      expect(ours.map(({ md5 }) => md5)).toEqual(theirs.map(({ md5 }) => md5));
      expect(decoded).toBeLessThan(40);
      expect(await packets(output, 'a:0')).toHaveLength((await packets(fixture('plain.mp4'), 'a:0')).length);
    },
  );

  test('come before the transform, in the order of a list, and shape what it sees', async () => {
    const sizes = new Set<string>();
    const output = out();
    const { encoded } = await engine.process(fixture('plain.mp4'), output, {
      filters: ['fps=5', 'scale=160:-2', 'setsar=1'],
      transform: each(({ width, height }) => sizes.add(`${String(width)}x${String(height)}`)),
      ...QUICK,
    }).result;
    expect([...sizes]).toEqual(['160x90']);
    expect(encoded).toBe(20);
    expect(await video(output)).toMatchObject({ width: 160, height: 90, r_frame_rate: '5/1' });
  });

  test('a stream that grows on its way keeps the size that it began with', async () => {
    for (const options of [{}, { filters: 'hflip' }, { transform: untouched }]) {
      const output = out('out.mkv');
      const { encoded } = await engine.process(fixture('grows.h264'), output, { ...QUICK, ...options }).result;
      expect(encoded).toBe(125);
      const pixels = await rawPixels(output, '-pix_fmt', 'gray');
      expect(pixels.byteLength).toBe(125 * 160 * 90);
    }
  });

  test('what filters hold when a stream grows is not lost', async () => {
    const output = out('out.mkv');
    const { encoded } = await engine.process(fixture('grows.h264'), output, { ...QUICK, filters: 'reverse' }).result;
    expect(encoded).toBe(125);
  });
});

describe('encoders', () => {
  test.each(
    some(2, [
      ['mp4', { codec: 'hevc', quality: 50 }, 'hevc'],
      ['mp4', { codec: 'av1', quality: 30, encoderOptions: { preset: 12 } }, 'av1'],
      ['webm', { codec: 'vp8', bitrate: 300_000 }, 'vp8'],
      ['webm', { quality: 30, lowLatency: true }, 'vp9'],
      ['mkv', { codec: 'mpeg4', quality: 70 }, 'mpeg4'],
      ['avi', { codec: 'mjpeg', quality: 80 }, 'mjpeg'],
      ['mov', { codec: 'prores', quality: 60 }, 'prores'],
      ['gif', {}, 'gif'],
      ['ts', { codec: 'mpeg2video', bitrate: 800_000 }, 'mpeg2video'],
      ['flv', { lowLatency: true }, 'h264'],
    ]),
  )('.%s %j', async (ending, options, codec) => {
    const output = out(`out.${ending}`);
    const { encoded, bytes } = await engine.process(fixture('plain.mp4'), output, { ...options, to: 0.4 }).result;
    expect(encoded).toBe(10);
    expect(await video(output)).toMatchObject({ codec_name: codec, width: 320, height: 180 });
    const pixels = await rawPixels(output, '-pix_fmt', 'gray');
    expect(pixels.byteLength).toBe(10 * 320 * 180);
    expect(psnr(pixels, (await plainGray()).subarray(0, pixels.byteLength))).toBeGreaterThan(15);
    expect(bytes).toBeGreaterThan(1000);
  });

  test('Theora keeps every picture where nobody says how large, and what it leaves out for a bit rate can be read', async () => {
    for (const [options, read] of [
      [{}, 100],
      [{ bitrate: 50_000 }, undefined],
    ] as const) {
      const output = out('out.ogg');
      await engine.process(fixture('plain.mp4'), output, { ...options, codec: 'theora', audio: 'none' }).result;
      const frames = await shown(engine, output);
      expect(frames.length).toBe(read ?? (await framemd5(output)).length);
    }
  });

  test('keyframes come as often as asked for', async () => {
    const output = out();
    await engine.process(fixture('plain.mp4'), output, { ...QUICK, keyframeInterval: 0.4 }).result;
    const stream = await engine.probe(output);
    expect(stream.scan?.keyframes.length).toBeGreaterThanOrEqual(10);
  });

  test('low latency writes no picture before another', async () => {
    const output = out();
    await engine.process(fixture('plain.mp4'), output, { lowLatency: true, audio: 'none', to: 1 }).result;
    const times = (await packets(output, 'v:0')).map(({ pts }) => pts);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });
});
