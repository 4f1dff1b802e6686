// Relays of several origins that come and go leave nothing behind.
import { expect, test } from 'vitest';
import { createRelay } from '#dist/relay/index.js';
import { collectGarbage } from '../../support/resources.js';
import { liveOrigin } from '../../support/relay/live-origin.js';
import { rtmpSink } from '../../support/relay/sink.js';

const busy = (): number => process.getActiveResourcesInfo().length;

test('60 relays with a hot standby, stopped in whatever state they are, leave no socket and no timer', async () => {
  const [first, second] = [await liveOrigin({ cached: true }), await liveOrigin({ cached: true, number: 50_000 })];
  const sink = await rtmpSink();
  const cycle = async (i: number): Promise<void> => {
    const relay = createRelay({ from: [first.url, second.url], to: [sink.url], standby: 'hot' });
    const started = relay.start();
    if (i % 3 > 0) await started;
    if (i % 3 === 2) first.connections.at(-1)?.link.cut('rst');
    await relay.stop();
    await started.catch(() => undefined);
  };
  for (let i = 0; i < 6; i++) await cycle(i);
  await sink.closed.count(sink.connections.length, () => true);
  await collectGarbage();
  const before = busy();
  for (let i = 0; i < 60; i++) await cycle(i);
  await sink.closed.count(sink.connections.length, () => true);
  await collectGarbage();
  // What the peers of the test hold themselves goes away in their own time.
  expect(busy()).toBeLessThan(before + 20);
});
