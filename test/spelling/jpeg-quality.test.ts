// JPEG quality follows libjpeg's curve within what mjpeg's quantiser can say.
import { expect, test } from 'vitest';
import { imageFormat } from '#dist/av/index.js';
import { jpegQuantiser } from '#dist/spelling/index.js';

test.each([
  [1, 31],
  [12, 31],
  [25, 16],
  [50, 8],
  [75, 4],
  [85, 2],
  [90, 2],
  [95, 1],
  [100, 1],
])('quality %d is the quantiser scale %d', (quality, scale) => {
  expect(jpegQuantiser(quality)).toBe(scale);
});

test('a higher quality never quantises more', () => {
  for (let quality = 2; quality <= 100; quality++)
    expect(jpegQuantiser(quality)).toBeLessThanOrEqual(jpegQuantiser(quality - 1));
});

test('JPEG is encoded from full-range YUV, PNG from RGB', () => {
  expect(imageFormat({ type: 'jpeg', quality: 85 })).toBe('yuv420p');
  expect(imageFormat({ type: 'png' })).toBe('rgb24');
});
