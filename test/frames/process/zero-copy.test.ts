// Nothing of the pixels crosses between processes where memory is shared: counted by the kernel, from outside.
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { sharedEngine } from '../../support/engines.js';
import { fixture } from '../../support/fixtures.js';
import { each, NATIVE_WAYS } from '../../support/process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const DIST = pathToFileURL(join(import.meta.dirname, '../../../dist/index.js')).href;

interface Counted {
  readonly count: number;
  readonly frames: number;
}

/** Characters that a process of its own reads and writes while it processes some of a clip, and then more of it. */
async function characters(transport: string): Promise<Counted[]> {
  const program = `
    import { readFileSync } from 'node:fs';
    import { Engine } from ${JSON.stringify(DIST)};
    const engine = new Engine({ transport: '${transport}', workers: 1 });
    await engine.warm();
    const io = () => Object.fromEntries(readFileSync('/proc/self/io', 'utf8').trim().split('\\n').map((line) => line.split(': ')));
    const transform = (batch) => { for (const { data } of batch) data[0] ^= data[data.length - 1]; };
    const output = ${JSON.stringify(join(temporaryFolder(), 'out.mp4'))};
    const seen = [];
    for (const to of [0.4, 1.6]) {
      const before = io();
      const options = { transform, to, encoderOptions: { preset: 'ultrafast' }, batchDelay: 1000 };
      const { encoded } = await engine.process(${JSON.stringify(fixture('plain.mp4'))}, output, options).result;
      const after = io();
      const count = ['rchar', 'wchar'].reduce((sum, name) => sum + Number(after[name]) - Number(before[name]), 0);
      seen.push({ count, frames: encoded });
    }
    await engine.close();
    console.log(JSON.stringify(seen));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 40_000,
  });
  return JSON.parse(stdout) as Counted[];
}

const FRAME = 320 * 180 * 3;

test.skipIf(process.platform !== 'linux').each([
  ['memfd', (bytes: number) => bytes < 1000],
  ['shm', (bytes: number) => bytes < 1000],
  // There and back.
  ['copy', (bytes: number) => Math.abs(bytes - 2 * FRAME) < 4000],
])('%s: what crosses for each frame', async (transport, expected) => {
  const [few, many] = (await characters(transport)) as [Counted, Counted];
  expect([few.frames, many.frames]).toEqual([10, 40]);
  const perFrame = (many.count - few.count) / (many.frames - few.frames);
  expect(perFrame, `${perFrame.toFixed(0)} bytes a frame`).toSatisfy(expected);
});

describe.each(NATIVE_WAYS)('$name', ({ options }) => {
  const engine = sharedEngine({ workers: 1, ...options });

  test('tells how much was copied', async () => {
    let frame = 0;
    const { copiedBytes, encoded, dropped } = await engine.process(fixture('plain.mp4'), null, {
      to: 1,
      transform: each(({ data }) => (frame = data.byteLength)),
    }).result;
    expect([encoded, dropped, frame > 320 * 180 * 3 - 1]).toEqual([25, 0, true]);
    expect(copiedBytes).toBe(options.transport === 'copy' ? 25 * 2 * frame : 0);
    // Filters alone show JavaScript nothing.
    const alone = await engine.process(fixture('plain.mp4'), null, { to: 1, filters: 'hflip' }).result;
    expect(alone).toMatchObject({ copiedBytes: 0, encoded: 25 });
  });
});
