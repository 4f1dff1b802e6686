// The colours of covers: full range with the matrix of BT.601, whatever the video uses, because that is what JPEG means.
import { describe, expect, test } from 'vitest';
import { sharedCovers } from '../support/covers.js';
import { imagePixels, rawPixels } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { meanColor, psnr } from '../support/psnr.js';

const covers = sharedCovers({ workers: 1 });
const WIDTH = 320;
/** One rectangle in the middle of each of the seven bars. */
const BARS = [0, 1, 2, 3, 4, 5, 6].map((bar) => ({ x: 48 + bar * 34, y: 20, width: 12, height: 40 }));

async function theirColors(clip: string, conversion: string): Promise<Buffer> {
  return rawPixels(fixture(clip), '-vf', conversion, '-frames:v', '1');
}

describe('colour bars of BT.709', () => {
  test('the samples are those of the right conversion', async () => {
    const { data } = await covers.make(fixture('bars.mp4'), { at: 0, quality: 100 });
    const pixels = await imagePixels(data, 'yuvj420p');
    const right = await theirColors('bars.mp4', 'scale=out_color_matrix=bt601:out_range=full,format=yuvj420p');
    const matrix = await theirColors('bars.mp4', 'scale=out_color_matrix=bt709:out_range=full,format=yuvj420p');
    const range = await theirColors('bars.mp4', 'scale=out_color_matrix=bt601:out_range=tv,format=yuv420p');
    expect(psnr(pixels, right)).toBeGreaterThan(40);
    expect(psnr(pixels, matrix)).toBeLessThan(35);
    expect(psnr(pixels, range)).toBeLessThan(35);
  });

  test('the bars have the colours of the video', async () => {
    const { data } = await covers.make(fixture('bars.mp4'), { at: 0, quality: 100 });
    const [pixels, video] = [
      await imagePixels(data, 'rgb24'),
      await theirColors('bars.mp4', 'scale=in_color_matrix=bt709,format=rgb24'),
    ];
    const colors = BARS.map((bar) => meanColor(pixels, WIDTH, bar));
    const wanted = BARS.map((bar) => meanColor(video, WIDTH, bar));
    // They do differ from each other: white, yellow, cyan, green, magenta, red, blue.
    expect(new Set(wanted.map((color) => color.map(Math.round).join())).size).toBe(7);
    for (const [i, color] of colors.entries())
      for (const channel of [0, 1, 2] as const) expect(Math.abs(color[channel] - wanted[i]![channel])).toBeLessThan(4);
  });
});

test.each(['plain.mp4', 'mjpeg.avi', 'hevc10.mp4', 'odd.mp4'])('%s without tags', async (clip) => {
  const { data, width, height } = await covers.make(fixture(clip), { at: 0, quality: 100 });
  const area = width * height;
  const pixels = await imagePixels(data, 'yuvj420p');
  const right = await theirColors(clip, 'scale=out_color_matrix=bt601:out_range=full,format=yuvj420p');
  expect(psnr(pixels.subarray(0, area), right.subarray(0, area))).toBeGreaterThan(45);
  // Chroma of JPEG lies in the middle of four pixels, that of video mostly at the left: FFmpeg 5.1 does not move it.
  expect(psnr(pixels.subarray(area), right.subarray(area))).toBeGreaterThan(31);
});
