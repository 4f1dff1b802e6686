// A running encode changes its bit rate, its quality and its keyframes without a gap.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Engine, type ProcessOptions, type ProcessUpdate } from '#dist/index.js';
import { sharedEngine } from '../../support/engines.js';
import { fakeHardware } from '../../support/fake-hardware.js';
import { ffprobe } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { some } from '../../support/long.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

// Noise, so that an encoder has use for every bit that it may spend.
const CLIP = fixture('lively.mp4');
const FRAMES = 150;
/** The frame before which the change was asked for; what is on its way already is a dozen at most. */
const CHANGED = 76;
const SLOTS = 12;

interface Coded {
  readonly pts: number;
  readonly bits: number;
  readonly keyframe: boolean;
}

const shared = sharedEngine({ workers: 1 });

async function run(name: string, options: ProcessOptions, change: ProcessUpdate): Promise<Coded[]> {
  const output = join(temporaryFolder(), name);
  // Workers are born with the hardware of their test.
  const engine = options.encoder === 'fake' ? new Engine({ workers: 1 }) : shared;
  try {
    let seen = 0;
    const session = engine.process(CLIP, output, {
      ...options,
      slots: SLOTS,
      transform: (batch, running) => {
        if (seen < CHANGED && seen + batch.length >= CHANGED) running.update(change);
        seen += batch.length;
      },
    });
    expect((await session.result).encoded).toBe(FRAMES);
  } finally {
    if (engine !== shared) await engine.close();
  }
  const entries = 'packet=pts_time,size,flags:stream=nb_read_frames';
  const { packets, streams } = await ffprobe('-count_frames', '-select_streams', 'v', '-show_entries', entries, output);
  const coded = (packets as { pts_time: string; size: string; flags: string }[])
    .map(({ pts_time, size, flags }) => ({
      pts: Number(pts_time),
      bits: Number(size) * 8,
      keyframe: flags.startsWith('K'),
    }))
    .sort((a, b) => a.pts - b.pts);
  // Every frame once, a step after the one before: Matroska counts in milliseconds.
  expect(coded).toHaveLength(FRAMES);
  for (const [i, { pts }] of coded.entries()) expect(pts - coded[0]!.pts).toBeCloseTo(i * 0.04, 2);
  expect(Number((streams as { nb_read_frames: string }[])[0]?.nb_read_frames)).toBe(FRAMES);
  return coded;
}

const rate = (coded: readonly Coded[], from: number, to: number): number =>
  (coded.slice(from, to).reduce((sum, { bits }) => sum + bits, 0) / (to - from)) * 25;

const encoders: readonly [string, ProcessOptions][] = [
  ['libx264', { encoderOptions: { preset: 'veryfast', sc_threshold: 0 } }],
  ['libx265', { encoderOptions: { preset: 'ultrafast' } }],
  ['libvpx-vp9', { encoderOptions: { deadline: 'realtime', 'cpu-used': 8 } }],
  ['libsvtav1', { encoderOptions: { preset: 12 } }],
  ['fake', { encoderOptions: { sc_threshold: 0 } }],
];
const containers = ['mp4', 'mkv'] as const;
const cases = some(4, encoders).map(([encoder, options], i) => ({
  encoder,
  options: { encoder, ...options },
  // A change of the bit rate is tried in both, which says what a container makes of changes; the others take turns.
  container: containers[i % 2]!,
  other: containers[(i + 1) % 2]!,
}));

describe.each(cases)('$encoder', ({ encoder, container, other, options }) => {
  test.each(containers)('bit rate, in %s', async (ending) => {
    if (encoder === 'fake') fakeHardware();
    const coded = await run(`out.${ending}`, { ...options, bitrate: 200_000 }, { bitrate: 1_200_000 });
    const [before, after] = [rate(coded, 10, 70), rate(coded, CHANGED + 14, FRAMES)];
    expect(after / before).toBeGreaterThan(2);
    expect(after).toBeGreaterThan(600_000);
    expect(after).toBeLessThan(2_400_000);
  });

  test('quality', async () => {
    if (encoder === 'fake') fakeHardware();
    const coded = await run(`out.${container}`, { ...options, quality: 20 }, { quality: 70 });
    expect(rate(coded, CHANGED + 14, FRAMES) / rate(coded, 0, 20)).toBeGreaterThan(2);
  });

  test('keyframes', async () => {
    if (encoder === 'fake') fakeHardware();
    const settings = { ...options, quality: 40, keyframeInterval: 2 };
    const coded = await run(`out.${other}`, settings, { keyframeInterval: 0.4 });
    const keys = coded.flatMap(({ keyframe }, i) => (keyframe ? [i] : []));
    expect(keys.slice(0, 2)).toEqual([0, 50]);
    const first = keys[2] ?? 0;
    expect(first).toBeGreaterThanOrEqual(CHANGED - SLOTS);
    expect(first).toBeLessThanOrEqual(CHANGED + SLOTS);
    for (const [i, key] of keys.slice(2).entries()) expect(key).toBe(first + 10 * i);
    expect(keys.at(-1)).toBeGreaterThan(FRAMES - 11);
  });
});

test('libx264 changes as it runs: quality and a constant bit rate cost no keyframe', async () => {
  const options = { encoder: 'libx264', encoderOptions: { preset: 'veryfast', sc_threshold: 0 } };
  const finer = await run('a.mp4', { ...options, quality: 20 }, { quality: 70 });
  expect(finer.filter(({ keyframe }) => keyframe)).toHaveLength(1);
  const buffered = { ...options.encoderOptions, maxrate: 300_000, bufsize: 300_000 };
  const larger = await run('b.mp4', { ...options, bitrate: 300_000, encoderOptions: buffered }, { bitrate: 1_800_000 });
  expect(larger.filter(({ keyframe }) => keyframe)).toHaveLength(1);
  expect(rate(larger, CHANGED + 14, FRAMES) / rate(larger, 0, 20)).toBeGreaterThan(2);
});

test('from a quality to a bit rate', async () => {
  const options = { encoder: 'libx264', quality: 20, encoderOptions: { preset: 'veryfast' } };
  const coded = await run('out.mp4', options, { bitrate: 1_800_000 });
  expect(rate(coded, CHANGED + 14, FRAMES)).toBeGreaterThan(900_000);
});

test('a change of hardware that dies meanwhile is the change of its successor', async () => {
  fakeHardware({ sessions: 1, dieAfter: 74, dieAt: 'drain' });
  const coded = await run('out.mp4', { encoder: 'fake', bitrate: 200_000 }, { bitrate: 1_200_000 });
  expect(rate(coded, CHANGED + 14, FRAMES) / rate(coded, 10, 60)).toBeGreaterThan(2);
});
