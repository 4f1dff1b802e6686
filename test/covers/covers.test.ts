// Covers: their size, their shape, their frame and their colours, compared with what ffmpeg makes of the same frame.
import { describe, expect, test } from 'vitest';
import { createCovers, type CoverSetOptions } from '#dist/index.js';
import { failure } from '../support/failure.js';
import { imagePixels, rawPixels } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { some } from '../support/long.js';
import { meanColor, psnr } from '../support/psnr.js';
import { sharedCovers } from '../support/covers.js';

const covers = sharedCovers({ workers: 2 });

/** The size that a JPEG file says it has, which must be that of its pixels. */
async function imageSize(data: Uint8Array): Promise<[number, number]> {
  expect([...data.subarray(0, 3), ...data.subarray(-2)]).toEqual([0xff, 0xd8, 0xff, 0xff, 0xd9]);
  const pixels = await imagePixels(data, 'gray');
  const sizeMarker = Buffer.from(data).indexOf(Buffer.from([0xff, 0xc0]));
  const [height, width] = [5, 7].map((at) => Buffer.from(data).readUInt16BE(sizeMarker + at));
  expect(pixels.byteLength).toBe(width! * height!);
  return [width!, height!];
}

/**
 * The luma of a frame as ffmpeg shows it, upright, cut and scaled; colours have a file of their own.
 * @param filters - such as `scale=160:90`
 */
async function theirs(clip: string, time: number, filters: string): Promise<Buffer> {
  const graph = `select=gte(t\\,${String(time - 0.001)}),${filters},scale=out_color_matrix=bt601:out_range=full`;
  return rawPixels(fixture(clip), '-vf', graph, '-frames:v', '1', '-pix_fmt', 'gray');
}

describe('size and fit', () => {
  test.each(
    some(2, [
      ['plain.mp4', 320, 180],
      ['turned-90.mp4', 180, 320],
      ['turned-180.mp4', 320, 180],
      ['turned-270.mp4', 180, 320],
      ['sar.mp4', 640, 180],
      ['odd.mp4', 321, 181],
      ['odd-420.webm', 321, 181],
      ['hevc10.mp4', 320, 180],
      ['mjpeg.avi', 322, 182],
      ['raw.h264', 320, 180],
    ]),
  )('%s is shown as %ix%i', async (clip, width, height) => {
    const cover = await covers.make(fixture(clip), { at: 0 });
    expect([cover.width, cover.height]).toEqual([width, height]);
    expect(await imageSize(cover.data)).toEqual([width, height]);
    expect(cover.damaged).toBe(false);
    expect(
      psnr(await imagePixels(cover.data, 'gray'), await theirs(clip, 0, `scale=${String(width)}:${String(height)}`)),
    ).toBeGreaterThan(30);
  });

  test.each([
    [160, 90],
    [90, 160],
    [101, 77],
    [1, 1],
    [640, 640],
  ])('%ix%i, covered or contained', async (width, height) => {
    for (const fit of ['cover', 'contain'] as const) {
      const cover = await covers.make(fixture('plain.mp4'), { size: [width, height], fit });
      expect([cover.width, cover.height]).toEqual([width, height]);
      expect(await imageSize(cover.data)).toEqual([width, height]);
    }
  });

  test('cover cuts the same from both sides', async () => {
    const { data } = await covers.make(fixture('plain.mp4'), { at: 1, size: [90, 90], fit: 'cover', quality: 100 });
    const wanted = await theirs('plain.mp4', 1, 'crop=180:180:70:0,scale=90:90:flags=area');
    expect(psnr(await imagePixels(data, 'gray'), wanted)).toBeGreaterThan(30);
  });

  test.each([
    ['bars.mp4', [200, 200], { x: 0, y: 42, width: 200, height: 113 }],
    ['turned-90.mp4', [200, 100], { x: 72, y: 0, width: 56, height: 100 }],
  ] as const)('contain puts %s between borders of its background', async (clip, size, place) => {
    const background = [200, 60, 20] as const;
    const { data } = await covers.make(fixture(clip), { at: 0, size, fit: 'contain', background, quality: 100 });
    const pixels = await imagePixels(data, 'rgb24');
    const [width, height] = size;
    const borders =
      place.x === 0
        ? [
            { x: 0, y: 0, width, height: place.y - 4 },
            { x: 0, y: place.y + place.height + 4, width, height: height - place.y - place.height - 4 },
          ]
        : [
            { x: 0, y: 0, width: place.x - 4, height },
            { x: place.x + place.width + 4, y: 0, width: width - place.x - place.width - 4, height },
          ];
    for (const border of borders)
      expect(meanColor(pixels, width, border)).toEqual(background.map((part): unknown => expect.closeTo(part, -0.7)));
    const scale = `scale=${String(place.width)}:${String(place.height)}:flags=area`;
    const picture = await theirs(clip, 0, scale);
    const luma = await imagePixels(data, 'gray');
    const inside = Buffer.concat(
      Array.from({ length: place.height }, (_, row) => {
        const start = (place.y + row) * width + place.x;
        return luma.subarray(start, start + place.width);
      }),
    );
    expect(psnr(inside, picture)).toBeGreaterThan(30);
  });
});

