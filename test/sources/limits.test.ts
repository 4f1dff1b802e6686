// What may be opened: every name on the lists exists, and nothing on them leads to another file or to the network.
import { Codec, InputFormat } from 'node-av/lib';
import { expect, test } from 'vitest';
import { DECODERS, DEFAULT_LIMITS, DEMUXERS } from '#dist/sources/index.js';

test.each(DEMUXERS.split(','))('libav has the demuxer %s', (name) => {
  expect(InputFormat.findInputFormat(name)).not.toBeNull();
});

test.each([...DECODERS])('libav has the decoder %s', (name) => {
  expect(Codec.findDecoderByName(name as Parameters<typeof Codec.findDecoderByName>[0])).not.toBeNull();
});

test('no demuxer that points at other inputs is allowed', () => {
  const allowed = DEMUXERS.split(',');
  expect(new Set(allowed).size).toBe(allowed.length);
  const pointing = ['concat', 'hls', 'applehttp', 'dash', 'image2', 'image2pipe', 'lavfi', 'rtsp', 'sdp', 'rtp', 'sap'];
  for (const name of [...pointing, 'imf', 'tee', 'webm_dash_manifest', 'vapoursynth', 'x11grab', 'v4l2', 'fbdev'])
    expect(allowed).not.toContain(name);
});

test('no decoder of a codec with a history of holes and no use is allowed', () => {
  for (const name of ['magicyuv', 'exr', 'tiff', 'jpeg2000', 'smvjpeg', 'ansi', 'tty', 'interplayvideo'])
    expect(DECODERS.has(name)).toBe(false);
});

test('the limits allow 8K and refuse what a worker cannot hold', () => {
  expect(7680 * 4320).toBeLessThan(DEFAULT_LIMITS.maxPixels);
  expect(DEFAULT_LIMITS.maxPixels).toBeLessThan(DEFAULT_LIMITS.maxSide ** 2);
  expect(DEFAULT_LIMITS.maxStreams).toBeGreaterThan(0);
});
