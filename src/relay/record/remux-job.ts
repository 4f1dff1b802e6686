// The job that makes an MP4 of a recording: runs in a worker, beside relays that go on.
import { Remux, withLog } from '../../av/index.js';
import { FramerailError } from '../../base/index.js';
import type { JobContext } from '../../workers/index.js';
import { readFlvHead } from './flv-head.js';
import type { RemuxParams, RemuxProgress, RemuxResult } from './remux-params.js';

/** Milliseconds between two words of progress. */
const PROGRESS_INTERVAL = 500;

/** Runs the job. */
export default async function remuxJob(rawParams: unknown, context: JobContext): Promise<RemuxResult> {
  const { name, path, container } = rawParams as RemuxParams;
  const { source } = context;
  if (source.kind !== 'file') throw new FramerailError('FR_INTERNAL', 'A recording is a file.');
  return withLog(async () => {
    const head = await readFlvHead(source.path, () => context.breathe());
    if (head.bytes.byteLength === 0) return { written: false, leftOut: [] };
    const { name: from, path: fromPath } = source;
    const remux = await Remux.open({
      from: { name: from, path: fromPath },
      head: head.bytes,
      origin: head.origin,
      to: { name, path },
      container,
    });
    try {
      // FFmpeg may not even know what some are.
      const unknown = Math.max(0, head.streams - remux.streams - remux.leftOut.length);
      const leftOut = [...remux.leftOut, ...Array.from({ length: unknown }, () => 'an unknown codec')];
      if (remux.streams === 0) return { written: false, leftOut };
      let told = performance.now();
      while (remux.step()) {
        await context.breathe();
        if (performance.now() - told < PROGRESS_INTERVAL) continue;
        told = performance.now();
        context.notify({ bytes: remux.position } satisfies RemuxProgress);
      }
      await remux.finish();
      return { written: true, leftOut };
    } finally {
      remux.close();
    }
  });
}
