// Native frames are, byte for byte and in order, those that ffmpeg decodes: from every container, every way.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { sharedEngine, WAYS } from '../support/engines.js';
import { framemd5, frameTimes } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { listFrames } from '../support/frame-list.js';

const CLIPS = [
  ...['plain.mp4', 'front-index.mp4', 'fragmented.mp4', 'plain.mkv', 'plain.ts', 'plain.flv', 'raw.h264'],
  ...['mpeg4.avi', 'vp9.webm', 'hevc10.mp4', 'odd.mp4', 'odd-420.webm', 'mjpeg.avi', 'vfr.mp4', 'sar.mp4', 'bt709.mp4'],
  ...['turned-90.mp4', 'turned-180.mp4', 'turned-270.mp4', 'two-videos.mp4'],
];
const NATIVE = { format: 'native', packed: true } as const;

const known = new Map<string, Promise<string[]>>();

/** What ffmpeg says of a clip, asked once. */
function expected(clip: string): Promise<string[]> {
  const hashes = known.get(clip) ?? framemd5(fixture(clip));
  known.set(clip, hashes);
  return hashes;
}

describe.each(WAYS)('$name', ({ options }) => {
  const engine = sharedEngine(options);

  test.each(CLIPS)('%s', async (clip) => {
    const hashes = await expected(clip);
    expect(hashes.length).toBeGreaterThan(20);
    await using video = await engine.open(fixture(clip));
    const stream = video.frames(NATIVE);
    expect((await listFrames(stream)).map(({ md5 }) => md5)).toEqual(hashes);
    expect(await stream.result).toMatchObject({ frames: hashes.length, damagedFrames: 0, damagedPackets: 0 });
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

describe('times', () => {
  const engine = sharedEngine();

  test.each(CLIPS.filter((clip) => !['raw.h264', 'two-videos.mp4'].includes(clip)))('%s', async (clip) => {
    const times = await frameTimes(fixture(clip));
    await using video = await engine.open(fixture(clip));
    const frames = await listFrames(video.frames(NATIVE));
    expect(frames.length).toBe(times.length);
    for (const [i, { pts }] of frames.entries()) expect(pts).toBeCloseTo(times[i]!, 3);
  });
});
