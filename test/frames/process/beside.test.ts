// Sound and text beside the video: copied byte for byte where the container holds them, else encoded anew or left out
// with a reason; and what is said about them.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StreamReport } from '#dist/index.js';
import { sharedEngine } from '../../support/engines.js';
import { failure } from '../../support/failure.js';
import { ffmpeg, ffprobe } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { some } from '../../support/long.js';
import { once } from '../../support/once.js';
import { each, filesIn, packets, streamsOf, untouched } from '../../support/process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const engine = sharedEngine({ workers: 1 });
const spawned = sharedEngine({ workers: 1, backend: 'spawn' });
const SMALL = { size: [64, 36] } as const;

function actions(streams: readonly StreamReport[]): string[] {
  return streams.map(({ kind, codec, action }) => `${kind} ${codec} ${action}`);
}

/** Sound as 16-bit samples of one channel at 48 kHz. */
async function samples(path: string, stream = 'a:0'): Promise<Int16Array> {
  const raw = await ffmpeg('-i', path, '-map', `0:${stream}`, '-ac', '1', '-ar', '48000', '-f', 's16le', '-');
  return new Int16Array(raw.buffer, raw.byteOffset, raw.byteLength / 2);
}

/** The pitch of a tone, by how often it crosses zero upwards in the middle of it. */
function pitch(sound: Int16Array): number {
  const middle = sound.subarray(48_000, 48_000 * 3);
  let [first, last, count] = [-1, -1, 0];
  for (let i = 1; i < middle.length; i++)
    if (middle[i - 1]! < 0 && middle[i]! >= 0) {
      if (first < 0) first = i;
      else count += 1;
      last = i;
    }
  return (count * 48_000) / (last - first);
}

const sounds = once(() => packets(fixture('plain.mp4'), 'a:0'));
const tone = once(() => samples(fixture('plain.mp4')));

describe('copied', () => {
  test.each(some(2, ['mp4', 'mkv', 'ts', 'mov']))('into .%s, byte for byte', async (ending) => {
    const output = join(temporaryFolder(), `out.${ending}`);
    const { streams } = await engine.process(fixture('plain.mp4'), output, { ...SMALL, transform: untouched }).result;
    expect(actions(streams)).toEqual(['video h264 encode', 'audio aac copy']);
    const [before, after] = [await sounds(), await packets(output, 'a:0')];
    // A transport stream puts a header of its own before each.
    if (ending !== 'ts') expect(after.map(({ hash }) => hash)).toEqual(before.map(({ hash }) => hash));
    expect(after.length).toBe(before.length);
    const start = after[0]!.pts - before[0]!.pts;
    for (const [i, { pts }] of after.entries()) expect(Math.abs(pts - before[i]!.pts - start)).toBeLessThan(0.0015);
    const [picture] = await packets(output, 'v:0');
    // Sound and pictures begin where they did: in a transport stream both wait for its delay.
    expect(Math.abs(after[0]!.pts - before[0]!.pts - picture!.pts)).toBeLessThan(0.0015);
    expect(pitch(await samples(output))).toBeCloseTo(440, 0);
  });

  test('several of them, with their languages, their order and the one that is the default', async () => {
    const output = join(temporaryFolder(), 'out.mkv');
    const { streams } = await engine.process(fixture('beside.mkv'), output, SMALL).result;
    expect(actions(streams)).toEqual(['video h264 encode', 'audio aac copy', 'audio ac3 copy', 'subtitle subrip copy']);
    const after = await streamsOf(output);
    expect(after.map(({ codec_name }) => codec_name)).toEqual(['h264', 'aac', 'ac3', 'subrip']);
    expect(after.map(({ tags }) => tags?.['language'])).toEqual(['swe', 'eng', 'deu', 'fra']);
    expect(after.slice(1, 3).map(({ disposition }) => disposition['default'])).toEqual([0, 1]);
    expect((await ffprobe('-show_format', output))['format']).toMatchObject({ tags: { title: 'A title' } });
    const text = (await ffmpeg('-i', output, '-map', '0:s', '-f', 'srt', '-')).toString();
    // The sound of this clip begins 23 ms before its pictures; the output begins where the clip does.
    expect(text).toMatch(/00:00:00,523 --> 00:00:01,523\r?\nGood morning\./);
  });

  test('text moves with the range', async () => {
    const output = join(temporaryFolder(), 'out.mkv');
    await engine.process(fixture('beside.mkv'), output, { ...SMALL, from: 0.4, to: 2 }).result;
    const text = (await ffmpeg('-i', output, '-map', '0:s', '-f', 'srt', '-')).toString();
    // Times count from the start of the file.
    expect(text).toMatch(/00:00:00,123 --> 00:00:01,123\r?\nGood morning\./);
  });

  test.each([
    [{ from: 0.8 }, '00:00:00,000 --> 00:00:00,723'],
    [{ to: 1.2 }, '00:00:00,500 --> 00:00:01,177'],
    [{ from: 0.8, to: 1.2 }, '00:00:00,000 --> 00:00:00,400'],
  ])('text is cut with the range: %j', async (range, shown) => {
    const output = join(temporaryFolder(), 'out.mkv');
    await engine.process(fixture('beside.mkv'), output, { ...SMALL, ...range, audio: 'none' }).result;
    const text = (await ffmpeg('-i', output, '-map', '0:s', '-f', 'srt', '-')).toString();
    expect(text).toContain(`${shown}\nGood morning.`);
  });

  test('frames that are dropped or multiplied leave the sound alone', async () => {
    const output = join(temporaryFolder(), 'out.mp4');
    const { encoded, dropped } = await engine.process(fixture('plain.mp4'), output, {
      ...SMALL,
      transform: each((frame) => {
        if (frame.index % 2 === 1) frame.drop();
      }),
    }).result;
    expect([encoded, dropped]).toEqual([50, 50]);
    const times = (await packets(output, 'v:0')).map(({ pts }) => pts).sort((a, b) => a - b);
    for (const [i, time] of times.entries()) expect(time).toBeCloseTo(i * 0.08, 3);
    expect((await packets(output, 'a:0')).map(({ hash }) => hash)).toEqual((await sounds()).map(({ hash }) => hash));
  });
});

