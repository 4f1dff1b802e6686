// What goes wrong in a transform, in its options or in its filters: one sentence with a code, and nothing left behind.
import fc from 'fast-check';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Engine, type FramerailError, type ProcessFrame, type ProcessOptions } from '#dist/index.js';
import { sharedEngine } from '../../support/engines.js';
import { eventually } from '../../support/eventually.js';
import { failure } from '../../support/failure.js';
import { fixture } from '../../support/fixtures.js';
import { each, filesIn, NATIVE_WAYS, untouched } from '../../support/process.js';
import { collectGarbage, resources } from '../../support/resources.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const ONE_SENTENCE = /^[^\n]+$/;

/** Runs a call that must fail; its folder must be as it was, with what was there untouched. */
async function refused(engine: Engine, options: ProcessOptions, clip = 'plain.mp4'): Promise<FramerailError> {
  const folder = temporaryFolder();
  const output = join(folder, 'out.mp4');
  writeFileSync(output, 'kept');
  const error = await failure(() => engine.process(fixture(clip), output, options).result);
  expect(error.message).toMatch(ONE_SENTENCE);
  expect(filesIn(folder)).toEqual(['out.mp4']);
  expect(readFileSync(output, 'utf8')).toBe('kept');
  return error;
}

describe.each(NATIVE_WAYS)('a transform that fails: $name', ({ options }) => {
  const engine = sharedEngine({ workers: 1, ...options });
  const mine = new RangeError('of mine');

  test.each<[string, ProcessOptions, string, RegExp]>([
    [
      'throws',
      {
        transform: each(({ index }) => {
          if (index >= 30) throw mine;
        }),
      },
      'FR_TRANSFORM_FAILED',
      /^The transform failed at frame (2[789]|30) \(1\.\d+ s\): of mine$/,
    ],
    [
      'rejects',
      { transform: () => Promise.reject(mine) },
      'FR_TRANSFORM_FAILED',
      /^The transform failed at frame 0 .* of mine$/,
    ],
    [
      'rejects in the last batch, while others run',
      {
        concurrency: 4,
        transform: async (batch) => {
          await new Promise((resolve) => setImmediate(resolve));
          if (batch.frames.some(({ index }) => index === 99)) throw mine;
        },
      },
      'FR_TRANSFORM_FAILED',
      /of mine$/,
    ],
    [
      'throws what is no error',
      {
        transform: () => {
          // eslint-disable-next-line @typescript-eslint/only-throw-error -- what a caller may do
          throw 'a word';
        },
      },
      'FR_TRANSFORM_FAILED',
      /: a word$/,
    ],
    [
      'never settles',
      { transform: () => new Promise(() => undefined), transformTimeout: 100 },
      'FR_TRANSFORM_STALLED',
      /^The transform did not settle within 100 ms at frame 0 \(0\.000 s\); raise `transformTimeout` if it needs longer\.$/,
    ],
    [
      'never settles, for one batch of several',
      {
        concurrency: 3,
        transformTimeout: 150,
        transform: (batch) => (batch.frames[0]!.index > 50 ? new Promise<void>(() => undefined) : undefined),
      },
      'FR_TRANSFORM_STALLED',
      /^The transform did not settle within 150 ms at frame \d+/,
    ],
    ['returns frames', { transform: ((batch: unknown) => batch) as never }, 'FR_TRANSFORM_FAILED', /returns nothing/],
    ['resolves with frames', { transform: (async () => 1) as never }, 'FR_TRANSFORM_FAILED', /returns nothing/],
    [
      'changes the width',
      {
        transform: each((frame) => {
          (frame as { width: number }).width = 2;
        }),
      },
      'FR_TRANSFORM_FAILED',
      /width/,
    ],
    [
      'writes outside of its frame',
      { transform: each(({ data }) => data.set([1], data.length)) },
      'FR_TRANSFORM_FAILED',
      /offset is out of bounds/,
    ],
  ])('%s', async (_, how, code, message) => {
    const error = await refused(engine, how);
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
  });

  test('the cause is the error of the transform, and the engine goes on', async () => {
    const error = await refused(engine, { transform: () => Promise.reject(mine) });
    expect(error.cause).toBe(mine);
    expect(error.details).toMatchObject({ index: 0, pts: 0 });
    const result = await engine.process(fixture('plain.mp4'), null, { transform: untouched, to: 1 }).result;
    expect(result.encoded).toBe(25);
  });

  test('frames that outlive a failure cannot be looked at', async () => {
    const kept: ProcessFrame[] = [];
    const stuck = new Promise<void>(() => undefined);
    await refused(engine, {
      transformTimeout: 50,
      transform: (batch) => {
        kept.push(...batch);
        return stuck;
      },
    });
    expect(kept.length).toBeGreaterThan(0);
    for (const frame of kept) expect(await failure(() => frame.data)).toMatchObject({ code: 'FR_FRAME_RELEASED' });
  });
});

