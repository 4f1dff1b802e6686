// Clocks of origins that wrap, jump and run on: the destination sees time that goes on, and both tracks together.
import { expect, test } from 'vitest';
import { arrival, expectMonotonic, expectSame, offsets } from '../support/relay/compare.js';
import { httpOrigin } from '../support/relay/http-origin.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink, type Arrival } from '../support/relay/sink.js';
import { stream } from '../support/relay/stream.js';
import { AUDIO, audioHeader, metadata, VIDEO, videoHeader, type Tag } from '../support/relay/tags.js';

const HEADERS = [metadata(), videoHeader(), audioHeader()];
const LENGTH = 1600;

/** A stream whose second half lies elsewhere: `by` milliseconds from where it would be. */
function jumping(by: number): { readonly whole: readonly Tag[]; readonly steady: readonly Tag[] } {
  const steady = stream({ length: LENGTH, gop: 100, from: 100_000 });
  const whole = steady.map((tag) =>
    tag.timestamp < 100_000 + LENGTH / 2 ? tag : { ...tag, timestamp: tag.timestamp + by },
  );
  return { whole, steady };
}

async function relayed(
  media: readonly Tag[],
  make: typeof httpOrigin | typeof rtmpOrigin = rtmpOrigin,
): Promise<readonly Arrival[]> {
  const sink = await rtmpSink();
  const origin = await make((player) => player.send(...HEADERS, ...media));
  relayOf(origin.url, sink.url);
  await arrival(sink.arrivals, media.at(-1));
  return sink.media();
}

test.each([
  ['2^24 over RTMP', 2 ** 24, rtmpOrigin],
  ['2^32 over RTMP', 2 ** 32, rtmpOrigin],
  ['2^24 over HTTP-FLV', 2 ** 24, httpOrigin],
  ['2^32 over HTTP-FLV', 2 ** 32, httpOrigin],
])('time goes on beyond %s', async (_, wrap, make) => {
  const media = stream({ length: LENGTH, gop: 100, from: wrap - LENGTH / 2 });
  const arrived = await relayed(media, make);
  expectSame(arrived, media);
  expectMonotonic(arrived);
  expect(new Set(offsets(arrived, media)).size).toBe(1);
});

test('an origin that cuts its time to 24 bits is understood', async () => {
  const steady = stream({ length: LENGTH, gop: 100, from: 2 ** 24 - LENGTH / 2 });
  const arrived = await relayed(steady.map((tag) => ({ ...tag, timestamp: tag.timestamp % 2 ** 24 })));
  expectSame(arrived, steady);
  expect(new Set(offsets(arrived, steady)).size).toBe(1);
});

test.each([
  ['ahead by ten seconds', 10_000],
  ['back by a minute', -60_000],
  ['ahead by a day', 86_400_000],
  ['back to almost its beginning', -100_000],
])('a jump %s is evened out, and both tracks stay together', async (_, by) => {
  const { whole, steady } = jumping(by);
  const arrived = await relayed(whole);
  const times = arrived.map(({ timestamp }) => timestamp);
  expectMonotonic(arrived);
  // Where it was steady, nothing is farther from there than a frame.
  const late = offsets(arrived, steady).map((offset) => offset + 100_000);
  expect(Math.max(...late.map(Math.abs))).toBeLessThanOrEqual(45);
  expect(Math.max(...times)).toBeLessThan(LENGTH + 100);
  const lastOf = (type: number): number => offsets(arrived, steady, type).at(-1) ?? Number.NaN;
  expect(Math.abs(lastOf(AUDIO) - lastOf(VIDEO))).toBeLessThanOrEqual(1);
});

test('one track that goes elsewhere does not take the other one along for good', async () => {
  const { whole, steady } = jumping(20_000);
  const mixed = whole.map((tag, i) => (tag.type === AUDIO ? (steady[i] ?? tag) : tag));
  const arrived = await relayed(mixed);
  expectMonotonic(arrived);
  const late = offsets(arrived, steady).map((offset) => offset + 100_000);
  expect(Math.max(...late.map(Math.abs))).toBeLessThanOrEqual(100);
});

test('times that stay where they are, or go back a little, never go back at the destination', async () => {
  const steady = stream({ length: LENGTH, gop: 100 });
  const media = steady.map((tag, i) => ({ ...tag, timestamp: Math.max(0, tag.timestamp - (i % 3) * 30) }));
  const arrived = await relayed(media);
  expectSame(arrived, media);
  expectMonotonic(arrived);
});
