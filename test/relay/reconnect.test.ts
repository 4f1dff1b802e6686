// Connections that are lost and made again: nothing twice, nothing backwards, sound and picture still together.
import { expect, test } from 'vitest';
import { flvTag } from '#dist/relay/flv/bytes.js';
import { ChunkWriter } from '#dist/relay/rtmp/chunk-writer.js';
import { failure } from '../support/failure.js';
import { arrival, expectMonotonic, expectSame, offsets } from '../support/relay/compare.js';
import { httpOrigin } from '../support/relay/http-origin.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import type { Player, Script } from '../support/relay/player.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink, type Arrival, type Sink } from '../support/relay/sink.js';
import { isKeyframe, stream } from '../support/relay/stream.js';
import { AUDIO, audioHeader, DATA, metadata, VIDEO, videoHeader, type Tag } from '../support/relay/tags.js';

const HEADERS = [metadata(), videoHeader(), audioHeader()];
/** Milliseconds from one keyframe to the next. */
const GOP = 400;

/** Plays tags to the first client, and breaks off as soon as the last of them has arrived. */
async function playAndBreak(player: Player, sink: Sink, tags: readonly Tag[], how: 'fin' | 'rst' = 'rst') {
  player.send(...HEADERS);
  await player.pace(tags, 8);
  await player.wait(arrival(sink.arrivals, tags.at(-1)));
  player.cut(how);
}

/** Milliseconds for which an origin keeps quiet when it is there again. */
const SILENCE = 300;

const timesOf = (arrived: readonly Arrival[], type: number): number[] =>
  arrived.filter((one) => one.type === type).map(({ timestamp }) => timestamp);

test.each(['fin', 'rst'] as const)(
  'an origin that is lost by %s and replays its group loses and repeats nothing',
  async (how) => {
    const media = stream({ length: 1600 });
    // Amid the second group.
    const at = media.findIndex(({ timestamp }) => timestamp > GOP + 200);
    const replayFrom = media.findIndex((tag) => tag.timestamp >= GOP && isKeyframe(tag));
    const sink = await rtmpSink();
    const origin = await rtmpOrigin(async (player) => {
      if (player.connection === 1) await playAndBreak(player, sink, media.slice(0, at), how);
      player.send(...HEADERS, ...media.slice(replayFrom, at));
      await player.pace(media.slice(at), 8);
    });
    const { relay, told, events } = relayOf(origin.url, sink.url);
    await arrival(sink.arrivals, media.at(-1));
    expectSame(sink.media(), media);
    expectMonotonic(sink.media());
    expect(new Set(offsets(sink.media(), media))).toEqual(new Set([0]));
    expect((await told('originLost')).error?.code).toBe(how === 'rst' ? 'FR_RELAY_LOST' : undefined);
    expect(relay.status().feed.replayed).toBe(at - replayFrom);
    expect(sink.headers()).toHaveLength(2);
    expect(sink.connections).toHaveLength(1);
    expect(events.items.filter(({ event }) => event === 'origin')).toHaveLength(2);
  },
);

test('a replay that is lost amid is replayed again', async () => {
  const media = stream({ length: 1200 });
  const at = media.findIndex(({ timestamp }) => timestamp > 300);
  const sink = await rtmpSink();
  const origin = await rtmpOrigin(async (player) => {
    if (player.connection === 1) await playAndBreak(player, sink, media.slice(0, at));
    player.send(...HEADERS, ...media.slice(0, player.connection === 2 ? at / 2 : at));
    if (player.connection === 2) player.cut();
    else await player.pace(media.slice(at), 8);
  });
  relayOf(origin.url, sink.url);
  await arrival(sink.arrivals, media.at(-1));
  expectSame(sink.media(), media);
});

/** Bytes of a message: within its first header, its payload, the header of its second chunk, and almost all of it. */
const PARTS = [1, 11, 12, 60, 140, 141, 9000];

test.each(PARTS.flatMap((bytes) => [['RTMP', bytes] as const, ['HTTP-FLV', bytes] as const]))(
  'an origin over %s that breaks off behind %d bytes of a keyframe is played on',
  async (kind, bytes) => {
    const media = stream({ length: 1200 });
    const at = media.findIndex((tag) => tag.timestamp >= 2 * GOP && isKeyframe(tag));
    const from = media.findIndex((tag) => tag.timestamp >= GOP && isKeyframe(tag));
    const { type, timestamp, payload } = media[at]!;
    const writer = new ChunkWriter();
    writer.message(6, type, 1, timestamp, payload);
    const whole = kind === 'RTMP' ? writer.take() : flvTag(type, timestamp, payload);
    const sink = await rtmpSink();
    const script: Script = async (player) => {
      player.send(...HEADERS);
      if (player.connection === 1) {
        await player.pace(media.slice(0, at), 8);
        await player.wait(arrival(sink.arrivals, media[at - 1]));
        player.raw(whole.subarray(0, bytes));
        player.cut();
      } else {
        player.send(...media.slice(from, at));
        await player.pace(media.slice(at), 8);
      }
    };
    const origin = kind === 'RTMP' ? await rtmpOrigin(script) : await httpOrigin(script);
    relayOf(origin.url, sink.url);
    await arrival(sink.arrivals, media.at(-1));
    expectSame(sink.media(), media);
    expectMonotonic(sink.media());
  },
);

