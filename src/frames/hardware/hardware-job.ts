// The job behind detection: encodes a few pictures with each encoder of one backend, in a worker that a bad driver may
// take down with it.
import { takeLog, testDecode, testEncode, withLog } from '../../av/index.js';
import { isFramerailError } from '../../base/index.js';
import type { JobContext } from '../../workers/index.js';
import type { TestParams, TestReport, TestVerdict } from './hardware-tests.js';

/** Runs the tests and tells of each one as soon as it is over. */
export default async function hardwareJob(rawParams: unknown, context: JobContext): Promise<undefined> {
  const { encoders, decodings } = rawParams as TestParams;
  await withLog(async () => {
    for (const name of encoders) {
      const verdict = await attempt(() => {
        testEncode(name);
      });
      context.notify({ kind: 'encoder', name, verdict } satisfies TestReport);
    }
    for (const { backend, codec } of decodings) {
      const verdict = await attempt(() => testDecode(backend, codec));
      context.notify({ kind: 'decoding', name: `${backend} ${codec}`, verdict } satisfies TestReport);
    }
  });
  return undefined;
}

async function attempt(work: () => void | Promise<void>): Promise<TestVerdict> {
  const started = performance.now();
  try {
    await work();
    await takeLog();
    return { ok: true, reason: undefined, elapsed: performance.now() - started, exhausted: false };
  } catch (error) {
    if (!isFramerailError(error)) throw error;
    const said = (await takeLog()).find(({ level }) => level === 'error')?.text;
    const reason = said === undefined ? error.message : `${error.message} FFmpeg says: ${said}`;
    return { ok: false, reason, elapsed: performance.now() - started, exhausted: error.code === 'FR_MEMORY_BUDGET' };
  }
}
