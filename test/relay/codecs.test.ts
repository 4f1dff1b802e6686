// Codecs beyond H.264 and AAC, and orders of pictures: a relay does not decode, so it must not care.
import { expect, test } from 'vitest';
import { arrival, expectMonotonic, expectSame, offsets } from '../support/relay/compare.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink } from '../support/relay/sink.js';
import { isKeyframe, stream, type StreamOptions } from '../support/relay/stream.js';
import { audioHeader, picture, VIDEO, videoHeader, type Tag, type VideoFormat } from '../support/relay/tags.js';

async function relayed(header: Tag, media: readonly Tag[]) {
  const sink = await rtmpSink();
  const origin = await rtmpOrigin(async (player) => {
    player.send(header, audioHeader());
    await player.pace(media, 4);
  });
  const watched = relayOf(origin.url, sink.url);
  await arrival(sink.arrivals, media.at(-1));
  return { sink, ...watched };
}

test.each<[string, VideoFormat, string]>([
  ['HEVC of Enhanced RTMP', 'hvc1', 'hevc'],
  ['AV1 of Enhanced RTMP', 'av01', 'av1'],
  ['HEVC under the number 12', 'hevc12', 'hevc'],
])('%s is forwarded byte for byte', async (_, format, codec) => {
  const media = stream({ length: 1000, format });
  const { sink, relay, told } = await relayed(videoHeader(0, { format }), media);
  expectSame(sink.media(), media);
  expect(sink.headers(VIDEO)).toMatchObject([{ payload: videoHeader(0, { format }).payload }]);
  expect(relay.status().feed.video?.codec).toBe(codec);
  expect((await told('ready')).reason).toBe('both streams');
});

test('VP9 and Opus need no sequence header to begin', async () => {
  const enhanced = (tag: Tag, first: number, fourCc: string): Tag => ({
    ...tag,
    payload: Buffer.concat([Buffer.from([first]), Buffer.from(fourCc), tag.payload.subarray(5)]),
  });
  const media = stream({ length: 600 }).map((tag) =>
    tag.type === VIDEO ? enhanced(tag, isKeyframe(tag) ? 0x91 : 0xa1, 'vp09') : enhanced(tag, 0x91, 'Opus'),
  );
  const sink = await rtmpSink();
  const origin = await rtmpOrigin(async (player) => await player.pace(media, 4));
  const { told } = relayOf(origin.url, sink.url);
  await arrival(sink.arrivals, media.at(-1));
  expectSame(sink.media(), media);
  expect(await told('ready')).toMatchObject({ reason: 'both streams', audio: 'opus', video: 'vp9' });
});

test.each<[string, Partial<StreamOptions>]>([
  ['pictures that are shown later than they are decoded', { cts: [80, 160, 0, 40] }],
  ['pictures that are shown earlier', { cts: [0, -40, 40, -80] }],
])('%s keep what they say of that', async (_, options) => {
  const media = stream({ length: 1000, ...options });
  const { sink } = await relayed(videoHeader(), media);
  expectSame(sink.media(), media);
  expectMonotonic(sink.media());
  expect(new Set(offsets(sink.media(), media))).toEqual(new Set([0]));
});

test('pictures of an open group that are shown ahead of its keyframe are forwarded', async () => {
  const group = (from: number, number: number): Tag[] => [
    picture(from, number, { key: true, cts: 80 }),
    picture(from + 40, number + 1, { cts: -40 }),
    picture(from + 80, number + 2, { cts: -40 }),
    picture(from + 120, number + 3, { cts: 40 }),
  ];
  const sounds = stream({ length: 640, video: false });
  const media = [...group(0, 0), ...group(160, 10), ...group(320, 20), ...group(480, 30), ...sounds].sort(
    (a, b) => a.timestamp - b.timestamp,
  );
  const { sink } = await relayed(videoHeader(), media);
  expectSame(sink.media(), media);
});

test('pictures and sound larger than any chunk, and empty ones, are forwarded', async () => {
  const media = stream({ length: 800, bytes: 300_000, gop: 20 });
  media.splice(5, 0, { type: VIDEO, timestamp: media[5]!.timestamp, payload: Buffer.from([0x27, 1, 0, 0, 0]) });
  const { sink } = await relayed(videoHeader(), media);
  expectSame(sink.media(), media);
});
