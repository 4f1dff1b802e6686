// The FFmpeg in use, and the floor below which it is refused.
import { expect, test } from 'vitest';
import fc from 'fast-check';
import { AVCODEC_FLOOR, checkBuild, compareVersions, ffmpegBuild } from '#dist/av/index.js';
import { failure } from '../support/failure.js';

const version = fc.array(fc.nat({ max: 200 }), { minLength: 1, maxLength: 4 });
const text = (parts: readonly number[]): string => parts.join('.');

test('versions are compared number by number, not letter by letter', () => {
  expect(compareVersions('62.9.0', '62.28.0')).toBeLessThan(0);
  expect(compareVersions('100.0.0', '62.28.0')).toBeGreaterThan(0);
  expect(compareVersions('62.28', '62.28.0')).toBe(0);
  expect(compareVersions('62.28.0.1', '62.28.0')).toBeGreaterThan(0);
});

test('the comparison is an order', () => {
  fc.assert(
    fc.property(version, version, (a, b) => {
      expect(Math.sign(compareVersions(text(a), text(b)))).toBe(-Math.sign(compareVersions(text(b), text(a))) + 0);
      expect(compareVersions(text(a), text(a))).toBe(0);
      expect(compareVersions(text([...a, 1]), text(a))).toBeGreaterThan(0);
    }),
  );
});

test('the build that is loaded passes its own check and says what it is', () => {
  const build = ffmpegBuild();
  expect(() => checkBuild(build)).not.toThrow();
  expect(build.version).not.toBe('');
  expect(build.libraries['avcodec']).toMatch(/^\d+\.\d+\.\d+$/);
  expect(build.configuration).toContain('--enable');
  expect(build.license).toBe(build.configuration.includes('--enable-gpl') ? 'GPL' : 'LGPL');
});

test.each(['62.27.999', '61.100.100', '9.0.0', 'unknown', ''])('a libavcodec %s is refused', async (avcodec) => {
  const build = { ...ffmpegBuild(), libraries: { avcodec } };
  const error = await failure(() => checkBuild(build));
  expect(error).toMatchObject({ code: 'FR_ENGINE_TOO_OLD', details: { found: avcodec, floor: AVCODEC_FLOOR } });
});

test('a build that does not name its libavcodec is refused, the floor itself is not', async () => {
  expect((await failure(() => checkBuild({ ...ffmpegBuild(), libraries: {} }))).code).toBe('FR_ENGINE_TOO_OLD');
  expect(() => checkBuild({ ...ffmpegBuild(), libraries: { avcodec: AVCODEC_FLOOR } })).not.toThrow();
});
