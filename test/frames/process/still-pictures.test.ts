// Pictures as outputs: a PNG is a video of one frame, and JPEG keeps the colours though its samples mean something else.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Engine } from '#dist/index.js';
import { imagePixels, rawPixels } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { meanColor, psnr } from '../../support/psnr.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const ORANGE = [250, 120, 10];

describe.each(['process', 'spawn'] as const)('%s', (backend) => {
  const engine = new Engine({ backend, workers: 1 });
  afterAll(() => engine.close());

  test('one drawn frame is a PNG with the same samples', async () => {
    const path = join(temporaryFolder(), 'drawn.png');
    const pixels = Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => (i * 7) % 251);
    await using video = await engine.createVideo(path, { size: [64, 48], format: 'rgb24' });
    await video.write(pixels);
    expect(await video.finish()).toMatchObject({ encoded: 1, container: 'apng' });
    const file = await readFile(path);
    expect(file.subarray(0, 8)).toEqual(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'));
    expect(file.includes('acTL')).toBe(false); // which would make it an animation
    expect(Buffer.compare(await imagePixels(file, 'rgb24'), pixels)).toBe(0);
  });

  test('pixels of a canvas are taken as they are', async () => {
    const path = join(temporaryFolder(), 'canvas.png');
    // A view that begins within its memory, as a part of a larger buffer does.
    const pixels = new Uint8ClampedArray(new ArrayBuffer(64 * 48 * 4 + 16), 16);
    for (let i = 0; i < pixels.length; i++) pixels[i] = i % 4 === 3 ? 255 : i % 199;
    await using video = await engine.createVideo(path, { size: [64, 48] });
    await video.write(pixels);
    await video.finish();
    expect(Buffer.compare(await imagePixels(await readFile(path), 'rgba'), Buffer.from(pixels))).toBe(0);
  });

  test('one drawn frame as JPEG has the colours that were drawn', async () => {
    const path = join(temporaryFolder(), 'drawn.jpg');
    await using video = await engine.createVideo(path, {
      size: [64, 48],
      format: 'rgb24',
      container: 'mjpeg',
      quality: 95,
    });
    await video.write(Uint8Array.from({ length: 64 * 48 * 3 }, (_, i) => ORANGE[i % 3]!));
    await video.finish();
    const found = meanColor(await imagePixels(await readFile(path), 'rgb24'), 64, {
      x: 0,
      y: 0,
      width: 64,
      height: 48,
    });
    for (const [i, sample] of found.entries()) expect(Math.abs(sample - ORANGE[i]!)).toBeLessThan(4);
  });

  test('limited-range video becomes full-range JPEG', async () => {
    const path = join(temporaryFolder(), 'out.avi');
    await engine.process(fixture('bars.mp4'), path, { codec: 'mjpeg', quality: 98 }).result;
    const wanted = await rawPixels(fixture('bars.mp4'), '-pix_fmt', 'rgb24');
    expect(psnr(await rawPixels(path, '-pix_fmt', 'rgb24'), wanted)).toBeGreaterThan(30);
  });
});
