// Who of several origins is asked when: in their order, beside those that hang, refuse or have ended.
import { describe, expect, test } from 'vitest';
import { createRelay } from '#dist/relay/index.js';
import { failure } from '../support/failure.js';
import { httpOrigin } from '../support/relay/http-origin.js';
import { liveOrigin } from '../support/relay/live-origin.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink } from '../support/relay/sink.js';
import { expectWhole, plays } from '../support/relay/switches.js';

/** Pictures from one keyframe to the next, and the milliseconds of it. */
const GOP = 25;
const GOP_MS = 1000;
/** Milliseconds without media that a switch may take beyond a group of pictures. */
const SLACK = 500;
/** Another stream: other payloads, a clock that began hours ago. */
const OTHER = { gop: GOP, number: 50_000, from: 7_000_000 } as const;
const THIRD = { gop: GOP, number: 150_000, from: 3 } as const;

test('origins are tried in their order, those that refuse are passed over, and the first comes last', async () => {
  const [first, third] = [await liveOrigin({ gop: GOP }), await liveOrigin(THIRD)];
  const second = await liveOrigin({ ...OTHER, refuse: 'NetStream.Play.StreamNotFound' });
  const sink = await rtmpSink();
  const { told, relay, events, all } = relayOf([first.url, second.url, third.url], sink.url);
  await plays(sink, first);
  first.die();
  expect((await told('switch')).to).toContain(String(third.port));
  await plays(sink, third);
  expect(relay.status().origins[1]).toMatchObject({ lastError: { code: 'FR_RELAY_REFUSED' } });
  first.revive();
  third.die();
  await events.find((one) => one.event === 'switch' && one.to.includes(String(first.port)), 'the first one again');
  await plays(sink, first);
  expect(all('switch')).toHaveLength(2);
  expectWhole(sink, first, third);
});

test('a login that one origin asks for does not end the relay', async () => {
  const first = await httpOrigin(() => undefined, { status: 401 });
  const second = await liveOrigin(OTHER);
  const sink = await rtmpSink();
  const { relay } = relayOf([first.url, second.url], sink.url);
  await plays(sink, second);
  expect(relay.status().origins).toMatchObject([{ lastError: { code: 'FR_RELAY_AUTH' } }, { state: 'active' }]);
});

test('when all refuse, the relay fails with what the last one said', async () => {
  const refuse = 'NetStream.Play.StreamNotFound';
  const [first, second] = [await liveOrigin({ refuse }), await liveOrigin({ refuse })];
  const sink = await rtmpSink();
  const { relay } = relayOf([first.url, second.url], sink.url);
  expect(await failure(async () => await relay.done)).toMatchObject({ code: 'FR_RELAY_REFUSED' });
  expect(first.connections.length).toBeGreaterThanOrEqual(3);
  expect(second.connections.length).toBeGreaterThanOrEqual(3);
});

test.each(['dies', 'freezes'])(
  'when one %s, a peer that hangs delays nobody: the next is dialled meanwhile',
  async (what) => {
    const [first, third] = [await liveOrigin({ gop: GOP }), await liveOrigin(THIRD)];
    const hung = await rtmpOrigin(() => undefined, { cut: { at: 'handshake', how: 'silence' } });
    const sink = await rtmpSink();
    const { told } = relayOf([first.url, hung.url, third.url], sink.url, { failoverAfter: 300 });
    await plays(sink, first);
    if (what === 'dies') first.die();
    else first.freeze();
    const { to, gapMs } = await told('switch');
    expect(to).toContain(String(third.port));
    // Its own silence, that of the one which hangs, and a group.
    expect(gapMs).toBeLessThan(300 + 300 + GOP_MS + SLACK);
    await plays(sink, third);
    expectWhole(sink, first, third);
  },
);

test('a cold standby is dialled while the silence is still none, so that its pictures are there by the time', async () => {
  const [first, second, third] = [await liveOrigin({ gop: GOP }), await liveOrigin(OTHER), await liveOrigin(THIRD)];
  const sink = await rtmpSink();
  const options = { failoverAfter: 3000 };
  const { told, relay, events, all } = relayOf([first.url, second.url, third.url], sink.url, options);
  await plays(sink, first, 60);
  first.freeze();
  await events.find((one) => one.event === 'origin' && one.origin.includes(String(second.port)), 'the standby');
  expect(all('switch')).toEqual([]);
  // A group came meanwhile: it need not be waited for.
  expect((await told('switch')).gapMs).toBeLessThan(3000 + SLACK);
  await plays(sink, second);
  expect(relay.status().origins.map(({ connections }) => connections)).toEqual([1, 1, 0]);
  expectWhole(sink, first, second);
});