test('an origin that was restarted, and whose clock began anew, goes on behind the pause', async () => {
  const before = stream({ length: 800, from: 5_000_000 });
  const after = stream({ length: 800, number: 700 });
  const sink = await rtmpSink();
  let broken = 0;
  const origin = await rtmpOrigin(async (player) => {
    if (player.connection === 1) {
      await playAndBreak(player, sink, before);
      broken = performance.now();
    }
    player.send(...HEADERS);
    // It is there, and has nothing to say for a while.
    await player.wait(SILENCE);
    await player.pace(after, 8);
  });
  relayOf(origin.url, sink.url);
  await arrival(sink.arrivals, after.at(-1));
  expectSame(sink.media(), [...before, ...after]);
  expectMonotonic(sink.media());
  // One offset for both tracks, and about as much of a pause as there was.
  const [offset, ...others] = new Set(offsets(sink.media(), after));
  expect(others).toEqual([]);
  const last = Math.max(...timesOf(sink.media().slice(0, before.length), AUDIO));
  const pause = (offset ?? 0) - last;
  expect(pause).toBeGreaterThan(SILENCE - 10);
  const first = sink.media()[before.length];
  expect(pause).toBeLessThan((first?.at ?? 0) - broken + 200);
});

test('an origin that is joined amid a group after a loss is forwarded from its next keyframe on', async () => {
  const media = stream({ length: 1600 });
  const at = media.findIndex(({ timestamp }) => timestamp > 200);
  const again = media.findIndex(({ timestamp }) => timestamp > GOP + 200);
  const next = media.findIndex((tag) => tag.timestamp >= 2 * GOP && isKeyframe(tag));
  const sink = await rtmpSink();
  const origin = await rtmpOrigin(async (player) => {
    if (player.connection === 1) await playAndBreak(player, sink, media.slice(0, at));
    player.send(...HEADERS);
    await player.pace(media.slice(again), 8);
  });
  relayOf(origin.url, sink.url);
  await arrival(sink.arrivals, media.at(-1));
  const video = sink.media().filter(({ type }) => type === VIDEO);
  const decodable = [...media.slice(0, at), ...media.slice(next)].filter(({ type }) => type === VIDEO);
  expectSame(video, decodable);
  expectMonotonic(sink.media());
});

test('a destination that is lost amid a group gets its beginning again', async () => {
  const media = stream({ length: 1600 });
  const at = media.findIndex(({ timestamp }) => timestamp > GOP + 200);
  const from = media.findIndex((tag) => tag.timestamp >= GOP && isKeyframe(tag));
  const sink = await rtmpSink();
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(media.slice(0, at), 8);
    await player.wait(arrival(sink.arrivals, media[at - 1]));
    sink.connections[0]?.link.cut('rst');
    await player.wait(sink.arrivals.find(({ connection }) => connection === 2));
    await player.pace(media.slice(at), 8);
  });
  const { told, relay } = relayOf(origin.url, sink.url);
  await arrival(sink.arrivals, media.at(-1));
  expectSame(sink.media(1), media.slice(0, at));
  expectSame(sink.media(2), media.slice(from));
  expectMonotonic(sink.media(2));
  const second = sink.arrivals.items.filter(({ connection }) => connection === 2);
  expect(second.slice(0, 3).map(({ type }) => type)).toEqual([DATA, VIDEO, AUDIO]);
  expect(await told('lost')).toMatchObject({ error: { code: 'FR_RELAY_LOST' }, retryInMs: 0 });
  expect(relay.status().destinations[0]).toMatchObject({ state: 'live', connections: 2 });
});

test.each(['the stream is said to be unpublished', 'the connection is closed', 'the stream is said to be at its end'])(
  'a relay that ends with its origin ends when %s',
  async (way) => {
    const media = stream({ length: 400 });
    const sink = await rtmpSink();
    const origin = await rtmpOrigin(async (player) => {
      player.send(...HEADERS, ...media);
      await player.wait(arrival(sink.arrivals, media.at(-1)));
      const { link, stream: number } = origin.connections[0]!;
      const status = { level: 'status', code: 'NetStream.Play.UnpublishNotify', description: 'Over.' };
      if (way.includes('unpublished')) link.command(number, 'onStatus', 0, null, status);
      // User control 1, of stream 1.
      else if (way.includes('end')) link.message(2, 4, 0, 0, Buffer.from([0, 1, 0, 0, 0, 1]));
      else player.cut();
    });
    const { relay, told } = relayOf(origin.url, sink.url, { onEnd: 'exit' });
    await relay.done;
    expect((await told('end')).error).toBeNull();
    expect(await told('originLost')).toMatchObject({ error: null, retryInMs: null });
    expectSame(sink.media(), media);
    await sink.closed.find(() => true, 'the goodbye');
    expect(sink.connections[0]?.commands.slice(-2)).toEqual(['FCUnpublish', 'deleteStream']);
  },
);

test('a relay that ends with its origin fails with what it was lost for', async () => {
  const media = stream({ length: 400 });
  const sink = await rtmpSink();
  const origin = await rtmpOrigin(async (player) => await playAndBreak(player, sink, media));
  const { relay } = relayOf(origin.url, sink.url, { onEnd: 'exit' });
  expect(await failure(async () => await relay.done)).toMatchObject({ code: 'FR_RELAY_LOST', retryable: true });
});
