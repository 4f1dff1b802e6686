// Silence that was made bit by bit, as ffmpeg decodes it.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { adtsHeader, readAacConfig } from '#dist/relay/elementary/aac.js';
import { aacSilence } from '#dist/relay/elementary/aac-silence.js';
import { some } from '../../support/long.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const LC = 2;
const FRAMES = 50;

const configOf = (type: number, rate: number, channels: number): Buffer =>
  Buffer.from([(type << 3) | (rate >> 1), ((rate & 1) << 7) | (channels << 3)]);

test.each(
  some(
    3,
    [0, 3, 4, 7, 11].flatMap((rate) => [1, 2, 3, 4, 5, 6, 7].map((channels) => [rate, channels] as const)),
  ),
)('of the rate %d and the channels %d, is nothing but zeros, and has no fault', (rate, channels) => {
  const config = configOf(LC, rate, channels);
  const parameters = readAacConfig(config)!;
  const { frame, duration } = aacSilence(config)!;
  expect(duration).toBeCloseTo(1_024_000 / parameters.sampleRate);
  const path = join(temporaryFolder(), 'silence.aac');
  const whole = Buffer.concat([adtsHeader(parameters, frame.byteLength)!, frame]);
  writeFileSync(path, Buffer.concat(Array.from({ length: FRAMES }, () => whole)));
  const decode = ['-v', 'warning', '-f', 'aac', '-i', path, '-f', 's16le', '-'];
  const { stdout, stderr } = spawnSync('ffmpeg', decode, { maxBuffer: 1e8 });
  // Seven channels of the configuration are eight speakers.
  expect(stdout.byteLength).toBe(FRAMES * 1024 * 2 * parameters.channels);
  expect(stdout.every((byte) => byte === 0)).toBe(true);
  expect(stderr.toString()).not.toMatch(/error|invalid|overread|not implemented/i);
});

test.each([
  ['Main profile', configOf(1, 4, 2)],
  ['a configuration of its own', configOf(LC, 4, 0)],
  ['nothing', Buffer.alloc(0)],
])('there is none for %s', (_, config) => {
  expect(aacSilence(config)).toBeUndefined();
});
