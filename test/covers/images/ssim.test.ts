// The structural similarity of planes, compared with its definition and with FFmpeg's own filter.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { type Plane, ssim } from '#dist/covers/images/ssim.js';
import { ffmpeg } from '../../support/ffmpeg.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const side = fc.integer({ min: 1, max: 30 });
const planes = fc.tuple(side, side, fc.integer({ min: 0, max: 5 })).chain(([width, height, padding]) => {
  const stride = width + padding;
  const data = fc.uint8Array({ minLength: stride * height, maxLength: stride * height });
  return fc.tuple(data, data).map((both) => both.map((bytes): Plane => ({ data: bytes, stride, width, height })));
});

/** Equation 13 of the paper for the window at a place, with the two passes that it is written in. */
function byDefinition(a: Plane, b: Plane, x: number, y: number, width: number, height: number): number {
  const samples = ({ data, stride }: Plane): number[] =>
    Array.from({ length: height }, (_, row) => [
      ...data.subarray((y + row) * stride + x, (y + row) * stride + x + width),
    ]).flat();
  const [p, q] = [samples(a), samples(b)];
  const mean = (of: number[]): number => of.reduce((sum, one) => sum + one, 0) / of.length;
  const [meanP, meanQ] = [mean(p), mean(q)];
  const product = (u: number[], mu: number, v: number[], mv: number): number =>
    u.reduce((sum, one, i) => sum + (one - mu) * (v[i]! - mv), 0) / Math.max(1, u.length - 1);
  const [c1, c2] = [(0.01 * 255) ** 2, (0.03 * 255) ** 2];
  const luminance = (2 * meanP * meanQ + c1) / (meanP ** 2 + meanQ ** 2 + c1);
  const structure =
    (2 * product(p, meanP, q, meanQ) + c2) / (product(p, meanP, p, meanP) + product(q, meanQ, q, meanQ) + c2);
  return luminance * structure;
}

test('it is the mean of the windows as the paper defines them', () => {
  fc.assert(
    fc.property(planes, ([a, b]) => {
      const { width, height } = a!;
      // What is smaller than a window is one window.
      const whole = width < 8 || height < 8;
      const [w, h] = whole ? [width, height] : [8, 8];
      const all: number[] = [];
      for (let y = 0; y + h <= height; y += whole ? height : 4)
        for (let x = 0; x + w <= width; x += whole ? width : 4) all.push(byDefinition(a!, b!, x, y, w, h));
      expect(ssim(a!, b!)).toBeCloseTo(all.reduce((sum, one) => sum + one, 0) / all.length, 8);
    }),
  );
});

test('equal planes are alike, the order does not matter, and nothing is above 1', () => {
  fc.assert(
    fc.property(planes, ([a, b]) => {
      expect(ssim(a!, a!)).toBeCloseTo(1, 10);
      expect(ssim(a!, b!)).toBeCloseTo(ssim(b!, a!), 10);
      expect(ssim(a!, b!)).toBeLessThanOrEqual(1 + 1e-12);
    }),
  );
});

test('what lies beyond the rows does not count', () => {
  const plane = (filler: number): Plane => {
    const data = Uint8Array.from({ length: 20 * 16 }, (_, i) => (i % 20 < 16 ? (i * 37) % 256 : filler));
    return { data, stride: 20, width: 16, height: 16 };
  };
  expect(ssim(plane(0), plane(255))).toBeCloseTo(1, 12);
});

test("the same as FFmpeg's filter, and less for more noise", async () => {
  const [width, height] = [96, 64];
  const folder = temporaryFolder();
  const source = `testsrc2=size=${String(width)}x${String(height)}:rate=1:duration=1,format=gray`;
  const made: number[] = [];
  const clean = await ffmpeg('-f', 'lavfi', '-i', source, '-f', 'rawvideo', '-');
  writeFileSync(join(folder, 'clean'), clean);
  for (const strength of [2, 10, 40]) {
    const noisy = clean.map((sample, i) =>
      Math.min(255, Math.max(0, sample + (((i * 7919) % 2001) / 1000 - 1) * strength)),
    );
    writeFileSync(join(folder, 'noisy'), noisy);
    const stats = join(folder, 'stats');
    const input = (name: string): string[] => [
      '-f',
      'rawvideo',
      '-pix_fmt',
      'gray',
      '-s',
      `${String(width)}x${String(height)}`,
      '-i',
      join(folder, name),
    ];
    await ffmpeg(...input('clean'), ...input('noisy'), '-lavfi', `ssim=stats_file=${stats}`, '-f', 'null', '-');
    const theirs = Number(/All:([\d.]+)/.exec(readFileSync(stats, 'utf8'))?.[1]);
    const plane = (data: Uint8Array): Plane => ({ data, stride: width, width, height });
    const ours = ssim(plane(clean), plane(noisy));
    expect(Math.abs(ours - theirs)).toBeLessThan(0.002);
    made.push(ours);
  }
  expect(made).toEqual(made.toSorted((a, b) => b - a));
  expect(made[0]! - made[2]!).toBeGreaterThan(0.2);
});
