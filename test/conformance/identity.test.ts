// Decoded, shown to JavaScript, encoded without loss: what comes back is bit for bit what went in, at the same times.
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { AnyInput, ProcessOptions } from '#dist/index.js';
import { sharedEngine } from '../support/engines.js';
import { framemd5, rawPixels, shownFrames } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { tight } from '../support/frame-list.js';
import { some } from '../support/long.js';
import { onceEach } from '../support/once.js';
import { filesIn, NATIVE_WAYS, shown, untouched } from '../support/process.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const LOSSLESS = { transform: untouched, format: 'native', upright: false, lossless: true } as const;
/** Where it is not the encoder that is tried. */
const QUICK = { ...LOSSLESS, encoderOptions: { preset: 'ultrafast' } } as const;

/** What ffmpeg says of a clip, asked once. */
const theirs = onceEach((clip: string) => framemd5(fixture(clip)));

/** How much of a clip is enough, where others show that one is whole to its end. */
const PART = { to: 1.2 } as const;

/** Clip, ending of the output, options; the encoder follows from the two. */
const TRIPS: readonly (readonly [clip: string, ending: string, options: ProcessOptions])[] = [
  ['plain.mp4', 'mp4', PART],
  ['plain.mp4', 'mkv', { ...PART, codec: 'hevc' }],
  ['plain.ts', 'ts', {}],
  ['plain.mkv', 'mov', PART],
  ['plain.flv', 'flv', PART],
  ['fragmented.mp4', 'mkv', { ...PART, codec: 'ffv1' }],
  ['mpeg4.avi', 'avi', PART],
  ['raw.h264', 'mkv', {}],
  ['vp9.webm', 'webm', PART],
  ['vfr.mp4', 'mp4', {}],
  ['vfr.mp4', 'mkv', {}],
  ['sar.mp4', 'mp4', {}],
  ['turned-90.mp4', 'mp4', {}],
  ['x264-10.mp4', 'mp4', {}],
  ['hevc10.mp4', 'mp4', { ...PART, codec: 'hevc' }],
  ['ffv1-10.mkv', 'mkv', { codec: 'ffv1' }],
  ['ffv1-10.mkv', 'mp4', {}],
  // Odd sides: whole chroma samples have no trouble with them, and neither have these encoders.
  ['odd.mp4', 'mp4', {}],
  ['odd-420.webm', 'webm', {}],
  ['ffv1-odd.mkv', 'mkv', { codec: 'ffv1' }],
];

/** Containers that count in milliseconds, or in ticks of 90 kHz. */
const PRECISION = 0.0011;

