// HLS as an origin.
import { expect, test } from 'vitest';
import { clip, contents, mediaPlaylist, segmentsOf, tagsOf } from '../support/relay/hls-media.js';
import { hlsServer } from '../support/relay/hls-server.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink } from '../support/relay/sink.js';
import { AUDIO, VIDEO } from '../support/relay/tags.js';

test.each(['mpegts', 'fmp4'] as const)('a playlist that has ended, in %s', async (format) => {
  const path = await clip();
  const sent = await tagsOf(path);
  const { list, map } = await segmentsOf(path, format);
  const server = await hlsServer();
  const sink = await rtmpSink();
  for (const { name, bytes } of list) server.put(name, bytes);
  if (map) server.put('init.mp4', map);
  const tags = map ? ['#EXT-X-MAP:URI="init.mp4"'] : [];
  server.put('index.m3u8', mediaPlaylist(list.map(({ name, duration }) => ({ uri: name, duration })), { ended: true, tags }));
  const { relay, events } = relayOf(server.url('index.m3u8'), sink.url, { onEnd: 'exit' });
  await relay.done.catch((e) => console.log(e));
  console.log(events.items.map((e) => JSON.stringify(e)).join('\n'));
  console.log(server.requests.items.map(({ path, connection, at }) => `${path} ${connection} ${at}`));
  expect(contents(sink.media(), VIDEO)).toEqual(contents(sent, VIDEO));
  expect(contents(sink.media(), AUDIO)).toEqual(contents(sent, AUDIO));
  console.log(sink.media().map(a => [a.type, a.timestamp, Math.round(a.at - sink.media()[0].at)].join(':')).join(' '));
});
