// Copies of recordings: what the disk refuses is not said of the streams.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Remux } from '#dist/av/index.js';
import { readFlvHead } from '#dist/relay/record/flv-head.js';
import { failure } from '../support/failure.js';
import { ffmpeg } from '../support/ffmpeg.js';
import { temporaryFolder } from '../support/temporary-folder.js';

test.skipIf(!existsSync('/dev/full'))(
  'a disk that is full is told as that, and not as streams that an MP4 cannot hold',
  async () => {
    const from = join(temporaryFolder(), 'part.flv');
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25', '-t', '0.4', '-c:v', 'libx264', '-f', 'flv', from);
    const head = await readFlvHead(from, () => undefined);
    const error = await failure(
      async () =>
        await Remux.open({
          ...{ from: { name: 'part.flv', path: from }, head: head.bytes, origin: head.origin, container: 'mp4' },
          to: { name: 'show.mp4', path: '/dev/full' },
        }),
    );
    expect([error.code, error.message]).toEqual([
      'FR_OUTPUT_FAILED',
      'show.mp4 could not be written: No space left on device.',
    ]);
  },
);
