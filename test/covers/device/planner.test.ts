// Where keyframes are decoded: what was measured decides, and a device has to show that it is faster.
import { describe, expect, test } from 'vitest';
import { DecoderPlanner, shrunkSize, type DeviceOffer } from '#dist/covers/device/index.js';
import type { CoverShape } from '#dist/covers/shape/shape.js';

const video = { codec: 'h264', pixels: 1920 * 1080 };
const none: DeviceOffer = { codecs: {}, reason: 'There is no device.' };
const one: DeviceOffer = { codecs: { h264: ['nvdec'] }, reason: 'No device decodes this codec.' };

/** Plans and measures so many covers; gives what decoded each. */
function covers(planner: DecoderPlanner, count: number, cost: Readonly<Record<string, () => number>>): string[] {
  return Array.from({ length: count }, () => {
    const { decoder, openBehind } = planner.plan('auto', video, one);
    if (openBehind !== undefined) planner.opened(openBehind);
    planner.measured(decoder, video, cost[decoder]?.() ?? Number.NaN);
    return decoder;
  });
}

test('without a device, and for codecs that it does not know, it is software, with the reason', () => {
  const planner = new DecoderPlanner();
  expect(planner.plan('auto', video, none)).toEqual({ decoder: 'software', reason: 'There is no device.' });
  expect(planner.plan('auto', { ...video, codec: 'av1' }, one)).toEqual({
    decoder: 'software',
    reason: 'No device decodes this codec.',
  });
  expect(planner.plan('nvdec', video, none)).toEqual({ decoder: 'nvdec', reason: 'It was asked for.' });
});

test('a device is opened behind a cover, tried, and kept where it is faster: its first picture does not count', () => {
  const planner = new DecoderPlanner();
  let loaded = false;
  const nvdec = (): number => {
    const cost = loaded ? 4 : 250;
    loaded = true;
    return cost;
  };
  const taken = covers(planner, 40, { software: () => 14, nvdec });
  expect(taken.slice(0, 6)).toEqual(['software', 'software', 'software', 'software', 'software', 'nvdec']);
  expect(new Set(taken.slice(9))).toEqual(new Set(['nvdec']));
  expect(planner.plan('auto', video, one).reason).toBe('nvdec takes 4.0 ms, software 14.0 ms.');
});

test('a slower device loses after its trial, and is measured again after 500 covers', () => {
  const planner = new DecoderPlanner();
  const taken = covers(planner, 1200, { software: () => 14, nvdec: () => 60 });
  expect(taken.filter((decoder) => decoder === 'nvdec').length).toBeLessThan(8);
  expect(taken.slice(9, 400)).not.toContain('nvdec');
  expect(taken.slice(400)).toContain('nvdec');
});

test('where software is quick no device is tried, and one that fails is not taken again soon', () => {
  const quick = new DecoderPlanner();
  expect(covers(quick, 50, { software: () => 2 })).not.toContain('nvdec');
  const planner = new DecoderPlanner();
  covers(planner, 4, { software: () => 14 });
  expect(planner.plan('auto', video, one)).toEqual({
    decoder: 'software',
    reason: 'nvdec is opened behind this cover: software takes 14.0 ms.',
    openBehind: 'nvdec',
  });
  planner.opened('nvdec');
  expect(planner.plan('auto', video, one).decoder).toBe('nvdec');
  planner.failed('nvdec', video);
  expect(covers(planner, 100, { software: () => 14 })).not.toContain('nvdec');
});

test('a device that cannot be opened is not asked for again, with its reason', () => {
  const planner = new DecoderPlanner();
  covers(planner, 4, { software: () => 14 });
  expect(planner.plan('auto', video, one).openBehind).toBe('nvdec');
  planner.opened('nvdec', 'The cuda device could not be opened: Cannot allocate memory.');
  expect(planner.plan('auto', video, one)).toEqual({
    decoder: 'software',
    reason: 'The cuda device could not be opened: Cannot allocate memory.',
  });
});

describe('what is made small on the device', () => {
  const shapes = (...sizes: ([number, number] | null)[]): CoverShape[] =>
    sizes.map((size) => ({
      size: size === null ? null : { width: size[0], height: size[1] },
      ...{ fit: 'cover', border: 'color', background: [0, 0, 0], safeZone: null },
    }));
  const stored = { width: 1920, height: 1080 };

  test('is a whole fraction, even, and twice what covers need', () => {
    expect(shrunkSize({ width: 3840, height: 2160 }, shapes([320, 180]))).toEqual({ width: 1280, height: 720 });
    expect(shrunkSize(stored, shapes([160, 90]))).toEqual({ width: 640, height: 360 });
    expect(shrunkSize(stored, shapes([160, 90], [90, 160], [270, 480]))).toBeUndefined();
    expect(shrunkSize(stored, shapes([320, 180]))).toBeUndefined();
    expect(shrunkSize(stored, shapes([160, 90], null))).toBeUndefined();
    expect(shrunkSize({ width: 1366, height: 769 }, shapes([64, 64]))).toBeUndefined();
  });
});
