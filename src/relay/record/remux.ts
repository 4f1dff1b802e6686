// Has a worker make an MP4 of a recording. This file is loaded when the first one is due: it brings the engine with it.
import { resolveSource } from '../../sources/index.js';
import { jobModule, runJob, WorkerPool } from '../../workers/index.js';
import type { RemuxParams, RemuxResult } from './remux-params.js';

const REMUX_JOB = { native: jobModule(import.meta.url, './remux-job.js') };
const MIB = 1024 * 1024;
/** Milliseconds that any recording has, and how many bytes of it have to be done in each more: the slowest disk that counts. */
const LEAST_TIME = 120_000;
const BYTES_PER_MS = 2000;

/**
 * Makes the MP4 in a worker of its own, as the next one may be hours away. Rejects with FR_TIMEOUT, FR_ABORTED, FR_WORKER_*,
 * FR_ENGINE_LOAD, FR_INPUT_* or FR_OUTPUT_FAILED.
 * @param size - of the recording, in bytes
 */
export async function remux(
  path: string,
  size: number,
  params: RemuxParams,
  signal: AbortSignal,
): Promise<RemuxResult> {
  const source = await resolveSource(path);
  const pool = new WorkerPool({ backend: 'process', workers: 1, regionBytes: MIB }, [REMUX_JOB]);
  try {
    const { result } = await runJob<RemuxResult>(pool, source, {
      ...{ module: REMUX_JOB.native, params },
      options: { timeout: Math.round(LEAST_TIME + size / BYTES_PER_MS), signal },
      what: `Making ${params.name} of its recording`,
    });
    return result;
  } finally {
    await pool.close();
  }
}
