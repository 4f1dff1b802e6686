// Beginning and ending: stop() in every state resolves and leaves nothing behind, and relays know nothing of each other.
import { once } from 'node:events';
import { getActiveResourcesInfo } from 'node:process';
import { expect, test } from 'vitest';
import { createRelay } from '#dist/relay/index.js';
import { failure } from '../support/failure.js';
import { arrival, expectSame } from '../support/relay/compare.js';
import { httpOrigin } from '../support/relay/http-origin.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf } from '../support/relay/relays.js';
import type { Stage } from '../support/relay/server-link.js';
import { rtmpSink } from '../support/relay/sink.js';
import { stream } from '../support/relay/stream.js';
import { audioHeader, metadata, videoHeader } from '../support/relay/tags.js';
import { freePort } from '../support/live.js';
import { collectGarbage, resources } from '../support/resources.js';

const HEADERS = [metadata(), videoHeader(), audioHeader()];
const media = stream({ length: 400 });
/** Milliseconds in which a peer may answer a goodbye, and some for a busy machine. */
const GOODBYE = 500;
const LATE = 1500;

const playing = async () => await rtmpOrigin((player) => player.send(...HEADERS, ...media));

/** Timers and sockets of this process. */
function held(): number {
  return getActiveResourcesInfo().filter((name) => /Timeout|TCP|TLS|Connect/.test(name)).length;
}

/** Waits until no more is held than before; what is still there has a deadline of its own. */
async function settled(before: number): Promise<number> {
  for (const end = performance.now() + 5000; held() > before && performance.now() < end;)
    await new Promise((resolve) => setTimeout(resolve, 10));
  return held();
}

test('start() resolves when the first destination is fed, and stop() says goodbye to both sides', async () => {
  const origin = await playing();
  const sink = await rtmpSink();
  const relay = createRelay({ from: origin.url, to: [sink.url] });
  await relay.start();
  expect(relay.status()).toMatchObject({ origin: { open: true }, ready: 'both streams' });
  await arrival(sink.arrivals, media.at(-1));
  await relay.stop();
  await relay.done;
  await sink.closed.find(() => true);
  expect(sink.connections[0]?.commands.slice(-2)).toEqual(['FCUnpublish', 'deleteStream']);
  expect(origin.connections[0]?.commands).toContain('play');
  expect(relay.status().destinations[0]?.state).toBe('closed');
  expectSame(sink.media(), media);
  await relay.stop();
});

const stages: readonly Stage[] = ['accept', 'handshake', 'connect', 'createStream', 'wish', 'media'];

test.each(stages)('stop() while both peers hang at %s closes everything', async (at) => {
  const behaviour = { cut: { at, how: 'silence' } } as const;
  const origin = await rtmpOrigin(() => undefined, behaviour);
  const sink = await rtmpSink(behaviour);
  const before = held();
  const relay = createRelay({ from: origin.url, to: [sink.url], publishEarly: true });
  const started = relay.start();
  for (const peer of [origin, sink]) await peer.cuts.find(() => true, 'the silence');
  const began = performance.now();
  await relay.stop();
  expect(performance.now() - began).toBeLessThan(LATE);
  await started;
  await relay.done;
  expect(await settled(before)).toBeLessThanOrEqual(before);
  expect(performance.now() - began).toBeLessThan(GOODBYE + LATE);
});

test('stop() before anything began, while it dials, and while it waits to dial again', async () => {
  const before = held();
  const nobody = `rtmp://127.0.0.1:${String(await freePort('tcp'))}/live/x`;
  const idle = createRelay({ from: nobody, to: [nobody] });
  await idle.stop();
  await idle.done;

  const dialling = createRelay({ from: nobody, to: [nobody] });
  const started = dialling.start();
  await dialling.stop();
  await started;

  const waiting = relayOf(nobody, nobody);
  await waiting.events.count(3, ({ event }) => event === 'originLost');
  await waiting.relay.stop();
  expect(waiting.events.items.at(-1)).toMatchObject({ event: 'end', error: null });
  expect(await settled(before)).toBeLessThanOrEqual(before);
});

test('nothing is told once a relay is over, and a relay is disposed of by `await using`', async () => {
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(stream({ length: 60_000 }));
  });
  const sink = await rtmpSink();
  const { relay, events } = relayOf(origin.url, sink.url);
  {
    await using running = relay;
    await once(running, 'picture');
  }
  const { length } = events.items;
  await sink.closed.find(() => true);
  expect(events.items).toHaveLength(length);
  expect(events.items.at(-1)?.event).toBe('end');
});

test('relays beside each other do not notice how one of them ends', async () => {
  const long = stream({ length: 1600 });
  const [sink, other] = [await rtmpSink(), await rtmpSink()];
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(long, 4);
  });
  const wrong = await httpOrigin(() => undefined, { status: 404 });
  const failing = createRelay({ from: wrong.url, to: [other.url], onEnd: 'exit' });
  const { relay } = relayOf(origin.url, sink.url);
  const stopped = relayOf(origin.url, other.url);
  expect(await failure(async () => await failing.start())).toMatchObject({ code: 'FR_RELAY_REFUSED' });
  await other.arrivals.find(() => true);
  await stopped.relay.stop();
  await arrival(sink.arrivals, long.at(-1));
  expectSame(sink.media(), long);
  expect(relay.status().origin).toMatchObject({ open: true, connections: 1 });
});

test('200 relays that were started and stopped leave no socket, no timer and no memory', async () => {
  const origin = await playing();
  const sink = await rtmpSink();
  const cycle = async (i: number): Promise<void> => {
    const relay = createRelay({ from: origin.url, to: [sink.url] });
    // Some are stopped once they run, some while they dial.
    const started = relay.start();
    if (i % 4 !== 0) await started;
    await relay.stop();
    await started;
  };
  // Only the two that listen.
  const base = held();
  for (let i = 0; i < 20; i++) await cycle(i);
  await settled(base);
  await collectGarbage();
  const { descriptors } = resources();
  const heap = process.memoryUsage().heapUsed;
  for (let i = 0; i < 200; i++) {
    await cycle(i);
    // What the sink has logged is no part of the relay.
    sink.arrivals.items.length = 0;
  }
  expect(await settled(base)).toBeLessThanOrEqual(base);
  await collectGarbage();
  expect(resources().descriptors).toBeLessThanOrEqual(descriptors);
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(6 * 2 ** 20);
});
