// Several origins: who goes on when one is lost, and what the destination sees of it.
import { expect, test } from 'vitest';
import { expectMonotonic, offsets } from '../support/relay/compare.js';
import { liveOrigin, type LiveOrigin } from '../support/relay/live-origin.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink, type Sink } from '../support/relay/sink.js';
import { isKeyframe } from '../support/relay/stream.js';
import { crcOf, VIDEO } from '../support/relay/tags.js';

/** What arrived of one origin. */
function of(sink: Sink, origin: LiveOrigin) {
  const own = new Set(origin.tags.map(({ payload }) => crcOf(payload)));
  return sink.media().filter(({ crc }) => own.has(crc));
}

/** Waits until so many tags of an origin have arrived. */
async function plays(sink: Sink, origin: LiveOrigin, count = 50): Promise<void> {
  const own = new Set(origin.tags.map(({ payload }) => crcOf(payload)));
  await sink.arrivals.count(count, ({ crc }) => own.has(crc), 'tags of the origin');
}

/** Milliseconds without media, at most. */
function longestGap(sink: Sink): number {
  const times = sink.media().map(({ at }) => at);
  return Math.max(...times.slice(1).map((at, i) => at - (times[i] ?? at)));
}

/** The whole of what must hold at a destination, whatever happened to the origins. */
function expectWhole(sink: Sink, ...origins: LiveOrigin[]): void {
  expect(sink.connections).toHaveLength(1);
  expectMonotonic(sink.media());
  for (const origin of origins) {
    const arrived = of(sink, origin);
    const apart = offsets(arrived, origin.tags);
    expect(Math.max(...apart) - Math.min(...apart), 'one offset for both tracks').toBeLessThanOrEqual(1);
    expect(arrived.find(({ type }) => type === VIDEO)).toSatisfy(isKeyframe);
  }
}

test.each(['cold', 'hot'] as const)('with a %s standby the next origin goes on for one that dies', async (standby) => {
  const [first, second] = [await liveOrigin({ gop: 25 }), await liveOrigin({ gop: 25, number: 50_000, from: 7_000_000 })];
  const sink = await rtmpSink();
  const { told, relay } = relayOf([first.url, second.url], sink.url, { standby });
  await plays(sink, first);
  first.die();
  const change = await told('switch');
  await plays(sink, second, 100);
  expect(change).toMatchObject({ reason: 'lost', from: expect.stringContaining(String(first.port)) });
  expect(relay.status().origins.map(({ state }) => state)).toEqual([expect.stringMatching(/waiting|dialling/), 'active']);
  expectWhole(sink, first, second);
  expect(longestGap(sink)).toBeLessThan(1500);
  console.log(standby, change, longestGap(sink));
});
