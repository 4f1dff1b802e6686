// Frames that must have come until a stream counts as known, for origins whose first announcements are wrong.
import { expect, test } from 'vitest';
import { arrival, expectSame } from '../support/relay/compare.js';
import { httpOrigin } from '../support/relay/http-origin.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink } from '../support/relay/sink.js';
import { stream } from '../support/relay/stream.js';
import { AUDIO, audioHeader, VIDEO, videoHeader } from '../support/relay/tags.js';

const both = stream({ length: 2000 });

test('a relay begins when both have given as many as were asked for, and loses none of them', async () => {
  let proceed: () => void = () => undefined;
  const told = new Promise<void>((resolve) => (proceed = resolve));
  const counts = { audio: 0, video: 0 };
  const origin = await httpOrigin(
    async (player) => {
      player.send(videoHeader(), audioHeader());
      for (const tag of both) {
        // One picture and one sound less than enough, and then nothing until it was seen that nothing begins.
        const kind = tag.type === VIDEO ? 'video' : 'audio';
        counts[kind] += 1;
        if (counts.video === 2 && kind === 'video') await told;
        player.send(tag);
      }
      await player.pace([], 1);
    },
    { flags: 5 },
  );
  const sink = await rtmpSink();
  const { events, relay, all } = relayOf(origin.url, sink.url, {
    framesAudio: 10,
    framesVideo: 2,
    waitExpected: 60_000,
  });
  await events.find(({ event }) => event === 'connected', 'the destination');
  expect(all('ready')).toHaveLength(0);
  proceed();
  const ready = await events.find(({ event }) => event === 'ready', 'the start');
  expect(ready).toMatchObject({ reason: 'both streams' });
  const { audio, video } = relay.status().feed;
  expect(audio!.tags).toBeGreaterThanOrEqual(10);
  expect(video!.tags).toBeGreaterThanOrEqual(2);
  await arrival(sink.arrivals, both.at(-1));
  expectSame(
    sink.media().filter(({ type }) => type === VIDEO),
    both.filter(({ type }) => type === VIDEO),
  );
});

test('the clock on the wall bounds the wait for frames that do not come', async () => {
  const few = both.filter(({ type, timestamp }) => type === VIDEO || timestamp < 100);
  const origin = await httpOrigin(
    async (player) => {
      player.send(videoHeader(), audioHeader());
      await player.pace(few, 4);
    },
    { flags: 5 },
  );
  const sink = await rtmpSink();
  const { told } = relayOf(origin.url, sink.url, { framesAudio: 1000, waitExpected: 200 });
  expect(await told('ready')).toMatchObject({ reason: 'video alone', video: 'h264' });
  await arrival(sink.arrivals, few.at(-1));
  // It is announced all the same, so what still comes of it goes along.
  expect(sink.arrivals.items.some(({ type }) => type === AUDIO)).toBe(true);
});
