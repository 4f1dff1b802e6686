// What counts as hanging: a worker that is silent, and never a caller that is busy.
import { afterAll, expect, it } from 'vitest';
import { Engine } from '#dist/index.js';
import { eventually } from '../support/eventually.js';
import { fixture } from '../support/fixtures.js';
import { isAlive } from '../support/resources.js';

const engine = new Engine({ workers: 1, stallTimeout: 200 });

afterAll(async () => {
  await engine.close();
});

it('a caller that keeps its thread busy is not taken for a worker that hangs', async () => {
  const video = await engine.open(fixture('big.mp4'));
  let count = 0;
  for await (const batch of video.frames({ count: 24 })) {
    count += batch.length;
    const until = performance.now() + 450;
    while (performance.now() < until);
  }
  expect(count).toBe(24);
});

it('a worker that is stopped while its caller holds every slot is found as well', async () => {
  const video = await engine.open(fixture('big.mp4'));
  const stream = video.frames({ slots: 2 });
  await stream.next();
  const [pid = 0] = engine.pids;
  process.kill(pid, 'SIGSTOP');
  await expect(stream.result).rejects.toMatchObject({ code: 'FR_WORKER_HUNG', details: { pid } });
  await eventually(() => {
    expect(isAlive(pid)).toBe(false);
  });
});

it('closing ends a worker that does not answer any more', async () => {
  const stuck = new Engine({ workers: 1 });
  await stuck.warm();
  const [pid = 0] = stuck.pids;
  process.kill(pid, 'SIGSTOP');
  await stuck.close();
  expect(isAlive(pid)).toBe(false);
});