describe('every container and kind of picture', () => {
  const engine = sharedEngine({ workers: 1 });
  /** The frames of a clip, read once; that they are ffmpeg's is tested elsewhere. */
  const known = onceEach((clip: string) => shown(engine, fixture(clip)));

  test.each(some(5, TRIPS))('%s to %s %j', async (clip, ending, options) => {
    const output = join(temporaryFolder(), `out.${ending}`);
    const result = await engine.process(fixture(clip), output, { ...LOSSLESS, ...options }).result;
    const { to = Number.POSITIVE_INFINITY } = options;
    const before = (await known(clip)).filter(({ pts }) => pts < to - 1e-6);
    const hashes = before.map(({ md5 }) => md5);
    expect(hashes.length).toBeGreaterThanOrEqual(25);
    expect(result).toMatchObject({ encoded: hashes.length, dropped: 0, damagedFrames: 0 });
    // A range ends with the first frame behind it.
    expect([0, options.to === undefined ? 0 : 1]).toContain(result.decoded - hashes.length);
    const theirs = await shownFrames(output);
    expect(theirs.map(({ md5 }) => md5)).toEqual(hashes);

    const after = await shown(engine, output);
    expect(after.map(({ md5 }) => md5)).toEqual(hashes);
    // A bare stream has no times of its own.
    if (clip === 'raw.h264') return;
    // Where pictures are reordered and uneven, or the container says no durations, the distances are what is shown.
    const tellsDurations = clip !== 'vfr.mp4' && /^(mp4|mkv|mov|webm)$/.test(ending);
    for (const [i, { pts, duration }] of after.entries()) {
      expect(Math.abs(pts - before[i]!.pts), `time of frame ${String(i)}`).toBeLessThan(PRECISION);
      if (tellsDurations && before[i]!.duration > 0)
        expect(Math.abs(duration - before[i]!.duration), `duration of frame ${String(i)}`).toBeLessThan(PRECISION);
    }
    // And ffmpeg sees the same times.
    if (clip === 'vfr.mp4' && ending === 'mp4')
      for (const [i, { time }] of theirs.entries()) expect(time).toBeCloseTo(before[i]!.pts, 4);
  });

  test('odd sides in an encoder of whole chroma samples: padded, cut again by the container', async () => {
    const output = join(temporaryFolder(), 'out.mp4');
    await engine.process(fixture('odd-420.webm'), output, LOSSLESS).result;
    const wanted = await rawPixels(fixture('odd-420.webm'), '-pix_fmt', 'yuv420p');
    const size = 321 * 181 + 2 * 161 * 91;
    expect(wanted.byteLength).toBe(25 * size);
    await using video = await engine.open(output);
    let index = 0;
    for await (const batch of video.frames({ format: 'yuv420p', packed: true }))
      for (const frame of batch) {
        expect([frame.width, frame.height]).toEqual([321, 181]);
        expect(Buffer.compare(tight(frame), wanted.subarray(index * size, ++index * size))).toBe(0);
      }
    expect(index).toBe(25);
    // Whoever does not know of the cut sees edges that go on, not a black rim.
    const stored = await rawPixels(output, '-pix_fmt', 'gray');
    for (const row of [0, 90, 180]) expect(stored[row * 322 + 321]).toBe(stored[row * 322 + 320]);
    expect(stored.subarray(181 * 322, 182 * 322).equals(stored.subarray(180 * 322, 181 * 322))).toBe(true);
  });
});

describe.each(NATIVE_WAYS)('$name', ({ options }) => {
  const engine = sharedEngine({ workers: 1, ...options });

  test.each([
    ['plain.mp4', 'mp4', {}],
    ['odd.mp4', 'mkv', { packed: true }],
    ['vfr.mp4', 'mp4', { slots: 3, batchSize: 1, threads: 1 }],
  ] as const)('%s to %s %j', async (clip, ending, more) => {
    const folder = temporaryFolder();
    const output = join(folder, `out.${ending}`);
    const { copiedBytes } = await engine.process(fixture(clip), output, { ...QUICK, ...more }).result;
    expect(await framemd5(output)).toEqual(await theirs(clip));
    expect(filesIn(folder)).toEqual([`out.${ending}`]);
    expect(copiedBytes > 0).toBe(options.transport === 'copy');
  });
});

describe('inputs that are no files', () => {
  const engine = sharedEngine({ workers: 1 });
  const INPUTS: readonly (readonly [string, (path: string) => AnyInput | Promise<AnyInput>])[] = [
    ['bytes in memory', (path) => readFile(path)],
    [
      'blocks',
      async (path) => {
        const bytes = await readFile(path);
        return { size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
      },
    ],
    ['a stream of Node', (path) => createReadStream(path, { highWaterMark: 1000 })],
    ['a stream of the web', (path) => Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array>],
    [
      'a generator',
      async function (path) {
        const bytes = await readFile(path);
        return (async function* () {
          for (let at = 0; at < bytes.length; at += 4096) yield bytes.subarray(at, at + 4096);
        })();
      },
    ],
  ];

  test.each(INPUTS)('%s', async (_, open) => {
    for (const clip of ['front-index.mp4', 'ffv1-10.mkv']) {
      const output = join(temporaryFolder(), 'out.mkv');
      await engine.process(await open(fixture(clip)), output, QUICK).result;
      expect(await framemd5(output)).toEqual(await theirs(clip));
    }
  });
});

describe('filters alone', () => {
  const engine = sharedEngine({ workers: 1 });

  test('without a transform nothing is lost either', async () => {
    for (const clip of ['plain.mp4', 'odd.mp4', 'x264-10.mp4']) {
      const output = join(temporaryFolder(), 'out.mp4');
      const result = await engine.process(fixture(clip), output, { lossless: true }).result;
      expect(await framemd5(output)).toEqual(await theirs(clip));
      expect(result.copiedBytes).toBe(0);
    }
  });
});
