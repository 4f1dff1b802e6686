// Previews: animated images and short videos, read by other programs than those which wrote them.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import sharp from 'sharp';
import { createCovers, createVideo, type Preview, type PreviewOptions, type PreviewSegment } from '#dist/index.js';
import { clipBlocks } from '../../support/blocks.js';
import { sharedCovers } from '../../support/covers.js';
import { failure } from '../../support/failure.js';
import { fakeHardware } from '../../support/fake-hardware.js';
import { ffprobe, rawPixels } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { meanColor, psnr } from '../../support/psnr.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const covers = sharedCovers({ backend: 'inline' });

function make(clip: string, options: PreviewOptions = {}): Promise<Preview> {
  return covers.preview(fixture(clip), { width: 64, ...options });
}

/** The rgb24 pixels of every frame of an animated image. */
async function framesOf(data: Uint8Array): Promise<{ frames: Buffer[]; delays: number[]; loop: number | undefined }> {
  const image = sharp(data, { animated: true });
  const { pages = 1, pageHeight, height, width, delay = [], loop } = await image.metadata();
  const pixels = await image.removeAlpha().raw().toBuffer();
  const bytes = width * (pageHeight ?? height) * 3;
  expect(pixels.byteLength).toBe(pages * bytes);
  return {
    frames: Array.from({ length: pages }, (_, i) => pixels.subarray(i * bytes, (i + 1) * bytes)),
    delays: delay,
    loop,
  };
}

/** The luma of rgb24 pixels: WebP and H.264 halve the chroma of these small pictures. */
function luma(pixels: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: pixels.byteLength / 3 }, (_, i) =>
    [0.299, 0.587, 0.114].reduce((sum, weight, channel) => sum + weight * pixels[3 * i + channel]!, 0),
  );
}

/** What ffmpeg shows at a time, as rgb24. */
function theirs(clip: string, time: number, size: string): Promise<Buffer> {
  const graph = `select=gte(t\\,${String(time - 0.001)}),scale=${size}:flags=area`;
  return rawPixels(fixture(clip), '-vf', graph, '-frames:v', '1', '-pix_fmt', 'rgb24');
}

interface Probed {
  readonly streams: Record<string, string>[];
  readonly format: Record<string, string>;
}

async function probe(data: Uint8Array): Promise<Probed> {
  const path = join(temporaryFolder(), 'preview.mp4');
  writeFileSync(path, data);
  return (await ffprobe('-count_frames', '-show_streams', '-show_format', path)) as unknown as Probed;
}

/** The names of the boxes of an MP4. */
function boxes(data: Uint8Array): string[] {
  const bytes = Buffer.from(data);
  const names: string[] = [];
  for (let at = 0; at < bytes.byteLength; at += bytes.readUInt32BE(at))
    names.push(bytes.toString('latin1', at + 4, at + 8));
  return names;
}