test('a silence that ends in time changes nothing but that a standby was dialled', async () => {
  const [first, second] = [await liveOrigin({ gop: GOP }), await liveOrigin(OTHER)];
  const sink = await rtmpSink();
  const { relay, events, all } = relayOf([first.url, second.url], sink.url, { failoverAfter: 3000 });
  await plays(sink, first, 60);
  first.freeze();
  await events.find((one) => one.event === 'origin' && one.origin.includes(String(second.port)), 'the standby');
  first.thaw();
  await plays(sink, first, 60);
  expect(all('switch')).toEqual([]);
  expect(relay.status().origins.map(({ state }) => state)).toEqual(['active', 'standby']);
});

test('a first origin that hangs does not keep the relay from beginning', async () => {
  const hung = await rtmpOrigin(() => undefined, { cut: { at: 'media', how: 'silence' } });
  const second = await liveOrigin(OTHER);
  const sink = await rtmpSink();
  const { told } = relayOf([hung.url, second.url], sink.url);
  await told('picture');
  await plays(sink, second);
  expectWhole(sink, second);
});

test('a standby that dies is noticed, and the next one takes its place', async () => {
  const [first, second, third] = [await liveOrigin({ gop: GOP }), await liveOrigin(OTHER), await liveOrigin(THIRD)];
  const sink = await rtmpSink();
  const { told, relay, events } = relayOf([first.url, second.url, third.url], sink.url, { standby: 'hot' });
  await plays(sink, first);
  expect(third.connections).toHaveLength(0);
  second.die();
  await events.find((one) => one.event === 'origin' && one.origin.includes(String(third.port)), 'another standby');
  await plays(sink, first, 60);
  expect(relay.status().origins.map(({ state }) => state)).toEqual(['active', expect.any(String), 'standby']);
  first.die();
  expect((await told('switch')).to).toContain(String(third.port));
  await plays(sink, third);
  expectWhole(sink, first, third);
});

test('a standby that is connected and silent does not take over', async () => {
  const [first, second, third] = [await liveOrigin({ gop: GOP }), await liveOrigin(OTHER), await liveOrigin(THIRD)];
  const sink = await rtmpSink();
  const { told, events } = relayOf([first.url, second.url, third.url], sink.url, { standby: 'hot' });
  await plays(sink, first);
  second.freeze();
  await events.find((one) => one.event === 'origin' && one.origin.includes(String(third.port)), 'another standby');
  await plays(sink, first, 60);
  first.die();
  expect((await told('switch')).to).toContain(String(third.port));
  await plays(sink, third);
  expectWhole(sink, first, third);
});

describe("a relay that ends with its origins, by `onEnd: 'exit'`", () => {
  test('goes on with the next one, and ends with the last', async () => {
    const [first, second] = [await liveOrigin({ gop: GOP }), await liveOrigin(OTHER)];
    const sink = await rtmpSink();
    const { told, relay } = relayOf([first.url, second.url], sink.url, { onEnd: 'exit' });
    await plays(sink, first);
    first.die('fin');
    expect(await told('switch')).toMatchObject({ reason: 'ended' });
    await plays(sink, second);
    expect(relay.status().origins.map(({ state }) => state)).toEqual(['ended', 'active']);
    second.die('fin');
    await relay.done;
    expect((await told('end')).error).toBeNull();
    expectWhole(sink, first, second);
  });
});

test('a relay that is stopped while nobody plays lets go of everybody', async () => {
  const hung = await rtmpOrigin(() => undefined, { cut: { at: 'handshake', how: 'silence' } });
  const first = await liveOrigin({ gop: GOP });
  const sink = await rtmpSink();
  const { relay, told } = relayOf([first.url, hung.url], sink.url, { standby: 'hot' });
  await plays(sink, first);
  first.die();
  await told('originLost');
  await relay.stop();
  await sink.closed.find(() => true);
  expect(relay.status().origins.every(({ state }) => state === 'idle')).toBe(true);
});

test.each([
  [{ from: [] }, /`from`/],
  [{ from: ['rtmp://127.0.0.1/live/a', 7] }, /`from\[1\]`/],
  [{ standby: 'warm' }, /`standby`/],
  [{ failoverAfter: 1 }, /`failoverAfter`/],
  [{ failbackAfter: -1 }, /`failbackAfter`/],
  [{ slate: '' }, /`slate`/],
])('%j is refused', async (options, why) => {
  const make = (): unknown => createRelay({ from: 'rtmp://127.0.0.1/live/a', to: [], ...(options as object) });
  expect(make).toThrow(why);
});
