// Finds out which hardware works here: a look at device nodes first, then real test encodes in a worker of their own.
import { deadlineError, isFramerailError, messageOf, startDeadline } from '../../base/index.js';
import { absence, type Backend, type DecoderBackend } from '../../hardware/index.js';
import { jobModule, WorkerPool } from '../../workers/index.js';

/** What came of one test. */
export interface TestVerdict {
  readonly ok: boolean;
  /** Why it does not work, with FFmpeg's own words; undefined when it does. */
  readonly reason: string | undefined;
  /** Milliseconds that the test took; 0 where a look was enough. */
  readonly elapsed: number;
  /** Whether it only ran out of memory or sessions: another try may succeed. */
  readonly exhausted: boolean;
}

/** What the job is asked to try. */
export interface TestParams {
  readonly encoders: readonly string[];
  readonly decodings: readonly { readonly backend: DecoderBackend; readonly codec: string }[];
}

/** What the job tells of one test. */
export interface TestReport {
  readonly kind: 'encoder' | 'decoding';
  readonly name: string;
  readonly verdict: TestVerdict;
}

/** Milliseconds that all tests of one backend may take; drivers that load a first time are slow. */
const DEADLINE = 20_000;
const HARDWARE_JOB = { native: jobModule(import.meta.url, './hardware-job.js') };

/** The codecs whose decoding is tried. */
export const DECODED_CODECS = ['h264', 'hevc'] as const;

/** The verdicts on one backend by FFmpeg's names of its encoders, and by `backend codec` for its decoding. */
export type BackendVerdicts = ReadonlyMap<string, TestVerdict>;

/** Tries everything that one backend is said to do; never rejects: a worker that dies is a verdict too. */
export async function testBackend(backend: Backend): Promise<BackendVerdicts> {
  const encoders = Object.values(backend.encoders);
  const { decoding } = backend;
  const decodings = decoding === undefined ? [] : DECODED_CODECS.map((codec) => ({ backend: decoding, codec }));
  const names = [...encoders, ...decodings.map(({ backend: by, codec }) => `${by} ${codec}`)];
  const missing = absence(backend.name);
  if (missing !== undefined)
    return new Map(names.map((name) => [name, { ok: false, reason: missing, elapsed: 0, exhausted: false }]));
  const verdicts = new Map<string, TestVerdict>();
  // What takes its worker down is known by being the first one without a verdict; the others are tried again.
  for (let left = names; left.length > 0; left = names.filter((name) => !verdicts.has(name))) {
    const reason = await runTests(
      {
        encoders: encoders.filter((name) => left.includes(name)),
        decodings: decodings.filter(({ backend: by, codec }) => left.includes(`${by} ${codec}`)),
      },
      verdicts,
    );
    const culprit = names.find((name) => !verdicts.has(name));
    if (culprit !== undefined)
      verdicts.set(culprit, { ok: false, reason: reason ?? 'The test told nothing.', elapsed: 0, exhausted: false });
  }
  return verdicts;
}

/** The software encoder for each of the usual codecs. */
const SOFTWARE = ['libx264', 'libx265', 'libsvtav1', 'libvpx-vp9'];

/** Tries the usual software encoders, so that a report can name what is always there. */
export async function testSoftware(): Promise<BackendVerdicts> {
  const verdicts = new Map<string, TestVerdict>();
  const reason = (await runTests({ encoders: SOFTWARE, decodings: [] }, verdicts)) ?? 'The test told nothing.';
  for (const name of SOFTWARE)
    if (!verdicts.has(name)) verdicts.set(name, { ok: false, reason, elapsed: 0, exhausted: false });
  return verdicts;
}

/** Runs the tests of a backend in a fresh worker process; gives the reason when it did not come to its end. */
async function runTests(params: TestParams, verdicts: Map<string, TestVerdict>): Promise<string | undefined> {
  const pool = new WorkerPool({ backend: 'process', workers: 1, regionBytes: 1024 * 1024 }, [HARDWARE_JOB]);
  const deadline = startDeadline({ timeout: DEADLINE }, 'Testing the hardware');
  try {
    const { run } = await pool.run({
      request: { module: HARDWARE_JOB.native, params, source: undefined, batch: { size: 1, delay: 0 }, slots: 1 },
      signal: deadline.signal,
      onEvent: (payload) => {
        const { name, verdict } = payload as TestReport;
        verdicts.set(name, verdict);
      },
    });
    await run.result;
    return undefined;
  } catch (error) {
    if (deadline.signal.aborted) return deadlineError(deadline.signal).message;
    return isFramerailError(error) ? error.message : messageOf(error);
  } finally {
    deadline.done();
    await pool.close();
  }
}
