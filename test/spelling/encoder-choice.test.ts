// Which encoder, in which pixel format, with which options: the decisions themselves.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ENCODERS } from '#dist/av/encoders/libav-encoder.js';
import {
  chooseFormat as chooseAmong,
  chromaSteps,
  controlOptions,
  planEncoder,
  qualityOption,
} from '#dist/spelling/index.js';
import { failure } from '../support/failure.js';

const NONE = {
  bitrate: null,
  maxBitrate: null,
  quality: null,
  lossless: false,
  keyframeInterval: null,
  lowLatency: false,
  options: {},
} as const;
const wish = (encoder: string, codec: string | null = null) => ({
  ...{ encoder, codec, fallback: true, pixelFormat: null, controls: NONE },
});
const chooseFormat = (encoder: string, source: string, original: string | undefined, wanted: string | null): string =>
  chooseAmong(ENCODERS.formatsOf(encoder) ?? [], encoder, source, original, wanted);

describe('encoders', () => {
  test.each([
    ['auto', null, 'h264', 'libx264'],
    ['software', 'hevc', 'h264', 'libx265'],
    ['auto', 'av1', 'h264', 'libsvtav1'],
    ['auto', null, 'vp9', 'libvpx-vp9'],
    ['mpeg4', 'hevc', 'h264', 'mpeg4'],
    ['auto', 'ffv1', undefined, 'ffv1'],
  ])('%s, codec %s, container of %s: %s', (encoder, codec, usual, name) => {
    expect(planEncoder(ENCODERS, wish(encoder, codec), usual).software).toBe(name);
  });

  test.each([
    ['h265', 'hevc'],
    ['H.265', 'hevc'],
    ['x264', 'h264'],
    ['vp8x', 'vp8'],
  ])('a codec %s: did you mean %s', async (codec, meant) => {
    const { message } = await failure(() => planEncoder(ENCODERS, wish('auto', codec), 'h264'));
    expect(message).toContain(`no encoder for the codec ${codec}; did you mean ${meant}`);
  });

  test('a container without video needs a codec', async () => {
    expect(await failure(() => planEncoder(ENCODERS, wish('auto'), undefined))).toMatchObject({
      code: 'FR_ARG_INVALID',
    });
  });
});

describe('pixel formats', () => {
  test.each([
    ['libx264', 'yuv420p', undefined, 'yuv420p'],
    ['libx264', 'yuv444p', undefined, 'yuv444p'],
    ['libx264', 'yuv420p10le', undefined, 'yuv420p10le'],
    ['libx264', 'yuv420p12le', undefined, 'yuv420p10le'],
    ['libx264', 'yuva420p', undefined, 'yuv420p'],
    ['libx264', 'rgb24', 'yuv444p', 'yuv444p'],
    ['libx264', 'rgb24', 'yuv422p10le', 'yuv422p'],
    ['libx264', 'rgba', undefined, 'yuv420p'],
    ['libx264', 'gray', 'yuv420p', 'gray'],
    ['libvpx', 'yuv444p', undefined, 'yuv420p'],
    ['ffv1', 'yuv422p10le', undefined, 'yuv422p10le'],
    ['png', 'rgba', undefined, 'rgba'],
    ['mjpeg', 'rgb24', 'yuvj422p', 'yuv422p'],
  ])('%s of %s from %s: %s', (encoder, source, original, format) => {
    expect(chooseFormat(encoder, source, original, null)).toBe(format);
  });

  test('a wish is met or refused', async () => {
    expect(chooseFormat('libx264', 'rgb24', undefined, 'nv12')).toBe('nv12');
    expect(await failure(() => chooseFormat('libvpx', 'rgb24', undefined, 'yuv444p'))).toMatchObject({
      code: 'FR_ARG_INVALID',
      message: expect.stringMatching(/libvpx.*yuv444p/),
    });
  });

  test.each([
    ['libx264', 'yuv420p', 2, 2],
    ['libx264', 'yuv422p', 2, 1],
    ['libx264', 'yuv444p', 1, 1],
    ['libx265', 'yuv420p10le', 2, 2],
    ['mpeg4', 'yuv420p', 2, 2],
    ['libvpx-vp9', 'yuv420p', 1, 1],
    ['ffv1', 'yuv420p', 1, 1],
  ])('%s of %s codes multiples of %dx%d', (encoder, format, x, y) => {
    expect(chromaSteps(encoder, format)).toEqual({ x, y });
  });
});

describe('options', () => {
  const spelled = (name: string, controls: object): Record<string, string> =>
    Object.fromEntries(controlOptions(name, { ...NONE, ...controls }, 1_000_000));

  test.each<[string, object, Record<string, string>]>([
    ['libx264', { quality: 100 }, { crf: '0' }],
    ['libx264', { quality: 0 }, { crf: '51' }],
    ['libx264', { lossless: true, lowLatency: true }, { qp: '0', tune: 'zerolatency' }],
    ['libx265', { lossless: true }, { 'x265-params': 'log-level=none:lossless=1' }],
    [
      'libx265',
      { lossless: true, options: { 'x265-params': 'bframes=0' } },
      { 'x265-params': 'log-level=none:lossless=1:bframes=0' },
    ],
    ['libvpx-vp9', { quality: 50 }, { crf: '32', b: '0', 'row-mt': '1' }],
    ['mpeg4', { quality: 100, options: { flags: '+mv4' } }, { global_quality: '118', flags: '+qscale+mv4' }],
    ['libx264', { quality: 50, options: { crf: '7' } }, { crf: '7' }],
    ['h264_unheard_of', {}, {}],
  ])('%s %j', (name, controls, options) => {
    expect(spelled(name, controls)).toEqual(options);
  });

  test('more quality is never a worse value', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('libx264', 'libx265', 'libsvtav1', 'libvpx-vp9', 'libvpx', 'mpeg4', 'mjpeg'),
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (name, a, b) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)].map((q) => Number(qualityOption(name, q).value));
          expect(low).toBeGreaterThanOrEqual(high!);
        },
      ),
    );
  });
});
