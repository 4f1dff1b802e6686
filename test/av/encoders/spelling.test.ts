// The options that hardware encoders are told exist: FFmpeg's own encoders take them, as far as this build has them.
// Without a device they cannot be opened, but their options can be set.
import { Codec, CodecContext } from 'node-av/lib';
import { expect, test } from 'vitest';
import { controlOptions } from '#dist/spelling/index.js';
import { testEncode } from '#dist/av/index.js';
import { allBackends } from '#dist/hardware/index.js';
import { failure } from '../../support/failure.js';

const plain = {
  bitrate: null,
  maxBitrate: null,
  quality: null,
  lossless: false,
  keyframeInterval: null,
  lowLatency: false,
  options: {},
};
const names = allBackends()
  .flatMap(({ encoders }) => Object.values(encoders))
  .filter((name) => find(name) !== null);

function find(name: string): Codec | null {
  return Codec.findEncoderByName(name as Parameters<typeof Codec.findEncoderByName>[0]);
}

test('this build has hardware encoders of four kinds', () => {
  expect(names.length).toBeGreaterThan(10);
});

const wishes = {
  nothing: {},
  bounded: { bitrate: 1_000_000, maxBitrate: 1_500_000 },
  quality0: { quality: 0 },
  quality100: { quality: 100 },
  quick: { lowLatency: true },
};

test.each(names)('%s takes what it is told', (name) => {
  for (const wish of [
    ...Object.values(wishes),
    { lossless: true },
    { bitrate: 1_000_000, maxBitrate: 1_500_000, lowLatency: true },
  ]) {
    let options: Map<string, string>;
    try {
      options = controlOptions(name, { ...plain, ...wish }, 2_000_000);
    } catch (error) {
      // Only what it has no words for may be refused.
      expect(error).toMatchObject({ code: 'FR_ARG_INVALID', message: expect.stringContaining('has no setting for') });
      continue;
    }
    const context = new CodecContext();
    context.allocContext3(find(name));
    const set = context.setOption.bind(context) as (
      name: string,
      value: string,
      type: undefined,
      flags: number,
    ) => number;
    for (const [option, value] of options)
      expect([option, value, set(option, value, undefined, 1) >= 0]).toEqual([option, value, true]);
    context.freeContext();
  }
});

test.each(names)('%s says why it does not work where its device is missing', async (name) => {
  const absent = allBackends().find(({ encoders }) => Object.values(encoders).includes(name));
  expect(absent).toBeDefined();
  try {
    testEncode(name);
  } catch {
    const error = await failure(() => {
      testEncode(name);
    });
    expect(['FR_ENCODE_FAILED', 'FR_ENGINE_LOAD', 'FR_MEMORY_BUDGET']).toContain(error.code);
    expect(error.details).toHaveProperty('averror');
  }
});

test('left alone, every hardware encoder is told how good or how large its pictures shall be', () => {
  for (const name of names.filter((each) => !/prores/.test(each)))
    expect([...controlOptions(name, plain, 2_000_000).keys()].join(' '), name).toMatch(/cq|global_quality|qp|^b$| b$/);
});
