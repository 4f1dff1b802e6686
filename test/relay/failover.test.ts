// Several origins: who goes on when one is lost or falls silent, and what the destination sees of it.
import { describe, expect, test } from 'vitest';
import { liveOrigin } from '../support/relay/live-origin.js';
import { readMetadata } from '#dist/relay/metadata.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink } from '../support/relay/sink.js';
import { isKeyframe } from '../support/relay/stream.js';
import { arrivedOf, expectWhole, longestGap, plays } from '../support/relay/switches.js';
import { AUDIO, audioHeader, DATA, metadata, VIDEO, videoHeader } from '../support/relay/tags.js';

/** Pictures from one keyframe to the next, and the milliseconds of it. */
const GOP = 25;
const GOP_MS = 1000;
/** Milliseconds without media that a switch may take beyond a group of pictures. */
const SLACK = 500;
/** Another stream: other payloads, a clock that began hours ago. */
const OTHER = { gop: GOP, number: 50_000, from: 7_000_000 } as const;

describe.each(['cold', 'hot'] as const)('with a %s standby', (standby) => {
  test.each(['fin', 'rst'] as const)('the next origin goes on for one that is lost by %s', async (how) => {
    const [first, second] = [await liveOrigin({ gop: GOP }), await liveOrigin(OTHER)];
    const sink = await rtmpSink();
    const { told, relay } = relayOf([first.url, second.url], sink.url, { standby });
    await plays(sink, first);
    first.die(how);
    const { reason, from, to, gapMs } = await told('switch');
    await plays(sink, second, 100);
    expect(reason).toBe(how === 'fin' ? 'ended' : 'lost');
    expect([from, to]).toEqual([first, second].map(({ port }) => `rtmp://127.0.0.1:${String(port)}/live/***`));
    expect(gapMs).toBeLessThan(GOP_MS + SLACK);
    expect(longestGap(sink)).toBeLessThan(GOP_MS + SLACK);
    const { origin, origins } = relay.status();
    expect(origin).toMatchObject({ address: to, open: true });
    expect(origins[0]?.state).toMatch(/waiting|dialling/);
    expect(origins[1]).toMatchObject({ state: 'active', connections: 1, lastError: null });
    expectWhole(sink, first, second);
  });

  test('the next origin goes on for one that keeps its connection and sends nothing', async () => {
    const [first, second] = [await liveOrigin({ gop: GOP }), await liveOrigin(OTHER)];
    const sink = await rtmpSink();
    const { told, all } = relayOf([first.url, second.url], sink.url, { standby, failoverAfter: 400 });
    await plays(sink, first);
    first.freeze();
    expect(await told('switch')).toMatchObject({ reason: 'silent' });
    await plays(sink, second, 100);
    expect(all('originLost')).toEqual([]);
    expect(longestGap(sink)).toBeLessThan(GOP_MS + SLACK);
    expectWhole(sink, first, second);
  });

  test.each([
    ['pictures', VIDEO],
    ['sound', AUDIO],
  ])('the next origin goes on for one whose %s stop while the rest flows', async (_, type) => {
    const [first, second] = [await liveOrigin({ gop: GOP }), await liveOrigin(OTHER)];
    const sink = await rtmpSink();
    const { told } = relayOf([first.url, second.url], sink.url, { standby, failoverAfter: 400 });
    await plays(sink, first, 60);
    first.freeze(type);
    expect(await told('switch')).toMatchObject({ reason: 'stalled' });
    await plays(sink, second, 100);
    // What still flowed has flowed until the switch.
    expect(longestGap(sink)).toBeLessThan(SLACK);
    expect(longestGap(sink, type)).toBeLessThan(2 * GOP_MS + SLACK);
    expectWhole(sink, first, second);
  });
});

test('times go on by as much as passed, whatever the clocks of the origins say', async () => {
  // The second one wraps at 32 bits about when it takes over.
  const [first, second] = [await liveOrigin({ gop: GOP }), await liveOrigin({ ...OTHER, from: 2 ** 32 - 2500 })];
  const sink = await rtmpSink();
  const { told } = relayOf([first.url, second.url], sink.url, { standby: 'hot' });
  await plays(sink, first, 60);
  first.freeze();
  await told('switch');
  await plays(sink, second, 200);
  expectWhole(sink, first, second);
  const media = sink.media();
  const [begin, end] = [media[0]!, media.at(-1)!];
  const drift = end.timestamp - begin.timestamp - (end.at - begin.at);
  expect(Math.abs(drift)).toBeLessThan(300);
});

test('sound that lies apart from its pictures stays so', async () => {
  const [first, second] = [
    await liveOrigin({ gop: GOP, soundLate: 150 }),
    await liveOrigin({ ...OTHER, soundLate: -120 }),
  ];
  const sink = await rtmpSink();
  const { told } = relayOf([first.url, second.url], sink.url, { standby: 'hot' });
  await plays(sink, first, 60);
  first.die();
  await told('switch');
  await plays(sink, second, 150);
  expectWhole(sink, first, second);
});

