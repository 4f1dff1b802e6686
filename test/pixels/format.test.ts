// The table of pixel formats; whether its figures are libav's own is checked in test/av/pixel-formats.test.ts.
import { expect, test } from 'vitest';
import { formatNames, formatShape } from '#dist/pixels/index.js';

test('well-known formats have the planes that everybody knows', () => {
  expect(formatShape('rgb24')).toEqual([{ step: 3, shiftX: 0, shiftY: 0 }]);
  expect(formatShape('yuv420p')).toEqual([
    { step: 1, shiftX: 0, shiftY: 0 },
    { step: 1, shiftX: 1, shiftY: 1 },
    { step: 1, shiftX: 1, shiftY: 1 },
  ]);
  expect(formatShape('nv12')).toEqual([
    { step: 1, shiftX: 0, shiftY: 0 },
    { step: 2, shiftX: 1, shiftY: 1 },
  ]);
});

test('what cannot be laid out has no shape', () => {
  for (const name of ['', 'vaapi', 'pal8', 'monob', 'yuyv422', 'RGB24', '__proto__', 'constructor'])
    expect(formatShape(name)).toBeUndefined();
});

test('every name has a shape, and none appears twice', () => {
  const names = formatNames();
  expect(names.length).toBeGreaterThan(60);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(formatShape(name)?.length).toBeGreaterThan(0);
});

test('the formats that frames are asked for, and those that decoders give most, can be laid out', () => {
  const wanted = [
    'rgb24',
    'rgba',
    'gray',
    'yuv420p',
    'nv12',
    'yuvj420p',
    'yuv420p10le',
    'yuv422p10le',
    'p010le',
    'gbrp',
  ];
  for (const name of wanted) expect(formatNames()).toContain(name);
});
