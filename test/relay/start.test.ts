// How a relay begins where all is well: what is sent, in which order, and that nothing of it was touched.
import { expect, test } from 'vitest';
import { flvTag } from '#dist/relay/flv/bytes.js';
import { expectMonotonic, expectSame, offsets } from '../support/relay/compare.js';
import { httpOrigin } from '../support/relay/http-origin.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf } from '../support/relay/relays.js';
import { isMedia, rtmpSink } from '../support/relay/sink.js';
import { isKeyframe, stream } from '../support/relay/stream.js';
import { AUDIO, audioHeader, DATA, metadata, VIDEO, videoHeader } from '../support/relay/tags.js';

const AGGREGATE = 22;
const HEADERS = [metadata(), videoHeader(), audioHeader()];

test('sound and picture arrive byte for byte, behind their metadata and sequence headers', async () => {
  const media = stream({ length: 2000 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(media, 8);
  });
  const sink = await rtmpSink();
  const { relay, told } = relayOf(origin.url, sink.url);
  await sink.arrivals.count(media.length, isMedia);
  expectSame(sink.media(), media);
  expectMonotonic(sink.media());
  expect(new Set(offsets(sink.media(), media))).toEqual(new Set([0]));

  const [first, second, third, fourth] = sink.arrivals.items;
  expect(first?.type).toBe(DATA);
  expect(first?.payload.toString('latin1')).toContain('@setDataFrame');
  expect(second?.payload).toEqual(videoHeader().payload);
  expect(third?.payload).toEqual(audioHeader().payload);
  expect(fourth).toSatisfy(isKeyframe);
  expect((await told('ready')).reason).toBe('both streams');
  expect(relay.status().feed).toMatchObject({ audio: { codec: 'aac' }, video: { codec: 'h264' }, size: [640, 360] });
});

test('a burst of a cached group arrives whole', async () => {
  const media = stream({ length: 3000, gop: 75 });
  const origin = await rtmpOrigin((player) => player.send(...HEADERS, ...media));
  const sink = await rtmpSink();
  relayOf(origin.url, sink.url);
  await sink.arrivals.count(media.length, isMedia);
  expectSame(sink.media(), media);
});

test.each([
  ['with its cache', {}],
  ['without a cache', { gopBytes: 0 }],
])('an origin that is joined amid a group is forwarded from its next keyframe on, once, %s', async (_, options) => {
  const media = stream({ length: 2000, from: 86_400_000 });
  const joined = media.slice(media.findIndex(({ timestamp }) => timestamp > 86_400_100));
  const sink = await rtmpSink();
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    // The destination stands before there is a keyframe: it is that keyframe which begins.
    await player.wait(sink.accepted.find(() => true));
    await player.pace(joined, 8);
  });
  relayOf(origin.url, sink.url, { publishEarly: true, ...options });
  const count = joined.length - joined.findIndex(isKeyframe);
  await sink.arrivals.count(count, isMedia);
  expectSame(sink.media(), joined);
  expect(new Set(offsets(sink.media(), joined)).size).toBe(1);
});

test.each([
  ['HTTP-FLV', httpOrigin],
  ['RTMP in chunks of 128 bytes', rtmpOrigin],
])('%s is as good an origin', async (_, make) => {
  const media = stream({ length: 1000 });
  const origin = await make(async (player) => {
    player.send(...HEADERS);
    await player.pace(media, 8);
  });
  const sink = await rtmpSink();
  relayOf(origin.url, sink.url);
  await sink.arrivals.count(media.length, isMedia);
  expectSame(sink.media(), media);
});

test('timestamps begin anew at the destination, and metadata of a stream that has none is not made up', async () => {
  const media = stream({ length: 1000, from: 4_000_000 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(videoHeader(4_000_000), audioHeader(4_000_000));
    await player.pace(media, 8);
  });
  const sink = await rtmpSink();
  relayOf(origin.url, sink.url);
  await sink.arrivals.count(media.length, isMedia);
  expect(sink.arrivals.items.filter(({ type }) => type === DATA)).toEqual([]);
  expect(sink.media()[0]?.timestamp).toBe(0);
  expect(sink.headers(VIDEO)).toHaveLength(1);
  expect(sink.headers(AUDIO)).toHaveLength(1);
});

test('messages that come several in one are taken apart', async () => {
  const media = stream({ length: 1000, gop: 100, from: 70_000 });
  const sink = await rtmpSink();
  const origin = await rtmpOrigin((player) => {
    player.send(...HEADERS);
    const { link, stream: number } = origin.connections[0]!;
    for (let i = 0; i < media.length; i += 7) {
      const some = media.slice(i, i + 7);
      // Times within are counted from elsewhere; only their distances matter.
      const body = some.map(({ type, timestamp, payload }) => flvTag(type, timestamp - 60_000, payload));
      link.message(6, AGGREGATE, number, some[0]?.timestamp ?? 0, Buffer.concat(body));
    }
  });
  relayOf(origin.url, sink.url);
  await sink.arrivals.count(media.length, isMedia);
  expectSame(sink.media(), media);
  expect(new Set(offsets(sink.media(), media)).size).toBe(1);
});