test.each([
  ['another picture', 'h264', { variant: 9 }],
  ['HEVC', 'hevc', { format: 'hvc1' }],
] as const)('a standby of %s is announced with its headers', async (_, codec, video) => {
  const first = await liveOrigin({ gop: GOP });
  const headers = [metadata({ width: 1280, height: 720 }), videoHeader(0, video), audioHeader(0, 3)] as const;
  const format = codec === 'hevc' ? 'hvc1' : 'avc';
  const second = await liveOrigin({ ...OTHER, format, headers });
  const sink = await rtmpSink();
  const { told, relay } = relayOf([first.url, second.url], sink.url, { standby: 'hot' });
  await plays(sink, first, 60);
  first.die();
  await told('switch');
  await plays(sink, second, 100);
  const sent = sink.headers().slice(2);
  expect(sent.map(({ payload }) => payload)).toEqual([headers[1].payload, headers[2].payload]);
  expect(relay.status().feed.video).toMatchObject({ codec });
  const described = sink.arrivals.items
    .filter(({ type }) => type === DATA)
    .map(({ payload }) => readMetadata(payload)?.width);
  expect(described).toEqual([640, 1280]);
  expectWhole(sink, first, second);
  // No picture of the one before lies behind the header of the one after.
  const at = sink.arrivals.items.indexOf(sent[0]!);
  const next = sink.arrivals.items.find((one, i) => i > at && one.type === VIDEO);
  expect(next).toSatisfy(isKeyframe);
});

test('origins that play the same pictures go on amid a group, and nothing is lost or comes twice', async () => {
  const began = performance.now();
  const same = { gop: 50, began };
  // One encoder pushed to two servers, of which one is a little behind.
  const [first, second] = [await liveOrigin(same), await liveOrigin({ ...same, from: 9_000_000, behind: 60 })];
  const sink = await rtmpSink();
  const { told, relay } = relayOf([first.url, second.url], sink.url, { standby: 'hot' });
  await plays(sink, first, 120);
  first.die();
  await told('switch');
  await plays(sink, second, 120);
  const arrived = sink.media().map(({ crc }) => crc);
  expect(new Set(arrived).size).toBe(arrived.length);
  const sent = arrivedOf(sink, first);
  const from = first.tags.findIndex(({ payload }) => payload.equals(sent[0]!.payload));
  // Everything from the first tag on has come; tags of two tracks may change places.
  const wanted = new Set(
    first.tags.slice(from, from + arrived.length - 5).map(({ payload }) => payload.toString('latin1')),
  );
  for (const { payload } of sink.media()) wanted.delete(payload.toString('latin1'));
  expect(wanted.size).toBe(0);
  expect(relay.status().feed.undecodable).toBe(0);
});

test('pauses that are shorter than what is waited for change nothing', async () => {
  const [first, second] = [await liveOrigin({ gop: GOP }), await liveOrigin(OTHER)];
  const sink = await rtmpSink();
  const { all } = relayOf([first.url, second.url], sink.url, { standby: 'hot', failoverAfter: 1000 });
  await plays(sink, first, 60);
  for (let i = 0; i < 3; i++) {
    const before = arrivedOf(sink, first).at(-1)!.at;
    first.freeze();
    // Its stream goes on meanwhile, and the standby with it.
    await second.sent(20);
    first.thaw();
    await plays(sink, first, 20);
    expect(arrivedOf(sink, first).find(({ at }) => at > before)!.at - before).toBeGreaterThan(100);
  }
  expect(all('switch')).toEqual([]);
});

test('two origins that come and go are not switched between for every pause', async () => {
  const [first, second] = [await liveOrigin({ gop: 10 }), await liveOrigin({ ...OTHER, gop: 10 })];
  const sink = await rtmpSink();
  const { all, events } = relayOf([first.url, second.url], sink.url, {
    standby: 'hot',
    failoverAfter: 200,
    failbackAfter: 60_000,
  });
  await plays(sink, first, 60);
  first.freeze();
  await events.count(1, ({ event }) => event === 'switch');
  first.thaw();
  await plays(sink, second, 60);
  // The same pause is too short now, and one that is long enough is still noticed.
  const before = all('switch').length;
  second.freeze();
  await first.sent(18);
  second.thaw();
  await plays(sink, second, 40);
  expect(all('switch')).toHaveLength(before);
  second.freeze();
  await events.count(before + 1, ({ event }) => event === 'switch');
  await plays(sink, first);
  const { gapMs } = all('switch').at(-1)!;
  expect(gapMs).toBeGreaterThan(390);
  expectWhole(sink, first, second);
});

test('a stream that is sparse by nature is not taken for one that is stuck', async () => {
  // Pictures of one a second, beside nothing.
  const sparse = { audio: false, gop: 1, frame: 1000 };
  const [first, second] = [await liveOrigin(sparse), await liveOrigin({ ...sparse, number: 50_000 })];
  const sink = await rtmpSink();
  const { all } = relayOf([first.url, second.url], sink.url, {
    standby: 'hot',
    failoverAfter: 1400,
    waitUnannounced: 50,
  });
  await plays(sink, first, 5);
  expect(all('switch')).toEqual([]);
  first.freeze();
  await plays(sink, second, 1);
  // Three of its pauses.
  expect(all('switch')[0]?.gapMs).toBeGreaterThan(2900);
});
