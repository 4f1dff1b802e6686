// What cannot be written is said, whoever reads.
import { spawnSync } from 'node:child_process';
import { openSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture } from '../support/fixtures.js';

const BIN = join(import.meta.dirname, '../../bin/framerail.js');

test.runIf(process.platform === 'linux').each([
  ['frames', fixture('plain.mp4'), '--out', '-'],
  ['frames', fixture('plain.mp4'), '--hash', 'md5'],
  ['cover', fixture('plain.mp4'), '--out', '-'],
  ['probe', fixture('plain.mp4')],
])('a full standard output fails in one sentence: %s %s %s', (...args) => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    stdio: ['ignore', full, 'pipe'],
    timeout: 30_000,
  });
  closeSync(full);
  expect(stderr.toString()).toBe('framerail: Standard output could not be written: ENOSPC. (FR_OUTPUT_FAILED)\n');
  expect(status).toBe(1);
});

test('the version is that of the package', () => {
  const { stdout } = spawnSync(process.execPath, [BIN, '--version'], { encoding: 'utf8' });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