describe('encoded anew', () => {
  test.each(
    some(2, [
      ['webm', 'opus', /^webm does not hold aac, so libopus encodes it anew\.$/],
      ['ogg', 'opus', /^ogg does not hold aac, so libopus encodes it anew\.$/],
    ]),
  )('for .%s', async (ending, codec, why) => {
    const output = join(temporaryFolder(), `out.${ending}`);
    const options = ending === 'ogg' ? { codec: 'theora' } : { codec: 'vp8' };
    const { streams } = await engine.process(fixture('plain.mp4'), output, { ...SMALL, ...options }).result;
    expect(actions(streams)).toEqual(['video h264 encode', 'audio aac encode']);
    expect(streams[1]!.why).toMatch(why);
    expect((await streamsOf(output)).map(({ codec_name }) => codec_name)).toContain(codec);
    const [before, after] = [await tone(), await samples(output)];
    expect(pitch(after)).toBeCloseTo(440, 0);
    expect(Math.abs(after.length - before.length) / 48_000).toBeLessThan(0.03);
  });

  test.each(
    some(2, [
      ['webm', 'vp8'],
      ['ogg', 'theora'],
    ]),
  )('the tone begins when it did, to 10 ms, in .%s', async (ending, codec) => {
    const folder = temporaryFolder();
    const [clip, output] = [join(folder, 'beep.mp4'), join(folder, `out.${ending}`)];
    await ffmpeg(
      ...['-f', 'lavfi', '-i', 'color=size=64x36:rate=25:duration=2'],
      ...['-f', 'lavfi', '-i', 'sine=frequency=1000:duration=2,volume=enable=lt(t\\,1):volume=0'],
      ...['-c:v', 'libx264', '-c:a', 'aac', '-shortest', clip],
    );
    await engine.process(clip, output, { codec }).result;
    const onset = async (path: string): Promise<number> =>
      (await samples(path)).findIndex((sample) => Math.abs(sample) > 1000) / 48_000;
    expect(Math.abs((await onset(output)) - (await onset(clip)))).toBeLessThan(0.01);
    expect(await onset(output)).toBeGreaterThan(0.98);
  });

  test.each(
    some(3, [
      ['flv', 'aac', 48_000, 1],
      ['mp4', 'aac', 22_050, 2],
      ['webm', 'opus', 48_000, 2],
    ]),
  )('in a form of its own for .%s: %s of %d and %d', async (ending, codec, sampleRate, channels) => {
    for (const one of [engine, spawned]) {
      const output = join(temporaryFolder(), `out.${ending}`);
      const options = { ...SMALL, ...(ending === 'webm' ? { codec: 'vp8' } : {}), sound: { sampleRate, channels } };
      const { streams } = await one.process(fixture('plain.mp4'), output, options).result;
      expect(actions(streams)).toEqual(['video h264 encode', 'audio aac encode']);
      expect(streams[1]!.why).toContain(`${String(sampleRate)} samples a second and ${String(channels)} channel`);
      const sound = (await streamsOf(output)).find(({ codec_name }) => codec_name === codec);
      expect(sound).toMatchObject({ sample_rate: String(sampleRate), channels });
      expect(pitch(await samples(output))).toBeCloseTo(440, 0);
    }
  });

  test.each([
    [{ sound: { sampleRate: 1, channels: 2 } }, /`sound\.sampleRate`/],
    [{ sound: { sampleRate: 48_000, channels: 9 } }, /`sound\.channels`/],
    [{ sound: { sampleRate: 48_000, channels: 2 }, audio: 'copy' }, /`sound`/],
  ] as const)('a form that there is not is refused: %j', async (options, why) => {
    const make = async (): Promise<unknown> => await engine.process(fixture('plain.mp4'), null, options).result;
    expect((await failure(make)).message).toMatch(why);
  });

  test.each(some(2, ['mp4', 'mkv']))(
    'sound that is of another form than .%s says, as one channel of MP3',
    async (ending) => {
      const [clip, output] = [join(temporaryFolder(), `clip.${ending}`), join(temporaryFolder(), 'out.flv')];
      const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=4:sample_rate=44100'];
      const pictures = ['-f', 'lavfi', '-i', 'color=s=64x36:r=5:d=4'];
      const mono = ['-c:v', 'libx264', '-c:a', 'libmp3lame', '-ac', '1'];
      await ffmpeg(...pictures, ...tone, ...mono, clip);
      await engine.process(clip, output, { ...SMALL, sound: { sampleRate: 48_000, channels: 2 } }).result;
      expect(pitch(await samples(output))).toBeCloseTo(440, 0);
    },
  );

  test('a range of it is cut and moved like the pictures', async () => {
    const output = join(temporaryFolder(), 'out.webm');
    await engine.process(fixture('plain.mp4'), output, { ...SMALL, codec: 'vp8', from: 1, to: 2.5 }).result;
    const sound = await packets(output, 'a:0');
    const end = sound.at(-1)!.pts + sound.at(-1)!.duration;
    expect(Math.abs(sound[0]!.pts)).toBeLessThan(0.03);
    expect(Math.abs(end - 1.5)).toBeLessThan(0.04);
  });
});