describe('which frame', () => {
  test.each(
    some(2, [
      [0, 0],
      [0.99, 0],
      [1, 1],
      [2.5, 2],
      ['middle', 2],
      ['50%', 2],
      ['49%', 1],
      ['75.5%', 3],
      ['0%', 0],
      ['100%', 3],
      [undefined, 2],
    ]),
  )('at %s: the keyframe at %i s', async (at, pts) => {
    const cover = await covers.make(fixture('plain.mp4'), { at });
    expect(cover.pts).toBeCloseTo(pts, 5);
    expect(psnr(await imagePixels(cover.data, 'gray'), await theirs('plain.mp4', pts, 'null'))).toBeGreaterThan(30);
  });

  // The first keyframe of the others lies a little behind the start of the sound.
  test.each(['plain.mkv', 'plain.ts', 'plain.flv', 'fragmented.mp4'])('%s', async (clip) => {
    const first = (await covers.make(fixture(clip), { at: 0 })).pts;
    expect(first).toBeLessThan(0.1);
    for (const second of [0, 1, 2, 3])
      for (const later of [0.01, 0.5, 0.95]) {
        const cover = await covers.make(fixture(clip), { at: first + second + later });
        expect(cover.pts).toBeCloseTo(first + second, 3);
      }
  });

  test('a long group of pictures', async () => {
    expect((await covers.make(fixture('long-gop.mp4'), { at: 9.9 })).pts).toBe(0);
    expect((await covers.make(fixture('long-gop.mp4'), { at: 19.9 })).pts).toBe(10);
  });

  test('a time beyond the end is refused', async () => {
    const error = await failure(() => covers.make(fixture('plain.mp4'), { at: 5 }));
    expect(error).toMatchObject({ code: 'FR_TIME_BEYOND_END', details: { time: 5 } });
  });

  test('where the end of a file is missing, an earlier frame is taken', async () => {
    const cover = await covers.make(fixture('truncated.mp4'), { at: 3.5 });
    expect(cover.pts).toBeLessThan(3);
    expect(cover.pts).toBeGreaterThanOrEqual(1);
    const wanted = await theirs('plain.mp4', cover.pts, 'null');
    expect(psnr(await imagePixels(cover.data, 'gray'), wanted)).toBeGreaterThan(30);
  });

  test('a stream by its number', async () => {
    const large = await covers.make(fixture('two-videos.mp4'), { at: 0 });
    const small = await covers.make(fixture('two-videos.mp4'), { at: 0, stream: 0 });
    expect([large.width, small.width]).toEqual([1280, 320]);
    const error = await failure(() => covers.make(fixture('two-videos.mp4'), { stream: 7 }));
    expect(error.code).toBe('FR_INPUT_NO_VIDEO');
  });
});

test('a file without video has no cover', async () => {
  const error = await failure(() => covers.make(fixture('sound.m4a')));
  expect(error.code).toBe('FR_INPUT_NO_VIDEO');
});

test('more quality takes more bytes and comes nearer', async () => {
  const wanted = await theirs('plain.mp4', 2, 'null');
  const made: [number, number][] = [];
  for (const quality of [5, 20, 40, 60, 80, 95]) {
    const { data } = await covers.make(fixture('plain.mp4'), { quality });
    made.push([data.byteLength, psnr(await imagePixels(data, 'gray'), wanted)]);
  }
  for (const [i, [bytes, near]] of made.entries()) {
    if (i === 0) continue;
    expect(bytes).toBeGreaterThan(made[i - 1]![0]);
    expect(near).toBeGreaterThanOrEqual(made[i - 1]![1]);
  }
});

test('a closed cover engine makes none', async () => {
  const own = createCovers({ workers: 1 });
  await own.make(fixture('plain.mp4'), { size: [16, 16] });
  await own.close();
  expect(await failure(() => own.make(fixture('plain.mp4')))).toMatchObject({ code: 'FR_CLOSED' });
});

test('the stages of the work add up', async () => {
  const { timings, decoder } = await covers.make(fixture('big.mp4'), { size: [160, 90] });
  const { total, ...stages } = timings;
  const sum = Object.values(stages).reduce((all, stage) => all + stage, 0);
  expect(decoder).toBe('h264');
  for (const stage of Object.values(stages)) expect(stage).toBeGreaterThanOrEqual(0);
  expect(sum).toBeGreaterThan(total * 0.9);
  expect(sum).toBeLessThanOrEqual(total);
});

test('several times and sizes in one call are the covers of single calls', async () => {
  const [at, sizes] = [[0.5, '75%'] as const, [[160, 90] as const, [90, 160] as const]];
  const { images, shots } = await covers.makeAll(fixture('plain.mp4'), { at, sizes });
  expect(shots.map(({ pts }) => pts)).toEqual([expect.closeTo(0, 5), expect.closeTo(3, 5)]);
  for (const [i, { shot, ...image }] of images.entries()) {
    expect(shot).toBe(Math.floor(i / 2));
    expect(image).toMatchObject(await single(at[shot]!, sizes[i % 2]!));
  }
  expect(images).toHaveLength(4);
  async function single(time: number | string, size: readonly [number, number]): Promise<object> {
    const { data, width, height } = await covers.make(fixture('plain.mp4'), { at: time, size });
    return { data, width, height };
  }
});

test.each([{ at: [] }, { sizes: [[0, 9]] }, { at: ['soon'] }, { at: Array.from({ length: 101 }, () => 0) }])(
  'a wrong set is refused: %o',
  async (options) => {
    const wrong = options as unknown as CoverSetOptions;
    expect(await failure(() => covers.makeAll(fixture('plain.mp4'), wrong))).toMatchObject({ code: 'FR_ARG_INVALID' });
  },
);
