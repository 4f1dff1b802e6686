// node-media-server between two relays: its cache of groups, and its FLV header that claims what is not there.
import { expect, test } from 'vitest';
import { arrival, expectUnbroken, mediaOf } from '../support/relay/compare.js';
import { nodeMediaServer } from '../support/relay/node-media-server.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink } from '../support/relay/sink.js';
import { isKeyframe, stream } from '../support/relay/stream.js';
import { audioHeader, metadata, videoHeader, type Tag } from '../support/relay/tags.js';

const WAITS = { waitUnannounced: 100, waitExpected: 300 };

/** Publishes a stream to the server, and relays it on from there. */
async function through(headers: readonly Tag[], media: readonly Tag[], by: 'rtmp' | 'flv') {
  const server = await nodeMediaServer();
  const sink = await rtmpSink();
  const origin = await rtmpOrigin(async (player) => {
    player.send(...headers);
    await player.pace(media);
  });
  const inbound = relayOf(origin.url, server.rtmp('stream'), WAITS);
  await inbound.told('picture');
  const outbound = relayOf(server[by]('stream'), sink.url, { ...WAITS, onEnd: 'exit' });
  await arrival(sink.arrivals, media.at(-1));
  return { sink, ready: await outbound.told('ready'), play: (await outbound.told('origin')).timings.play ?? 0 };
}

test.each(['rtmp', 'flv'] as const)('sound and picture by %s arrive byte for byte from a keyframe on', async (by) => {
  const media = stream({ length: 2500 });
  const { sink, ready } = await through([metadata(), videoHeader(), audioHeader()], media, by);
  expect(ready.reason).toBe('both streams');
  expect(sink.media()[0]).toSatisfy(isKeyframe);
  expectUnbroken(sink.media(), mediaOf(media));
});

test('video alone under a header that claims sound starts within the wait', async () => {
  const media = stream({ length: 2500, audio: false });
  const { sink, ready, play } = await through([videoHeader()], media, 'flv');
  expect(ready.reason).toBe('video alone');
  expect(ready.sinceStartMs - play).toBeLessThan(WAITS.waitExpected + 700);
  expect(sink.media()[0]).toSatisfy(isKeyframe);
  expectUnbroken(sink.media(), mediaOf(media));
});
