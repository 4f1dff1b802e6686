// The layouts of pixels/ are libav's own, for every format and for sides that subsampling does not divide.
import { avGetPixFmtFromName, avImageAllocArrays, avImageGetBufferSize } from 'node-av/lib';
import { describe, expect, test } from 'vitest';
import { formatNames, planLayout } from '#dist/pixels/index.js';

const SIZES = [
  [1, 1],
  [2, 2],
  [3, 5],
  [16, 9],
  [33, 17],
  [63, 64],
  [64, 63],
  [65, 2],
  [321, 181],
  [1920, 1080],
] as const;

describe.each(formatNames())('%s', (name) => {
  const format = avGetPixFmtFromName(name);

  test('is a format of libav', () => {
    expect(format).toBeGreaterThanOrEqual(0);
  });

  test('has the strides and the size that libav gives it, packed', () => {
    for (const [width, height] of SIZES) {
      const layout = planLayout(name, width, height, true);
      const { linesizes } = avImageAllocArrays(width, height, format, 1);
      expect(layout.planes.map(({ stride }) => stride)).toEqual(linesizes.filter((bytes) => bytes > 0));
      expect(layout.byteLength).toBe(avImageGetBufferSize(format, width, height, 1));
    }
  });

  // How libav is made to write straight into a slot: it lays the padded width out tightly.
  test('has the strides and the size that libav gives to its padded width', () => {
    for (const [width, height] of SIZES) {
      const layout = planLayout(name, width, height, false);
      const { linesizes } = avImageAllocArrays(layout.paddedWidth, height, format, 1);
      expect(layout.planes.map(({ stride }) => stride)).toEqual(linesizes.filter((bytes) => bytes > 0));
      expect(layout.byteLength).toBe(avImageGetBufferSize(format, layout.paddedWidth, height, 1));
    }
  });
});
