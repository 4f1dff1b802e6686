// A worker thread that ends takes nothing with it: native objects that may call into it are gone before.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { fixture } from '../support/fixtures.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const job = (work: string): string => `
  import { MediaInputHandle } from ${JSON.stringify(import.meta.resolve('#dist/av/index.js'))};
  export default async function (_, context) {
    const input = await MediaInputHandle.open(context.source, { readBlock: context.readBlock });
    context.event('open');
    ${work}
    input.close();
  }
`;

/** Runs the job in a thread, aborts it once its input is open, and lives until the thread has ended. */
const PROGRAM = `
  import { readFileSync } from 'node:fs';
  import { resolveSource } from '#dist/sources/index.js';
  import { WorkerPool } from '#dist/workers/index.js';
  const [job, clip] = process.argv.slice(1);
  const pool = new WorkerPool({ workers: 1, backend: 'thread' }, [{ native: job }]);
  const stop = new AbortController();
  const { spec, blocks } = await resolveSource(readFileSync(clip));
  const alive = setInterval(() => undefined, 1000);
  const ended = new Promise((resolve) => process.once('worker', (worker) => worker.once('exit', resolve)));
  const { run } = await pool.run({
    request: { module: job, params: null, source: spec, batch: { size: 1, delay: 0 }, slots: 1 },
    ...{ blocks, signal: stop.signal, onEvent: () => stop.abort(new Error('enough')) },
  });
  const message = await run.result.catch((error) => error.message);
  await pool.close();
  await ended;
  clearInterval(alive);
  console.log(message);
`;

test.each([
  ['is over, with what it keeps for the next one', ''],
  ['keeps its thread busy', 'for (const end = performance.now() + 300; performance.now() < end; );'],
  ['waits for something else', 'await new Promise((resolve) => setTimeout(resolve, 300));'],
])('a job that %s', async (_, work) => {
  const path = join(temporaryFolder(), 'slow-job.mjs');
  writeFileSync(path, job(work));
  const args = ['--input-type=module', '-e', PROGRAM, pathToFileURL(path).href, fixture('plain.mp4')];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toMatch(/^(enough|undefined)\n$/);
});
