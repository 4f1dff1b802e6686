// Streams that fail before anybody could begin with them: the call says so with their own error, and the process lives.
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Engine } from '#dist/index.js';
import { clipBlocks } from '../../support/blocks.js';
import { sharedEngine } from '../../support/engines.js';
import { failure } from '../../support/failure.js';
import { fixture } from '../../support/fixtures.js';
import { some } from '../../support/long.js';
import { filesIn } from '../../support/process.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

describe.each(some(2, ['process', 'spawn', 'inline']))('%s', (backend) => {
  const engine = sharedEngine({ backend, workers: 1 });

  test('an input that is not there', async () => {
    const folder = temporaryFolder();
    const input = createReadStream(join(folder, 'nope.mkv'));
    const error = await failure(() => engine.process(input, join(folder, 'out.mp4')).result);
    expect(error).toMatchObject({ code: 'FR_INPUT_READ', cause: { code: 'ENOENT' } });
    expect(error.message).toMatch(/^The input stream failed: ENOENT: .+\.$/);
    expect(input.destroyed).toBe(true);
    expect(filesIn(folder)).toEqual([]);
  });

  test('frames of an input that is not there, read when it has failed already', async () => {
    const input = createReadStream(join(temporaryFolder(), 'nope.mkv'));
    const frames = engine.readFrames(input);
    await new Promise<void>((resolve) => input.once('close', resolve));
    const error = await failure(() => frames.next());
    expect(error).toMatchObject({ code: 'FR_INPUT_READ', cause: { code: 'ENOENT' } });
  });

  test('an input that breaks in the middle', async () => {
    const cause = new Error('the line was cut');
    const broken = Readable.from(
      (async function* () {
        for await (const chunk of createReadStream(fixture('plain.mkv'), { end: 40_000 })) yield chunk as Uint8Array;
        throw cause;
      })(),
    );
    const folder = temporaryFolder();
    const error = await failure(() => engine.process(broken, join(folder, 'out.mp4')).result);
    expect(error.code).toBe('FR_INPUT_READ');
    expect(error.cause).toBe(cause);
    expect(filesIn(folder)).toEqual([]);
  });

  test('an output that cannot be opened', async () => {
    const output = createWriteStream(join(temporaryFolder(), 'nodir/out.mkv'));
    const error = await failure(
      () => engine.process(fixture('plain.mp4'), output, { container: 'matroska', to: 0.4 }).result,
    );
    expect(error).toMatchObject({ code: 'FR_OUTPUT_FAILED', cause: { code: 'ENOENT' } });
    expect(output.destroyed).toBe(true);
  });

  test('an output that has failed already', async () => {
    const output = createWriteStream(join(temporaryFolder(), 'nodir/out.mkv'));
    await new Promise((resolve) => output.once('error', resolve));
    const error = await failure(() => engine.process(fixture('plain.mp4'), output, { container: 'matroska' }).result);
    expect(error).toMatchObject({ code: 'FR_OUTPUT_FAILED', cause: { code: 'ENOENT' } });
  });

  test('blocks whose source throws', async () => {
    const cause = new Error('the store is on fire');
    const source = await clipBlocks('plain.mp4', () => {
      throw cause;
    });
    const error = await failure(() => engine.process(source, join(temporaryFolder(), 'out.mp4')).result);
    expect(error.code).toBe('FR_INPUT_READ');
    expect(error.cause).toBe(cause);
  });
});

test('one listener does, however often a stream is given', async () => {
  await using engine = new Engine({ workers: 1 });
  const input = createReadStream(fixture('plain.mkv'));
  for (let i = 0; i < 3; i++) await engine.readFrames(input).return();
  expect(input.listenerCount('error')).toBe(1);
  input.destroy();
});
