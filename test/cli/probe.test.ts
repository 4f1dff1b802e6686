// framerail probe: what it prints, for people and for programs.
import { describe, expect, test } from 'vitest';
import type { MediaInfo } from '#dist/index.js';
import { cli } from '../support/cli.js';
import { fixture } from '../support/fixtures.js';

test('JSON of a file with sound', async () => {
  const { code, stdout, stderr, orphans } = await cli('probe', fixture('plain.mp4'), '--json');
  expect([code, stderr, orphans]).toEqual([0, '', []]);
  const info = JSON.parse(stdout.toString()) as MediaInfo;
  expect(info).toMatchObject({
    name: fixture('plain.mp4'),
    container: expect.stringContaining('mp4'),
    duration: expect.closeTo(4, 1),
    decoder: 'h264',
    problems: [],
    scan: { packets: 100, corruptPackets: 0, end: expect.closeTo(4, 1) },
    video: { index: 0, codec: 'h264', stored: { width: 320, height: 180 }, pixelFormat: 'yuv420p', frameRate: 25 },
  });
  expect(info.scan!.keyframes).toEqual([0, 1, 2, 3].map((time): unknown => expect.closeTo(time, 5)));
  expect(info.streams.map(({ kind, codec }) => [kind, codec])).toEqual([
    ['video', 'h264'],
    ['audio', 'aac'],
  ]);
});

describe('geometry as shown', () => {
  test.each([
    // ffmpeg's `rotate` counts against the clock, the turn to stand upright with it.
    ['turned-90.mp4', { turn: 270, mirror: false }, { width: 180, height: 320 }],
    ['turned-180.mp4', { turn: 180, mirror: false }, { width: 320, height: 180 }],
    ['turned-270.mp4', { turn: 90, mirror: false }, { width: 180, height: 320 }],
    ['sar.mp4', { turn: 0, mirror: false }, { width: 640, height: 180 }],
    ['odd.mp4', { turn: 0, mirror: false }, { width: 321, height: 181 }],
  ])('%s', async (clip, orientation, display) => {
    const { code, stdout } = await cli('probe', fixture(clip), '--json', '--no-scan');
    expect(code).toBe(0);
    const { video, scan } = JSON.parse(stdout.toString());
    expect(scan).toBeUndefined();
    expect([video.orientation, video.display]).toEqual([orientation, display]);
  });
});

test('a chosen stream', async () => {
  const { stdout } = await cli('probe', fixture('two-videos.mp4'), '--json', '--stream', '0');
  const { video, streams } = JSON.parse(stdout.toString());
  expect([video.index, video.stored.width, streams.length]).toEqual([0, 320, 3]);
});

test('a text for people', async () => {
  const { code, stdout, stderr } = await cli('probe', fixture('turned-90.mp4'));
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.toString()).toMatch(/^duration +0:04\.0\d\d$/m);
  expect(stdout.toString()).toMatch(/^stream 0 \* +video h264, 320x180.*turned 270 degrees, shown as 180x320/m);
  expect(stdout.toString()).toMatch(/^keyframes +4, every 1\.00 s on average$/m);
  expect(stdout.toString()).toMatch(/^problems +none found$/m);
});

test('a file that breaks off: what it holds, and that it breaks off', async () => {
  const { code, stdout } = await cli('probe', fixture('truncated.mp4'), '--json');
  const info = JSON.parse(stdout.toString()) as MediaInfo;
  expect(code).toBe(0);
  expect(info.scan!.packets).toBeGreaterThan(20);
  expect(info.scan!.packets).toBeLessThan(90);
  expect(info.problems.length).toBeGreaterThan(0);
  expect(info.problems.join('\n')).toContain('frames but there are');
});
