// framerail process: where it decodes and encodes, how frames are grouped, and what is no output.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli } from '../support/cli.js';
import { fixture } from '../support/fixtures.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test('the choices reach the call, and its result says what came of them', async () => {
  const out = join(temporaryFolder(), 'out.mp4');
  const choices = ['--encoder', 'software', '--decoder', 'auto', '--preset', 'realtime', '--batch-mode', 'low-latency'];
  const { code, stdout, stderr } = await cli('process', fixture('vp9.webm'), out, ...choices, '--json');
  expect([code, stderr]).toEqual([0, '']);
  const result = JSON.parse(stdout.toString().trimEnd().split('\n').at(-1)!);
  expect(result).toMatchObject({
    encoded: 50,
    encoder: { requested: 'software', backend: 'software' },
    decoding: { requested: 'auto' },
  });
});

test.each([
  [['--decoder', 'cuda'], /^framerail: Expected one of auto, software, .+ for `decoder` but received "cuda"/],
  [['--preset', 'fast'], /^framerail: Expected one of realtime, batch for `preset` but received "fast"/],
  [['--batch-mode', 'huge'], /^framerail: Expected one of fixed, .+ for `batchMode` but received "huge"/],
])('%s is wrong usage', async (choice, sentence) => {
  const out = join(temporaryFolder(), 'out.mp4');
  const { code, stderr } = await cli('process', fixture('plain.mp4'), out, ...choice);
  expect(code).toBe(2);
  expect(stderr).toMatch(sentence);
  expect(existsSync(out)).toBe(false);
});

test('an address is no output, and its key is not repeated', async () => {
  const { code, stderr } = await cli('process', fixture('plain.mp4'), 'rtmp://user:word@origin/app?key=secret');
  expect([code, stderr]).toEqual([
    2,
    'framerail: Expected a path, a file: URL or a stream for `output` but received "rtmp://origin/app". (FR_ARG_INVALID)\n',
  ]);
});
