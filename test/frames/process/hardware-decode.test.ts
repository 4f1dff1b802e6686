// Decoding on hardware that is not there, or that dies: software takes over, and every frame comes once.
import { expect, test } from 'vitest';
import { Engine, type FrameFormat, type ProcessOptions, type ProcessResult } from '#dist/index.js';
import { failure } from '../../support/failure.js';
import { fakeHardware } from '../../support/fake-hardware.js';
import { fixture } from '../../support/fixtures.js';
import { md5Of } from '../../support/frame-list.js';
import { some } from '../../support/long.js';
import { onceEach } from '../../support/once.js';

async function decode(clip: string, options: ProcessOptions): Promise<{ result: ProcessResult; frames: string[] }> {
  const engine = new Engine({ workers: 1 });
  const frames: string[] = [];
  try {
    const { result } = engine.process(fixture(clip), null, {
      format: 'native' satisfies FrameFormat,
      ...options,
      transform: (batch) => {
        for (const frame of batch) frames.push(`${frame.pts.toFixed(4)} ${md5Of(frame)}`);
      },
    });
    return { result: await result, frames };
  } finally {
    await engine.close();
  }
}

/** What software makes of a clip; each one is decoded once. */
const wholly = onceEach((clip: string) => decode(clip, {}));

test.each(['nvdec', 'vaapi', 'qsv', 'videotoolbox', 'auto'] as const)(
  '%s without a device is software, with the reason',
  async (decoder) => {
    const software = await decode('plain.mp4', { to: 1 });
    const { result, frames } = await decode('plain.mp4', { to: 1, decoder });
    expect(frames).toEqual(software.frames);
    expect(frames).toHaveLength(25);
    expect(result.decoding).toMatchObject({ requested: decoder });
    // On a machine with such a device it may have worked.
    if (result.decoding.backend !== 'software') return;
    expect(result.decoding.attempts.length).toBeGreaterThan(0);
    for (const { reason } of result.decoding.attempts) expect(reason).toMatch(/\.$/);
  },
);

test('software is the default', async () => {
  const { result } = await decode('plain.mp4', { to: 0.2 });
  expect(result.decoding).toEqual({ requested: 'software', backend: 'software', attempts: [] });
});

// Reordered pictures, keyframes of every kind, pictures without times, and steps of different lengths.
const clips = ['plain.mp4', 'plain.ts', 'long-gop.mp4', 'vfr.mp4', 'hevc10.mp4', 'mjpeg.avi', 'plain.mkv', 'vp9.webm'];

test.each(
  some(
    7,
    clips.flatMap((clip) => [0, 1, 24, 33].map((after) => [clip, after] as const)),
  ),
)('%s when it dies after %d frames', async (clip, decoderDiesAfter) => {
  const software = await wholly(clip);
  fakeHardware({ decoderDiesAfter });
  const { result, frames } = await decode(clip, { decoder: 'fake' as 'auto' });
  expect(frames).toEqual(software.frames);
  const died = decoderDiesAfter < frames.length;
  expect(result.decoding).toEqual({
    requested: 'fake',
    backend: died ? 'software' : 'fake',
    attempts: died ? [{ name: 'fake', reason: `The fake decoder died after ${String(decoderDiesAfter)} frames.` }] : [],
  });
});

test('a range, and a death after the jump', async () => {
  const options = { from: 9, to: 12 };
  const software = await decode('long-gop.mp4', options);
  fakeHardware({ decoderDiesAfter: 30 });
  const { frames } = await decode('long-gop.mp4', { ...options, decoder: 'fake' as 'auto' });
  expect(frames).toEqual(software.frames);
  expect(frames).toHaveLength(75);
});

test('a wrong name', async () => {
  const error = await failure(() => decode('plain.mp4', { decoder: 'cuda' as 'auto' }));
  expect(error.message).toContain('nvdec');
  expect((await failure(() => decode('plain.mp4', { decoder: 'fake' as 'auto' }))).code).toBe('FR_ARG_INVALID');
});