describe.each(['webp', 'gif'] as const)('%s', (format) => {
  test('has the frames of its times, and loops for ever', async () => {
    const preview = await make('plain.mp4', {
      format,
      at: 1,
      seconds: 1,
      frameRate: 8,
      quality: format === 'webp' ? 90 : 100,
    });
    expect(preview).toMatchObject({ format, width: 64, height: 36, frames: 8, frameRate: 8, duration: 1, tries: 1 });
    expect(preview.segments).toEqual([{ start: 1, end: 2 }]);
    const { frames, delays, loop } = await framesOf(preview.data);
    expect([frames.length, loop]).toEqual([8, 0]);
    expect(delays.reduce((sum, delay) => sum + delay, 0)).toBe(1000);
    for (const i of [0, 3, 7]) {
      // On display at i / 8 s: the last of 25 frames a second that is not after it.
      const shown = 1 + Math.floor((i / 8) * 25 + 1e-6) / 25;
      expect(psnr(luma(frames[i]!), luma(await theirs('plain.mp4', shown, '64:36')))).toBeGreaterThan(30);
    }
  });

  test.each([
    ['turned-90.mp4', 64, 114],
    ['sar.mp4', 64, 18],
    ['odd.mp4', 64, 36],
    ['vfr.mp4', 64, 36],
  ])('%s is shown as %ix%i', async (clip, width, height) => {
    const preview = await make(clip, { format, seconds: 0.4 });
    expect(preview).toMatchObject({ width, height, frames: 4 });
    expect(await sharp(preview.data).metadata()).toMatchObject({ format, width, height });
  });

  test('gets smaller until it fits: quality first, then frames', async () => {
    const options = { format, at: 0, seconds: 1 } as const;
    const whole = await make('plain.mp4', options);
    const lower = await make('plain.mp4', { ...options, maxBytes: Math.floor(whole.data.byteLength * 0.8) });
    expect(lower.data.byteLength).toBeLessThanOrEqual(whole.data.byteLength * 0.8);
    expect(lower.tries).toBeGreaterThan(1);
    expect(lower).toMatchObject({ frames: 10, frameRate: 10, duration: 1 });
    expect(lower.quality).toBeLessThan(whole.quality!);
    const least = await make('plain.mp4', { ...options, quality: Math.round(whole.quality! * 0.3) });
    const fewer = await make('plain.mp4', { ...options, maxBytes: Math.floor(least.data.byteLength * 0.7) });
    expect(fewer.frames).toBeLessThan(10);
    expect((await framesOf(fewer.data)).delays.reduce((sum, delay) => sum + delay, 0)).toBe(1000);
    const error = await failure(() => make('plain.mp4', { ...options, maxBytes: 100 }));
    expect(error).toMatchObject({ code: 'FR_IMAGE_GOAL', details: { maxBytes: 100 } });
    expect(error.message).toMatch(/^The preview takes \d+ bytes at its smallest, and may take 100; [^.]+\.$/);
  });
});

test('several pieces follow each other', async () => {
  const { data, segments } = await make('long-gop.mp4', { seconds: 0.6, segments: 3, quality: 95 });
  expect(segments.map(({ start }) => start)).toEqual(
    [10 / 3 - 0.1, 9.9, 50 / 3 - 0.1].map((start): unknown => expect.closeTo(start, 5)),
  );
  const { frames } = await framesOf(data);
  expect(frames).toHaveLength(6);
  for (const [i, { start }] of segments.entries()) {
    const shown = Math.floor(start * 25 + 1e-6) / 25;
    expect(psnr(luma(frames[2 * i]!), luma(await theirs('long-gop.mp4', shown, '64:36')))).toBeGreaterThan(30);
  }
});

test('a video that ends before its header says so stays on its last picture', async () => {
  const preview = await make('truncated.mp4', { at: 1, seconds: 2 });
  expect(preview).toMatchObject({ frames: 20, duration: 2 });
  const { frames, delays } = await framesOf(preview.data);
  // What does not change is stored once, and shown for as long.
  expect(frames.length).toBeLessThan(20);
  expect(delays.reduce((sum, delay) => sum + delay, 0)).toBe(2000);
});

test('a video that does not say how long it is gives what it has', async () => {
  const preview = await make('raw.h264', { at: 3.5, seconds: 2, format: 'gif' });
  // From 3.5 s to its end at 4 s.
  expect(preview).toMatchObject({ frames: 6, duration: 0.6 });
  expect((await framesOf(preview.data)).frames).toHaveLength(6);
});

