// Every option that is documented is taken, and a wrong name is answered with the right one.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createVideo, processVideo, type ProcessOptions, type VideoSinkOptions } from '#dist/index.js';
import { checkProcess } from '#dist/frames/process/process-options.js';
import { failure } from '../../support/failure.js';
import { fixture } from '../../support/fixtures.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const ENCODING = {
  encoder: 'software',
  fallback: false,
  codec: 'h264',
  bitrate: undefined,
  maxBitrate: undefined,
  quality: 60,
  lossless: false,
  keyframeInterval: 1,
  lowLatency: true,
  pixelFormat: 'yuv420p',
  encoderOptions: { preset: 'ultrafast' },
  container: 'mp4',
} as const;

test('every option of processVideo is taken', async () => {
  const options: Required<Omit<ProcessOptions, 'signal' | 'roots' | 'bitrate' | 'maxBitrate' | 'batchDelay'>> &
    ProcessOptions = {
    ...ENCODING,
    timeout: 30_000,
    inputTimeout: 1000,
    preset: 'realtime',
    batchMode: 'fixed',
    batchSize: 2,
    slots: 6,
    filters: 'hflip',
    filterTrust: 'listed',
    transform: () => undefined,
    format: 'rgba',
    size: [160, 90],
    packed: true,
    upright: true,
    decoder: 'auto',
    stream: 0,
    from: 0.2,
    to: 0.8,
    maxDelay: 1000,
    audio: 'none',
    sound: { sampleRate: 48_000, channels: 2 },
    subtitles: 'none',
    concurrency: 2,
    transformTimeout: 10_000,
    threads: 1,
    onProgress: () => undefined,
  };
  const result = await processVideo(fixture('plain.mp4'), join(temporaryFolder(), 'out.mp4'), options);
  expect(result).toMatchObject({ encoded: 15, decoding: { requested: 'auto' } });
});

test('every option of createVideo is taken', async () => {
  const options: Required<Omit<VideoSinkOptions, 'signal' | 'bitrate' | 'maxBitrate'>> & VideoSinkOptions = {
    ...ENCODING,
    timeout: 30_000,
    size: [64, 48],
    frameRate: 10,
    format: 'rgb24',
    packed: false,
    slots: 2,
    threads: 1,
  };
  await using video = await createVideo(join(temporaryFolder(), 'out.mp4'), options);
  await video.write(new Uint8Array(64 * 48 * 3));
  expect(await video.finish()).toMatchObject({ encoded: 1, duration: 0.1 });
});

test('a wrong name is answered with the right one', async () => {
  const wrong = { transfrom: () => undefined } as ProcessOptions;
  const error = await failure(() => Promise.resolve(checkProcess(wrong, false)));
  expect(error.message).toBe('Expected `transform` in the options but received `transfrom`.');
});
