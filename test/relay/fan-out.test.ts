// One origin and many destinations: each has a queue and a fate of its own.
import { expect, test } from 'vitest';
import { failure } from '../support/failure.js';
import { freePort } from '../support/live.js';
import { arrival, expectMonotonic, expectSame, mediaOf, sums } from '../support/relay/compare.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf } from '../support/relay/relays.js';
import { isPicture, rtmpSink, type Sink } from '../support/relay/sink.js';
import { isKeyframe, stream } from '../support/relay/stream.js';
import { AUDIO, audioHeader, DATA, metadata, VIDEO, videoHeader, type Tag } from '../support/relay/tags.js';

const HEADERS = [metadata(), videoHeader(), audioHeader()];

async function nobody(): Promise<string> {
  return `rtmp://127.0.0.1:${String(await freePort('tcp'))}/live/secret-key`;
}

/** The longest time between two tags, as they came. Milliseconds. */
function longestGap(sink: Sink): number {
  const times = sink.media().map(({ at }) => at);
  return Math.max(...times.slice(1).map((at, i) => at - (times[i] ?? at)));
}

test('a dead and a slow destination cost the others nothing', async () => {
  const media = stream({ length: 4000, bytes: 60_000 });
  const [good, other, slow] = [await rtmpSink(), await rtmpSink(), await rtmpSink()];
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    for (const sink of [good, other, slow]) await player.wait(sink.accepted.find(() => true));
    slow.connections[0]?.link.pause();
    await player.pace(media, 2);
  });
  const { relay, all } = relayOf(origin.url, [await nobody(), slow.url, good.url, other.url], {
    publishEarly: true,
    queueBytes: 300_000,
    stallTimeout: 60_000,
  });
  for (const sink of [good, other]) {
    await arrival(sink.arrivals, media.at(-1));
    expectSame(sink.media(), media);
    expect(longestGap(sink)).toBeLessThan(400);
  }
  const [dead, paused, ...fine] = relay.status().destinations;
  expect(dead).toMatchObject({ state: 'waiting', tags: 0 });
  expect(paused?.state).toBe('slow');
  expect(paused?.dropped).toBeGreaterThan(0);
  expect(paused?.queuedBytes).toBeLessThan(300_000 + 100_000);
  expect(fine).toMatchObject([
    { state: 'live', dropped: 0 },
    { state: 'live', dropped: 0 },
  ]);
  expect(all('lost').every(({ id }) => id === 1)).toBe(true);
});

test('a destination that was slow goes on at a keyframe, and misses nothing from there on', async () => {
  const jam = stream({ length: 8000, bytes: 100_000, gop: 25 });
  const after = stream({ length: 1200, from: 8000, number: 2000, gop: 10 });
  const sink = await rtmpSink();
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.wait(sink.accepted.find(() => true));
    sink.connections[0]?.link.pause();
    await player.pace(jam, 20);
    sink.connections[0]?.link.resume();
    // It has taken all that was queued for it.
    await player.wait(drained);
    await player.pace(after, 8);
  });
  const watched = relayOf(origin.url, sink.url, { publishEarly: true, queueBytes: 1_000_000, stallTimeout: 60_000 });
  const drained = watched.events
    .find((event) => event.event === 'state' && event.state === 'slow')
    .then(async () => {
      while (watched.relay.status().destinations[0]?.queuedBytes !== 0)
        await new Promise((resolve) => setImmediate(resolve));
    });
  await arrival(sink.arrivals, after.at(-1));
  const arrived = sink.media();
  expectMonotonic(arrived);
  const sent = sums(mediaOf([...jam, ...after]));
  // What came is in order; behind the only gap lies a keyframe, and then everything.
  const places = sums(arrived).map((one) => sent.findIndex(({ crc }) => crc === one.crc));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  const gaps = places.flatMap((place, i) => (i > 0 && place !== (places[i - 1] ?? 0) + 1 ? [i] : []));
  expect(gaps.length).toBeGreaterThan(0);
  for (const gap of gaps) expect(arrived[gap]).toSatisfy(isPicture);
  expect(places.at(-1)).toBe(sent.length - 1);
  expectSame(
    arrived.filter(({ type, timestamp }) => type === VIDEO && timestamp >= 8000),
    after.filter(({ type }) => type === VIDEO),
  );
  expect(watched.relay.status().destinations[0]?.dropped).toBe(sent.length - arrived.length);
});

test('a destination that is added gets headers and the last keyframe at once, and one that is removed nothing more', async () => {
  const media = stream({ length: 1600 });
  const at = media.findIndex(({ timestamp }) => timestamp > 600);
  const from = media.findIndex((tag) => tag.timestamp >= 400 && isKeyframe(tag));
  const [first, late] = [await rtmpSink(), await rtmpSink()];
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(media.slice(0, at), 8);
    await player.wait(late.arrivals.find(isPicture));
    await player.pace(media.slice(at, -30), 8);
    await player.wait(first.closed.find(() => true));
    await player.pace(media.slice(-30), 8);
  });
  const { relay } = relayOf(origin.url, first.url);
  await arrival(first.arrivals, media[at - 1]);
  expect(relay.add(late.url)).toBe(2);
  await late.arrivals.find(isPicture);
  const began = late.arrivals.items.slice(0, 4);
  expect(began.map(({ type }) => type)).toEqual([DATA, VIDEO, AUDIO, VIDEO]);
  await arrival(first.arrivals, media.at(-31));
  await arrival(late.arrivals, media.at(-31));
  expect(relay.remove(1)).toBe(true);
  expect(relay.remove(1)).toBe(false);
  await arrival(late.arrivals, media.at(-1));
  expectSame(late.media(), media.slice(from));
  expectSame(first.media(), media.slice(0, -30));
  expect(first.connections[0]?.commands.slice(-2)).toEqual(['FCUnpublish', 'deleteStream']);
  expect(relay.status().destinations.map(({ id }) => id)).toEqual([2]);
});

test('who joins where the group is larger than the cache waits for the next keyframe', async () => {
  const media = stream({ length: 1600 });
  const at = media.findIndex(({ timestamp }) => timestamp > 600);
  const from = media.findIndex((tag) => tag.timestamp >= 800 && isKeyframe(tag));
  const [first, late] = [await rtmpSink(), await rtmpSink()];
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(media.slice(0, at), 8);
    await player.wait(late.arrivals.find(({ type }) => type === DATA));
    await player.pace(media.slice(at), 8);
  });
  const { relay } = relayOf(origin.url, first.url, { gopBytes: 10_000 });
  await arrival(first.arrivals, media[at - 1]);
  relay.add(late.url);
  await arrival(late.arrivals, media.at(-1));
  const video = (tags: readonly Tag[]): Tag[] => tags.filter(({ type }) => type === VIDEO);
  expectSame(
    late.media().filter(({ type }) => type === VIDEO),
    video(media.slice(from)),
  );
  expect(relay.status().feed.gopBytes).toBeLessThanOrEqual(10_000);
});

test('addresses that are none are refused, and so is everything once the relay is over', async () => {
  const origin = await rtmpOrigin((player) => player.send(...HEADERS));
  const sink = await rtmpSink();
  const { relay } = relayOf(origin.url, sink.url);
  expect(await failure(() => relay.add('http://127.0.0.1/x'))).toMatchObject({ code: 'FR_ARG_INVALID' });
  expect(relay.status().destinations).toHaveLength(1);
  await relay.stop();
  expect(await failure(() => relay.add(sink.url))).toMatchObject({ code: 'FR_CLOSED' });
  expect(await failure(async () => await relay.start())).toMatchObject({ code: 'FR_CLOSED' });
});
