// A frame that goes elsewhere takes its own bytes along, and nothing of its neighbours.
import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { Engine } from '#dist/index.js';
import { fixture } from '../support/fixtures.js';

const SIZE = [64, 36] as const;
const BYTES = 64 * 36 * 3;

test.each(['memfd', 'shm', 'copy'] as const)('structuredClone copies one frame (%s)', async (transport) => {
  await using engine = new Engine({ workers: 1, transport });
  await using video = await engine.open(fixture('plain.mp4'));
  for await (const batch of video.frames({ size: SIZE, packed: true, count: 4 }))
    for (const frame of batch) {
      const clone = structuredClone(frame.data);
      expect(clone.buffer.byteLength).toBeLessThanOrEqual(BYTES + 4096);
      expect(Buffer.compare(clone, frame.data)).toBe(0);
    }
});

test('a frame can be posted to a thread', async () => {
  await using engine = new Engine({ workers: 1 });
  await using video = await engine.open(fixture('plain.mp4'));
  const thread = new Worker(
    "require('node:worker_threads').parentPort.on('message', (d) => { require('node:worker_threads').parentPort.postMessage(d.byteLength); })",
    { eval: true },
  );
  for await (const batch of video.frames({ size: SIZE, packed: true, count: 2 }))
    for (const frame of batch) {
      thread.postMessage(frame.data);
      expect(await once(thread, 'message')).toEqual([BYTES]);
    }
  await thread.terminate();
});