test('failures leave descriptors, mappings and children as they were', async () => {
  const fail = async (backend: 'process' | 'inline' | 'thread'): Promise<void> => {
    await using engine = new Engine({ backend, workers: 1 });
    await refused(engine, { transform: () => Promise.reject(new Error('no')) });
    await refused(engine, { filters: 'scale=w=nothing' });
    await refused(engine, { encoderOptions: { preset: 'none such' } });
    await failure(
      () => engine.process(fixture('beside.mkv'), join(temporaryFolder(), 'o.webm'), { audio: 'copy' }).result,
    );
    await failure(() => engine.process(fixture('text.mp4'), join(temporaryFolder(), 'o.mp4')).result);
  };
  for (const backend of ['process', 'inline', 'thread'] as const) {
    await fail(backend);
    await collectGarbage();
    const before = resources();
    for (let round = 0; round < 3; round++) await fail(backend);
    await eventually(async () => {
      await collectGarbage();
      expect(resources()).toEqual(before);
    });
  }
});

describe('names', () => {
  const engine = sharedEngine({ workers: 1 });

  test.each<[ProcessOptions, RegExp]>([
    [{ encoder: 'libx246' }, /no video encoder libx246; did you mean .*libx264/],
    [{ encoder: 'aac' }, /no video encoder aac/],
    [{ codec: 'hvec' }, /no encoder for the codec hvec; did you mean .*hevc/],
    [{ codec: 'zzzzzz' }, /no encoder for the codec zzzzzz; there is one for h264, /],
    [{ filters: 'scael=2:2' }, /^FFmpeg has no filter scael; did you mean .*scale/],
    [{ filters: 'hflip,qqqqqqqqqqqq' }, /^FFmpeg has no filter qqqqqqqqqqqq$/],
    [{ container: 'mp5' }, /`container` mp5; use an ending such as \.mp4/],
    [{ container: 'hls' }, /`container` hls/],
    [{ container: 'tee' }, /`container` tee/],
    [{ pixelFormat: 'yuv421p' }, /^Expected one of .*yuv420p.* for `?the encoder|pixelFormat.*yuv421p/],
    [{ encoder: 'libvpx', lossless: true }, /libvpx has no setting for `lossless`/],
    [{ encoder: 'ffv1', quality: 3, container: 'matroska' }, /ffv1 has no setting for `quality`/],
    [{ encoderOptions: { crf: 'much' } }, /libx264 does not take crf=much; see ffmpeg -h encoder=libx264/],
    [{ encoderOptions: { nothing: 1 } }, /libx264 does not take nothing=1/],
    [{ filters: 'scale=w=nothing' }, /FFmpeg does not understand|could not be set up/],
    [{ filters: 'scale=2:2:nosuch=1' }, /scale=2:2:nosuch=1/],
    [{ filters: 'split[a][b]' }, /split\[a\]\[b\]/],
    [{ filters: '[nobody]hflip' }, /\[nobody\]hflip/],
    [{ filters: 'aresample' }, /aresample/],
  ])('%j', async (options, message) => {
    const error = await refused(engine, options);
    expect(error.code).toMatch(/^FR_(ARG_INVALID|FILTER_FAILED)$/);
    expect(error.message).toMatch(message);
  });

  test('an ending that means nothing', async () => {
    const error = await failure(() => engine.process(fixture('plain.mp4'), join(temporaryFolder(), 'out.xyz')).result);
    expect([error.code, error.message]).toEqual(['FR_ARG_INVALID', expect.stringContaining('out.xyz')]);
  });

  test.each<[string, string]>([
    ['movie', `movie=${fixture('plain.mp4')}[a];[in][a]overlay`],
    ['movie', `null,movie=${fixture('plain.mp4')}`],
    ['subtitles', `subtitles=${fixture('talk.srt')}`],
    ['drawtext', 'drawtext=textfile=/etc/hostname'],
    ['metadata', 'metadata=mode=print:file=/tmp/framerail-must-not-exist'],
    ['lut3d', 'lut3d=/etc/passwd'],
    ['scale', 'scale=/w=/etc/hostname'],
    ['scale', "scale='/w=/etc/hostname'"],
    ['scale', 'scale=2:\\/w=/etc/hostname'],
    ['movie', `sws_flags=bilinear\\;movie=${fixture('plain.mp4')}[a];[in][a]overlay`],
    ['movie', `sws_flags='bilinear;movie=${fixture('plain.mp4')}[a];[in][a]overlay`],
    ['movie', ` sws_flags=bilinear;movie@scale=${fixture('plain.mp4')}[a];[in][a]overlay`],
    ['movie', `null[b];movie=${fixture('plain.mp4')}[a];[b][a]overlay`],
    ["'movie'", `'movie'=${fixture('plain.mp4')}[a];[in][a]overlay`],
    ['m\\ovie', `m\\ovie=${fixture('plain.mp4')}[a];[in][a]overlay`],
    ['sws_flags', `null,sws_flags=bilinear;movie=${fixture('plain.mp4')}`],
  ])('filters that data may not name: %s in %s', async (name, filters) => {
    const error = await refused(engine, { filters, filterTrust: 'listed' });
    expect(error.code).toBe('FR_ARG_INVALID');
    expect(error.message).toMatch(/is not on the list of filters that data may name|^FFmpeg has no filter /);
    expect(error.details).toMatchObject({ filter: name });
  });

  test('filters that data may name', async () => {
    for (const filters of [
      'scale=64:-2',
      "crop='iw/2':ih/2",
      'sws_flags=bilinear;split[a][b];[a][b]hstack',
      'hflip@x=,vflip',
    ])
      expect(
        (await engine.process(fixture('plain.mp4'), null, { filters, filterTrust: 'listed', to: 0.2 }).result).encoded,
      ).toBe(5);
  });
});

describe('options', () => {
  const anything = fc.oneof(
    fc.constantFrom(true, '', 'x y', {}, [], -1, 0.5, Number.NaN, Infinity, -Infinity, 1e12, () => 0, 1n),
    fc.string(),
    fc.double(),
  );
  /** For each option what is right; null is as good as undefined. */
  const RIGHT: Readonly<Record<string, (value: unknown) => boolean>> = {
    slots: (v) => Number.isInteger(v) && (v as number) >= 3 && (v as number) <= 256,
    batchSize: (v) => Number.isInteger(v) && (v as number) >= 1 && (v as number) <= 256,
    batchDelay: (v) => Number.isFinite(v) && (v as number) >= 0,
    concurrency: (v) => Number.isInteger(v) && (v as number) >= 1 && (v as number) <= 64,
    transformTimeout: (v) => Number.isFinite(v) && (v as number) >= 1,
    inputTimeout: (v) => Number.isFinite(v) && (v as number) >= 1,
    timeout: (v) => Number.isFinite(v) && (v as number) >= 0,
    maxDelay: (v) => Number.isFinite(v) && (v as number) >= 0,
    from: (v) => Number.isFinite(v) && (v as number) >= 0,
    to: (v) => Number.isFinite(v) && (v as number) > 0,
    quality: (v) => Number.isFinite(v) && (v as number) >= 0 && (v as number) <= 100,
    bitrate: (v) => Number.isFinite(v) && (v as number) >= 1000,
    maxBitrate: () => false,
    keyframeInterval: (v) => Number.isFinite(v) && (v as number) >= 0.001,
    threads: (v) => Number.isInteger(v) && (v as number) >= 0 && (v as number) <= 64,
    stream: (v) => Number.isInteger(v) && (v as number) >= 0 && (v as number) <= 1000,
    packed: (v) => typeof v === 'boolean',
    upright: (v) => typeof v === 'boolean',
    lossless: (v) => typeof v === 'boolean',
    lowLatency: (v) => typeof v === 'boolean',
    format: () => false,
    audio: () => false,
    subtitles: () => false,
    filterTrust: () => false,
    size: () => false,
    transform: (v) => typeof v === 'function',
    onProgress: (v) => typeof v === 'function',
    encoderOptions: (v) => typeof v === 'object' && v !== null,
    filters: (v) => (typeof v === 'string' && v.trim() !== '') || (Array.isArray(v) && v.length === 0),
    encoder: (v) => typeof v === 'string' && /^[\w-]{1,40}$/.test(v),
    codec: (v) => typeof v === 'string' && /^[\w-]{1,40}$/.test(v),
    pixelFormat: (v) => typeof v === 'string' && /^[\w-]{1,40}$/.test(v),
    container: (v) => typeof v === 'string' && /^[\w-]{1,40}$/.test(v),
    roots: (v) => Array.isArray(v),
    signal: () => false,
  };

  test('any wrong value is refused in one sentence that names it, and starts nothing', async () => {
    await using engine = new Engine({ workers: 1 });
    const folder = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...Object.keys(RIGHT)), anything, async (name, value) => {
        fc.pre(!RIGHT[name]!(value));
        const options = { [name]: value } as ProcessOptions;
        const error = await failure(() => engine.process(fixture('plain.mp4'), join(folder, 'o.mp4'), options).result);
        expect(error.code).toBe('FR_ARG_INVALID');
        expect(error.message).toMatch(ONE_SENTENCE);
        expect(error.message).toContain(name);
      }),
      { numRuns: 400 },
    );
    expect(engine.pids).toEqual([]);
    expect(filesIn(folder)).toEqual([]);
  });

  test.each<[unknown, RegExp]>([
    [{ from: 2, to: 1 }, /`to`/],
    [{ from: 2, to: 2 }, /`to`/],
    [{ lossless: true, quality: 50 }, /`lossless`/],
    [{ lossless: true, bitrate: 5000 }, /`lossless`/],
    [{ maxBitrate: 5000 }, /`maxBitrate`/],
    [{ bitrate: 5000, maxBitrate: 4999 }, /`maxBitrate`/],
    [{ size: [0, 4] }, /`size\[0\]`/],
    [{ size: [4] }, /`size`/],
    [{ size: [16384, 16384] }, /`size`/],
    [{ filters: ['hflip', ''] }, /`filters\[1\]`/],
    [{ encoderOptions: { a: null } }, /`encoderOptions\.a`/],
    [null, /`options`/],
    ['fast', /`options`/],
  ])('%j', async (options, message) => {
    await using engine = new Engine({ workers: 1 });
    const error = await failure(() => engine.process(fixture('plain.mp4'), null, options as ProcessOptions).result);
    expect([error.code, error.message]).toEqual(['FR_ARG_INVALID', expect.stringMatching(message)]);
    expect(engine.pids).toEqual([]);
  });

  test.each([[undefined], [1], [{}], [[]], [true], ['']])('an output that is none: %j', async (output) => {
    await using engine = new Engine({ workers: 1 });
    const error = await failure(
      () => engine.process(fixture('plain.mp4'), output as never, { container: 'mp4' }).result,
    );
    expect([error.code, error.message]).toEqual(['FR_ARG_INVALID', expect.stringContaining('`output`')]);
    expect(engine.pids).toEqual([]);
  });
});