test('what a container does not hold is no error in the log', async () => {
  const output = join(temporaryFolder(), 'out.webm');
  const options = { ...SMALL, codec: 'vp8', to: 0.4 } as const;
  const { log, streams } = await engine.process(fixture('beside.mkv'), output, options).result;
  expect(actions(streams)).toEqual([
    'video h264 encode',
    'audio aac encode',
    'audio ac3 encode',
    'subtitle subrip drop',
  ]);
  expect(log.filter(({ level }) => level === 'error')).toEqual([]);
});

test.each([engine, spawned])('what is usual in .wmv and .mxf, sound included: $backend', async (one) => {
  for (const [ending, codecs] of [
    ['wmv', ['msmpeg4v3', 'aac']],
    ['mxf', ['mpeg2video', 'pcm_s16le']],
  ] as const) {
    const output = join(temporaryFolder(), `out.${ending}`);
    const { encoded } = await one.process(fixture('plain.mp4'), output, { to: 1 }).result;
    expect(encoded).toBe(25);
    expect((await streamsOf(output)).map(({ codec_name }) => codec_name)).toEqual(codecs);
  }
});

describe('left out', () => {
  test.each([engine, spawned])('text that a program stream would take and nobody could read: $backend', async (one) => {
    const [clip, output] = [join(temporaryFolder(), 'clip.mp4'), join(temporaryFolder(), 'out.mpg')];
    await ffmpeg(
      '-i',
      fixture('beside.mkv'),
      ...['-map', '0:v', '-map', '0:s', '-c:v', 'copy', '-c:s', 'mov_text'],
      clip,
    );
    const { streams } = await one.process(clip, output, { to: 1 }).result;
    expect(streams[1]).toMatchObject({ action: 'drop', why: 'mpeg does not hold mov_text.' });
    expect((await streamsOf(output)).map(({ codec_type }) => codec_type)).toEqual(['video']);
  });

  test.each(some(3, [['gif'], ['h264'], ['mjpeg'], ['yuv4mpegpipe'], ['ivf'], ['apng']]))(
    '%s holds no sound',
    async (container) => {
      const output = join(temporaryFolder(), 'out.bin');
      const options = { ...SMALL, container, to: 0.4, ...(container === 'ivf' ? { codec: 'vp8' } : {}) };
      const { streams, encoded } = await engine.process(fixture('plain.mp4'), output, options).result;
      expect(encoded).toBe(10);
      expect(actions(streams)).toEqual(['video h264 encode', 'audio aac drop']);
      expect(streams[1]!.why).toBe(`${container} holds no sound.`);
    },
  );

  test('text that a container does not hold', async () => {
    const output = join(temporaryFolder(), 'out.mp4');
    const { streams } = await engine.process(fixture('beside.mkv'), output, SMALL).result;
    expect(streams[3]).toMatchObject({ kind: 'subtitle', action: 'drop', why: 'mp4 does not hold subrip.' });
    expect((await streamsOf(output)).length).toBe(3);
  });

  test('what is not wanted', async () => {
    const output = join(temporaryFolder(), 'out.mkv');
    const { streams } = await engine.process(fixture('beside.mkv'), output, {
      ...SMALL,
      audio: 'none',
      subtitles: 'none',
    }).result;
    expect(streams.slice(1).map(({ action, why }) => [action, why])).toEqual(
      Array<string[]>(3).fill(['drop', 'It was not wanted.']),
    );
    expect((await streamsOf(output)).map(({ codec_type }) => codec_type)).toEqual(['video']);
  });

  test('other videos', async () => {
    const output = join(temporaryFolder(), 'out.mp4');
    const { streams } = await engine.process(fixture('two-videos.mp4'), output, { ...SMALL, stream: 2 }).result;
    expect(streams.map(({ action }) => action)).toEqual(['drop', 'drop', 'encode']);
    expect(streams[0]!.why).toBe('One video stream is processed.');
  });
});

describe('policies', () => {
  test('copy refuses what it cannot copy, and leaves nothing', async () => {
    const folder = temporaryFolder();
    const options = { ...SMALL, codec: 'vp8' };
    const sound = await failure(
      () => engine.process(fixture('plain.mp4'), join(folder, 'out.webm'), { ...options, audio: 'copy' }).result,
    );
    expect(sound.code).toBe('FR_OUTPUT_FAILED');
    expect(sound.message).toMatch(/^webm cannot hold these streams: .*Opus audio/);
    const text = await failure(
      () => engine.process(fixture('beside.mkv'), join(folder, 'out.mp4'), { ...SMALL, subtitles: 'copy' }).result,
    );
    expect(text.code).toBe('FR_OUTPUT_FAILED');
    expect(filesIn(folder)).toEqual([]);
  });

  test('copy is content with what can be copied', async () => {
    const output = join(temporaryFolder(), 'out.mkv');
    const { streams } = await engine.process(fixture('beside.mkv'), output, {
      ...SMALL,
      audio: 'copy',
      subtitles: 'copy',
    }).result;
    expect(streams.slice(1).map(({ action }) => action)).toEqual(['copy', 'copy', 'copy']);
  });
});
