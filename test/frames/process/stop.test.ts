// A video that is stopped ends there and is published, whatever it comes from and whoever encodes it.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { Engine, type ProcessOptions, type ProcessSession } from '#dist/index.js';
import { sharedEngine } from '../../support/engines.js';
import { framemd5 } from '../../support/ffmpeg.js';
import { fixture } from '../../support/fixtures.js';
import { sender } from '../../support/live.js';
import { some } from '../../support/long.js';
import { filesIn, streamsOf } from '../../support/process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

/** A stream that stays open when it has given what it has; it is long enough for ffprobe to know it. */
function hanging(silent: () => void): AsyncGenerator<Uint8Array> {
  return (async function* () {
    for await (const chunk of createReadStream(fixture('open-gop.ts'))) yield chunk as Uint8Array;
    silent();
    await new Promise(() => undefined);
  })();
}

describe.each(some(2, ['process', 'spawn']))('%s', (backend) => {
  const engine = new Engine({ backend, workers: 1 });
  afterAll(() => engine.close());

  /** Stops when it is told to. */
  const record = async (
    through: boolean,
    atLeast: number,
    start: (options: ProcessOptions, output: string, stop: () => void) => Promise<ProcessSession>,
  ): Promise<void> => {
    const folder = temporaryFolder();
    const output = join(folder, 'out.mp4');
    let stop: () => void = () => undefined;
    const enough = new Promise<void>((resolve) => (stop = resolve));
    const options: ProcessOptions = {
      encoderOptions: { preset: 'ultrafast' },
      ...(through ? { transform: () => undefined } : { filters: 'hflip' }),
    };
    const session = await start(options, output, stop);
    await Promise.race([enough, session.result]);
    session.stop();
    const { encoded } = await session.result;
    expect(encoded).toBeGreaterThanOrEqual(atLeast);
    expect(await framemd5(output)).toHaveLength(encoded);
    expect(filesIn(folder)).toEqual(['out.mp4']);
  };

  test.each([
    ['through JavaScript', true],
    ['straight', false],
  ])('a live input, %s', async (_name, through) => {
    // Whom nobody has to connect to: commands open an address more than once.
    const { url } = await sender('udp', 'plain.mp4', ['-stream_loop', '-1']);
    await record(through, 10, (options, output, stop) => {
      const onProgress = ({ frames }: { frames: number }): void => {
        if (frames >= 10) stop();
      };
      return Promise.resolve(engine.process({ live: url }, output, { ...options, onProgress, maxDelay: 60_000 }));
    });
  });

  test.each([
    ['through JavaScript', true],
    ['straight', false],
  ])('a stream that hangs, %s', (_name, through) =>
    record(through, 1, (options, output, stop) => Promise.resolve(engine.process(hanging(stop), output, options))),
  );

  test.each([
    ['through JavaScript', true],
    ['straight', false],
  ])('before it has begun: one frame at least, and no more than was read, %s', async (_name, through) => {
    const output = join(temporaryFolder(), 'out.mp4');
    const transform = through ? { transform: () => undefined } : {};
    const session = engine.process(fixture('plain.mp4'), output, { audio: 'none', ...transform });
    session.stop();
    session.stop();
    const { encoded } = await session.result;
    expect(encoded).toBeGreaterThanOrEqual(1);
    expect(encoded).toBeLessThan(90);
    expect(await framemd5(output)).toHaveLength(encoded);
  });
});

const native = sharedEngine({ workers: 1 });

test('the sound of a file ends with its pictures', async () => {
  const output = join(temporaryFolder(), 'out.mp4');
  const session = native.process(fixture('plain.mp4'), output, {
    slots: 4,
    transform: ({ frames }) => {
      if (frames.some(({ index }) => index >= 40)) session.stop();
    },
  });
  const { encoded } = await session.result;
  expect(encoded).toBeGreaterThan(40);
  expect(encoded).toBeLessThan(70);
  const [video, sound] = (await streamsOf(output)).map(({ duration }) => Number(duration));
  expect(video).toBeCloseTo(encoded / 25, 1);
  expect(Math.abs(sound! - video!)).toBeLessThan(0.7);
});