describe('mp4', () => {
  test('is muted H.264 that every player takes, with its index in front', async () => {
    const preview = await make('plain.mp4', { format: 'mp4', seconds: 2, encoder: 'software' });
    expect(preview).toMatchObject({
      frames: 50,
      frameRate: 25,
      duration: 2,
      bitrate: 120_000,
      encoder: { name: 'libx264' },
    });
    expect(boxes(preview.data).filter((name) => name !== 'free')).toEqual(['ftyp', 'moov', 'mdat']);
    const { streams, format } = await probe(preview.data);
    expect(streams).toHaveLength(1);
    expect(streams[0]).toMatchObject({
      codec_name: 'h264',
      pix_fmt: 'yuv420p',
      width: 64,
      height: 36,
      nb_read_frames: '50',
    });
    expect(Number(format['duration'])).toBeCloseTo(2, 3);
  });

  test('keeps the colours of the video', async () => {
    const rates = { bitrate: 1_000_000, maxBitrate: 1_000_000 };
    const { data } = await make('bars.mp4', {
      format: 'mp4',
      width: 320,
      seconds: 0.4,
      at: 0,
      encoder: 'software',
      ...rates,
    });
    expect((await probe(data)).streams[0]).toMatchObject({ color_space: 'bt709', color_range: 'tv' });
    const path = join(temporaryFolder(), 'preview.mp4');
    writeFileSync(path, data);
    const ours = await rawPixels(path, '-frames:v', '1', '-pix_fmt', 'rgb24');
    const wanted = await rawPixels(fixture('bars.mp4'), '-frames:v', '1', '-pix_fmt', 'rgb24');
    for (let x = 4; x < 320; x += 40) {
      const place = { x, y: 20, width: 16, height: 40 };
      expect(meanColor(ours, 320, place)).toEqual(
        meanColor(wanted, 320, place).map((part): unknown => expect.closeTo(part, -0.7)),
      );
    }
  });

  test('obeys its bit rate, whatever the pictures', async () => {
    const noise = join(temporaryFolder(), 'noise.mp4');
    await using video = await createVideo(noise, {
      size: [160, 96],
      frameRate: 25,
      format: 'gray8',
      encoder: 'software',
      quality: 80,
      encoderOptions: { preset: 'ultrafast' },
    });
    const pixels = new Uint8Array(160 * 96);
    for (let i = 0, seed = 1; i < 50; i++) {
      for (let at = 0; at < pixels.length; at++) pixels[at] = (seed = (seed * 48_271) % 2_147_483_647) >>> 16;
      await video.write(pixels);
    }
    await video.finish();
    const preview = await covers.preview(noise, { format: 'mp4', width: 160, seconds: 2, encoder: 'software' });
    expect(preview.data.byteLength).toBeLessThanOrEqual((150_000 * 2) / 8 + 2048 + 20 * 50);
    expect(preview.duration).toBe(2);
    const small = await covers.preview(noise, {
      format: 'mp4',
      width: 160,
      seconds: 2,
      encoder: 'software',
      maxBytes: 20_000,
    });
    expect(small.data.byteLength).toBeLessThanOrEqual(20_000);
    expect(small.tries).toBeGreaterThan(1);
    expect(small.bitrate).toBeLessThan(preview.bitrate!);
    expect(Number((await probe(small.data)).format['duration'])).toBeCloseTo(2, 3);
  });

  test('hardware encodes it where there is some, padded as it wants and cut as it was', async () => {
    const fake = fakeHardware({ sessions: 1 });
    const preview = await make('sar.mp4', { format: 'mp4', seconds: 0.4, width: 100 });
    expect(preview.encoder).toMatchObject({ requested: 'auto', name: 'fake_hw', backend: 'fake', pixelFormat: 'nv12' });
    expect(fake.sessions()).toEqual([]);
    expect((await probe(preview.data)).streams[0]).toMatchObject({ codec_name: 'h264', nb_read_frames: '10' });
    // Encoded again, it still has the session that it was given.
    const less = await make('plain.mp4', { format: 'mp4', seconds: 1, maxBytes: 6000 });
    expect(less.tries).toBeGreaterThan(1);
    expect(less.encoder).toMatchObject({ name: 'fake_hw' });
  });

  test('hardware that dies makes way for software', async () => {
    fakeHardware({ dieAfter: 3 });
    const { encoder, data } = await make('plain.mp4', { format: 'mp4', seconds: 1 });
    expect(encoder).toMatchObject({ name: 'libx264', attempts: [{ name: 'fake_hw' }] });
    expect((await probe(data)).streams[0]).toMatchObject({ nb_read_frames: '25' });
  });
});

test('a process and the own thread make the same bytes', async () => {
  const other = createCovers({ backend: 'process', workers: 1 });
  try {
    for (const format of ['webp', 'gif', 'mp4'] as const) {
      const options = { format, seconds: 0.4, width: 64, ...(format === 'mp4' ? { encoder: 'libx264' } : {}) } as const;
      const { data } = await other.preview(fixture('plain.mp4'), options);
      expect(Buffer.compare(data, (await make('plain.mp4', options)).data)).toBe(0);
    }
  } finally {
    await other.close();
  }
});

