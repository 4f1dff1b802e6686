// Raw pictures that are handed to an ffmpeg arrive there as they are, each at its time.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canFeed, feedHeader, nanoseconds, pictureHeader } from '#dist/frames/process/spawned/matroska-feed.js';
import { planLayout } from '#dist/pixels/index.js';

function throughFfmpeg(input: Buffer, ...args: string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const reading = ['-copyts', '-probesize', '32', '-analyzeduration', '0', '-f', 'matroska', '-i', 'pipe:0'];
    const child = execFile(
      'ffmpeg',
      ['-v', 'error', ...reading, '-vsync', 'passthrough', ...args],
      { encoding: 'buffer', maxBuffer: 2 ** 28 },
      (error, stdout) => {
        if (error === null) resolve(stdout);
        else reject(error instanceof Error ? error : new Error('ffmpeg failed'));
      },
    );
    child.stdin?.on('error', () => undefined).end(input);
  });
}

test.each('yuv420p yuv444p yuv411p yuva420p yuv420p10le gray10le rgb24 rgba 0rgb rgb48le gbrap10le nv12'.split(' '))(
  '%s',
  async (format) => {
    const { byteLength } = planLayout(format, 37, 23, true);
    const pictures = [0n, 7n, 8n].map((time) => ({ time, pixels: randomBytes(byteLength) }));
    const input = pictures.flatMap(({ time, pixels }) => [
      pictureHeader(nanoseconds(time, { num: 1, den: 12_800 }), 1000n, byteLength),
      pixels,
    ]);
    const head = feedHeader({ width: 37, height: 23, format, frameRate: { num: 30_000, den: 1001 } });
    const output = await throughFfmpeg(Buffer.concat([head, ...input]), '-f', 'rawvideo', '-');
    expect(output.equals(Buffer.concat(pictures.map(({ pixels }) => pixels)))).toBe(true);
  },
);

test('times of any time base come back to the tick', async () => {
  const base = fc.constantFrom(...([12_800, 90_000, 30_000, 44_100, 1_000_000] as const));
  const steps = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 2, maxLength: 6 });
  const property = fc.asyncProperty(base, steps, async (den, list) => {
    let time = 0n;
    const times = list.map((step) => (time += BigInt(step)));
    const pixels = Buffer.alloc(4);
    const frameRate = { num: 0, den: 1 };
    const input = times.flatMap((at) => [pictureHeader(nanoseconds(at, { num: 1, den }), 0n, 4), pixels]);
    const head = feedHeader({ width: 2, height: 2, format: 'gray', frameRate });
    const args = ['-enc_time_base', `1:${String(den)}`, '-f', 'framecrc', '-'];
    const said = (await throughFfmpeg(Buffer.concat([head, ...input]), ...args)).toString();
    const rows = said.split('\n').filter((line) => /^0,/.test(line));
    expect(rows.map((row) => BigInt(row.split(',')[2]!.trim()))).toEqual(times);
  });
  await fc.assert(property, { numRuns: 6 });
});

test('what has no name in a raw stream is known beforehand', () => {
  expect(['p010le', 'nv16', 'nv24', 'pal8'].filter((format) => canFeed(format))).toEqual([]);
});
