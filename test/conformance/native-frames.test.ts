// Native frames are, byte for byte and in order, those that ffmpeg decodes: from every container, every way.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { sharedEngine, WAYS } from '../support/engines.js';
import { frameTimes, shownFrames } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { listFrames } from '../support/frame-list.js';
import { some } from '../support/long.js';
import { onceEach } from '../support/once.js';

const CLIPS = [
  ...['plain.mp4', 'front-index.mp4', 'fragmented.mp4', 'plain.mkv', 'plain.ts', 'plain.flv', 'raw.h264'],
  ...['mpeg4.avi', 'vp9.webm', 'hevc10.mp4', 'odd.mp4', 'odd-420.webm', 'mjpeg.avi', 'vfr.mp4', 'sar.mp4', 'bt709.mp4'],
  ...['turned-90.mp4', 'turned-180.mp4', 'turned-270.mp4', 'two-videos.mp4'],
];
const NATIVE = { format: 'native', packed: true } as const;

/** What ffmpeg says of a clip, asked once. */
const theirs = onceEach((clip: string) => shownFrames(fixture(clip)));

async function expected(clip: string): Promise<string[]> {
  return (await theirs(clip)).map(({ md5 }) => md5);
}

/** Transports that know nothing of what they carry: each clip goes through one of them. */
const CARRIERS = WAYS.filter(({ name }) => /shm|copy|thread/.test(name));

describe.each(WAYS.map((way) => ({ ...way, turn: CARRIERS.indexOf(way) })))('$name', ({ name, options, turn }) => {
  const engine = sharedEngine(options);

  const clips = CLIPS.filter((_, i) => turn === -1 || i % CARRIERS.length === turn);
  // Commands are started anew for each.
  test.each(name === 'spawn' ? some(7, clips) : clips)('%s', async (clip) => {
    const hashes = await expected(clip);
    expect(hashes.length).toBeGreaterThan(20);
    await using video = await engine.open(fixture(clip));
    const stream = video.frames(NATIVE);
    const frames = await listFrames(stream);
    expect(frames.map(({ md5 }) => md5)).toEqual(hashes);
    expect(await stream.result).toMatchObject({ frames: hashes.length, damagedFrames: 0, damagedPackets: 0 });
    // A bare stream has no times, and these two videos begin in the middle of their file.
    if (!/memfd/.test(name) || ['raw.h264', 'two-videos.mp4'].includes(clip)) return;
    const times = clip === 'plain.ts' ? await frameTimes(fixture(clip)) : (await theirs(clip)).map(({ time }) => time);
    expect(times).toHaveLength(frames.length);
    for (const [i, time] of times.entries()) expect(frames[i]!.pts).toBeCloseTo(time, 3);
  });
});

// Bytes and blocks are read by the job, the same one in any process: each clip comes as both, in one way and the other.
const WITHOUT_FILE = WAYS.filter(({ name }) => /memfd|inline/.test(name));

describe.each(WITHOUT_FILE.map(({ name, options }, way) => ({ name, options, way })))(
  '$name, without a file',
  ({ options, way }) => {
    const engine = sharedEngine(options);
    const inTurns = (turn: number): string[] => CLIPS.filter((_, i) => (i + turn) % WITHOUT_FILE.length === way);

    test.each(inTurns(0))('%s from memory', async (clip) => {
      await using video = await engine.open(await readFile(fixture(clip)));
      expect((await listFrames(video.frames(NATIVE))).map(({ md5 }) => md5)).toEqual(await expected(clip));
    });

    test.each(inTurns(1))('%s from blocks', async (clip) => {
      const bytes = await readFile(fixture(clip));
      const source = {
        size: bytes.byteLength,
        read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
      };
      await using video = await engine.open(source);
      expect((await listFrames(video.frames(NATIVE))).map(({ md5 }) => md5)).toEqual(await expected(clip));
    });
  },
);