describe('the best seconds', () => {
  test('are around the frame that a cover would be made of, and say why', async () => {
    const clip = fixture('planted-black-lead-in.mp4');
    const { pts, choice } = await covers.make(clip, { at: 'best', candidates: 16 });
    const { segments, frames } = await covers.preview(clip, { at: 'best', seconds: 1, width: 64 });
    expect(segments).toHaveLength(1);
    const [{ start, end, best }] = segments as [PreviewSegment];
    expect(best).toMatchObject({ pts, choice: { rank: 1, score: choice?.score, features: choice?.features } });
    expect(best?.choice.reasons.length).toBeGreaterThan(1);
    expect([start, end].map((time) => time - pts)).toEqual([expect.closeTo(-1 / 3), expect.closeTo(2 / 3)]);
    expect(frames).toBe(10);
  });

  test('are around several of them, and never around what a cover would not be made of', async () => {
    const clip = fixture('planted-black-lead-in.mp4');
    const { choice } = await covers.make(clip, { at: 'best', candidates: 16 });
    const { segments } = await covers.preview(clip, { at: 'best', segments: 3, seconds: 1.2, width: 64 });
    expect(segments).toHaveLength(3);
    const shown = segments.map(({ best }) => best?.pts);
    for (const { pts } of choice?.rejected ?? []) expect(shown).not.toContain(pts);
    expect(segments.map(({ best }) => best?.choice.rank)).toContain(1);
    expect(segments.map(({ start }) => start)).toEqual(segments.map(({ start }) => start).sort((a, b) => a - b));
  });

  test('of a source that is read once', async () => {
    const { segments } = await covers.preview(fixture('plain.ts'), { at: 'best', seconds: 0.5, width: 64 });
    expect(segments[0]?.best?.choice.rank).toBe(1);
  });
});

test('it can be given up', async () => {
  const never = new Promise<never>(() => undefined);
  const source = await clipBlocks('plain.mp4', () => never);
  expect(await failure(() => covers.preview(source, { timeout: 200 }))).toMatchObject({ code: 'FR_TIMEOUT' });
  const controller = new AbortController();
  const watched = await clipBlocks('big.mp4', (read) => {
    if (read === 3) controller.abort();
  });
  expect(await failure(() => covers.preview(watched, { signal: controller.signal }))).toMatchObject({
    code: 'FR_ABORTED',
  });
  expect((await make('plain.mp4', { seconds: 0.2 })).frames).toBe(2);
});

test.each<[string, object]>([
  ['at', { at: 'first' }],
  ['at', { at: -1 }],
  ['at', { at: '101%' }],
  ['seconds', { seconds: 61 }],
  ['segments', { segments: 2, at: 3 }],
  ['width', { width: 65 }],
  ['frameRate', { frameRate: 60, format: 'gif' }],
  ['format', { format: 'avif' }],
  ['quality', { quality: 50, format: 'mp4' }],
  ['bitrate', { bitrate: 100_000 }],
  ['maxBitrate', { format: 'mp4', bitrate: 100_000, maxBitrate: 50_000 }],
  ['encoder', { encoder: 'nvenc' }],
  ['maxBytes', { maxBytes: 0 }],
  ['secods', { secods: 1 }],
])('a wrong %s is refused: %o', async (name, options) => {
  const error = await failure(() => make('plain.mp4', options));
  expect(error).toMatchObject({ code: 'FR_ARG_INVALID', message: expect.stringContaining(name) });
});

test('a time behind the end, frames without end, and commands are refused', async () => {
  expect(await failure(() => make('plain.mp4', { at: 9 }))).toMatchObject({ code: 'FR_TIME_BEYOND_END' });
  const large = { width: 1280, seconds: 60, frameRate: 60 };
  expect(await failure(() => covers.preview(fixture('big.mp4'), large))).toMatchObject({ code: 'FR_MEMORY_BUDGET' });
  const other = createCovers({ backend: 'spawn' });
  expect(await failure(() => other.preview(fixture('plain.mp4')))).toMatchObject({ code: 'FR_ENGINE_LOAD' });
  await other.close();
});
