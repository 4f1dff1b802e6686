// Covers through hardware that is none: pictures that were made small on it look like those of software, and where it dies
// software takes over.
import { expect, test } from 'vitest';
import { createCovers, type CoverSet, type CoverSetOptions } from '#dist/index.js';
import { fakeHardware } from '../../support/fake-hardware.js';
import { imagePixels } from '../../support/ffmpeg.js';
import { failure } from '../../support/failure.js';
import { fixture } from '../../support/fixtures.js';
import { some } from '../../support/long.js';
import { psnr } from '../../support/psnr.js';

const SIZES = [
  [48, 27],
  [32, 48],
] as const;

async function covers(clip: string, decoder: string, options: CoverSetOptions = {}): Promise<CoverSet> {
  await using engine = createCovers({ workers: 1 });
  const wish = { decoder: decoder as CoverSetOptions['decoder'] };
  return await engine.makeAll(fixture(clip), {
    at: [0, 1],
    sizes: SIZES,
    fit: 'smart',
    quality: 95,
    ...options,
    ...wish,
  });
}

test.each(some(2, ['big.mp4', 'turned-90.mp4', 'open-gop.mp4']))(
  '%s is the same picture, from less that was carried',
  async (clip) => {
    fakeHardware();
    const [ours, theirs] = [await covers(clip, 'fake'), await covers(clip, 'software')];
    expect(ours.decoding).toEqual({ backend: 'fake', reason: 'It was asked for.', attempts: [] });
    expect(theirs.decoding).toMatchObject({ backend: 'software' });
    expect(ours.shots).toEqual(theirs.shots);
    for (const [i, image] of ours.images.entries()) {
      const other = theirs.images[i];
      // A crop is chosen in a small copy, whose pixels differ a little.
      expect(Math.abs(image.crop.x - (other?.crop.x ?? 0))).toBeLessThan(image.crop.width / 8);
      expect(image.crop.width / (other?.crop.width ?? 0)).toBeCloseTo(1, 1);
      if (image.crop.x === other?.crop.x && image.crop.y === other.crop.y)
        expect(psnr(await imagePixels(image.data, 'gray'), await imagePixels(other.data, 'gray'))).toBeGreaterThan(22);
    }
  },
);

test('where it dies software takes over, with the reason', async () => {
  fakeHardware({ decoderDiesAfter: 1 });
  const [ours, theirs] = [await covers('big.mp4', 'fake'), await covers('big.mp4', 'software')];
  expect(ours.decoding).toMatchObject({ backend: 'software', attempts: [{ name: 'fake' }] });
  expect(ours.shots).toEqual(theirs.shots);
  expect(Buffer.from(ours.images[2]!.data).equals(Buffer.from(theirs.images[2]!.data))).toBe(true);
});

test('by default it is software here, and says why; what looks at many pictures stays there', async () => {
  const { decoding } = await covers('plain.mp4', 'auto');
  expect(decoding.reason).toMatch(/\.$/);
  fakeHardware();
  const best = await covers('plain.mp4', 'fake', { at: ['best'] });
  expect(best.decoding).toEqual({
    backend: 'software',
    reason: 'Only single keyframes are decoded on a device.',
    attempts: [],
  });
});

test('a decoder that there is not is refused', async () => {
  const { message } = await failure(() => covers('plain.mp4', 'fast'));
  expect(message).toContain('Expected one of auto, software');
});
