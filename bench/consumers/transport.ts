// Receives frames that are ready already, and reads every byte of them. Arguments: how, bytes of a frame, frames.
// `shared` takes slots of a worker process; `pipe` reads a child's standard output.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { jobModule, WorkerPool } from '#dist/workers/index.js';
import { readAll } from './read-all.js';
import { Meter } from './report.js';
import type { TransportParams } from './transport-job.js';

const [how, bytesText = '0', countText = '0'] = process.argv.slice(2);
const bytes = Number(bytesText);
const count = Number(countText);

if (how === 'shared') await overShared();
else await overPipe();

async function overShared(): Promise<void> {
  const job = { native: jobModule(import.meta.url, './transport-job.js') };
  const pool = new WorkerPool({ workers: 1 }, [job]);
  await pool.warm();
  // The slots are written once before the clock starts, as the pipe's buffer is.
  for (const frames of [16, count]) {
    const meter = new Meter(() => pool.pids);
    const params: TransportParams = { bytes, count: frames };
    const { run } = await pool.run({
      request: { module: job.native, params, source: undefined, batch: { size: 4, delay: 16 }, slots: 8 },
    });
    for (let batch = await run.next(); batch !== undefined; batch = await run.next())
      for (const { lease } of batch.items) {
        meter.checksum += readAll(lease.bytes);
        meter.frames += 1;
        lease.release();
      }
    await run.result;
    if (frames === count) meter.report();
  }
  await pool.close();
}

async function overPipe(): Promise<void> {
  const writer = fileURLToPath(new URL('./transport-writer.js', import.meta.url));
  const child = spawn(process.execPath, [writer, bytesText, String(count + 1)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let meter: Meter | undefined;
  let received = 0;
  // Chunk by chunk, without putting frames together: less than any reader of frames does.
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    received += chunk.byteLength;
    // The first frame warms up.
    if (received < bytes) continue;
    meter ??= new Meter();
    meter.checksum += readAll(chunk);
  }
  if (meter === undefined || received !== bytes * (count + 1)) throw new Error(`${String(received)} bytes arrived.`);
  meter.frames = count;
  meter.report();
}
