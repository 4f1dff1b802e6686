// A relay that is pushed to: one publisher with the right key, told of as any origin is.
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../support/live.js';
import { stranger } from '../support/publishers.js';
import { arrival, expectSame } from '../support/relay/compare.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf, type Watched } from '../support/relay/relays.js';
import { rtmpSink, type Sink } from '../support/relay/sink.js';
import { stream } from '../support/relay/stream.js';
import { audioHeader, metadata, VIDEO, videoHeader } from '../support/relay/tags.js';

const HEADERS = [metadata(), videoHeader(), audioHeader()];
const media = stream({ length: 400 });

interface Listening extends Watched {
  readonly sink: Sink;
  readonly port: number;
  /** Another relay pushes to it, as an encoder does. */
  push(path: string): Promise<Watched>;
}

async function listening(): Promise<Listening> {
  const port = await freePort('tcp');
  const sink = await rtmpSink();
  const watched = relayOf(`rtmp://127.0.0.1:${String(port)}/live/right-key?listen`, sink.url);
  const push = async (path: string): Promise<Watched> => {
    const origin = await rtmpOrigin((player) => player.send(...HEADERS, ...media));
    return relayOf(origin.url, `rtmp://127.0.0.1:${String(port)}/${path}`);
  };
  return { ...watched, sink, port, push };
}

test('what is pushed with the right key is forwarded', async () => {
  const { sink, push, told, relay } = await listening();
  await push('live/right-key');
  await arrival(sink.arrivals, media.at(-1));
  expectSame(sink.media(), media);
  const { timings } = await told('origin');
  expect(Object.keys(timings)).toEqual(expect.arrayContaining(['dialled', 'tcp', 'handshake', 'play']));
  expect(JSON.stringify(relay.status())).not.toMatch(/right-key/);
});

test.each([
  ['another key', 'live/wrong-key', 'FR_RELAY_AUTH'],
  ['another application', 'other/right-key', 'FR_RELAY_REFUSED'],
])('%s is refused, and who comes next is not', async (_, path, code) => {
  const { sink, push, all } = await listening();
  const wrong = await push(path);
  expect((await wrong.told('lost')).error.code).toBe(code);
  await wrong.relay.stop();
  expect(all('origin')).toEqual([]);
  await push('live/right-key');
  await arrival(sink.arrivals, media.at(-1));
});

test('a second publisher is told that the name is taken, and takes over when the first one is gone', async () => {
  const { push, told, all, events } = await listening();
  const first = await push('live/right-key');
  await told('picture');
  const second = await push('live/right-key');
  expect((await second.told('lost')).error.code).toBe('FR_RELAY_BUSY');
  expect(all('originLost')).toEqual([]);
  await first.relay.stop();
  expect((await told('originLost')).error).toBeNull();
  await events.count(2, ({ event }) => event === 'origin');
});

test('who publishes anew, as for a stream that comes late, is let in at once', async () => {
  const { port, sink, all } = await listening();
  const both = stream({ length: 2000 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(audioHeader());
    await player.pace(
      both.filter(({ timestamp, type }) => timestamp < 800 && type !== VIDEO),
      2,
    );
    player.send(videoHeader(800));
    await player.pace(
      both.filter(({ timestamp }) => timestamp >= 800),
      2,
    );
  });
  const options = { lateStream: 'republish', waitUnannounced: 50, waitExpected: 50 } as const;
  const pusher = relayOf(origin.url, `rtmp://127.0.0.1:${String(port)}/live/right-key`, options);
  await arrival(
    sink.arrivals,
    both.findLast(({ type }) => type === VIDEO),
  );
  expect(pusher.all('lost')).toEqual([]);
  expect(pusher.relay.status().destinations).toMatchObject([{ connections: 2 }]);
  expect(all('originLost')).toMatchObject([{ error: null, retryInMs: 0 }]);
});

test('who comes while the one ahead says goodbye waits for that, and takes over', async () => {
  const { push, port, told, events } = await listening();
  const first = await push('live/right-key');
  await told('picture');
  const second = await stranger(port);
  second.publish('right-key');
  await second.hears('NetConnection.Connect.Success');
  await first.relay.stop();
  await second.hears('NetStream.Publish.Start');
  await events.count(2, ({ event }) => event === 'origin');
});

test('publishers that come and go are never kept waiting', async () => {
  const { push, events, all, told } = await listening();
  await told('state');
  for (let i = 1; i <= 5; i++) {
    const { relay } = await push('live/right-key');
    await events.count(i, ({ event }) => event === 'origin');
    await relay.stop();
    await events.count(i, ({ event }) => event === 'originLost');
  }
  expect(all('originLost').map(({ retryInMs }) => retryInMs)).toEqual([0, 0, 0, 0, 0]);
});

test('strangers that say nothing keep nobody out', async () => {
  const { push, sink, port } = await listening();
  for (let i = 0; i < 5; i++) {
    const stranger = connect(port, '127.0.0.1').on('error', () => undefined);
    onTestFinished(() => void stranger.destroy());
    await once(stranger, 'connect');
    stranger.write(i % 2 === 0 ? 'GET / HTTP/1.0\r\n\r\n' : Buffer.from([3]));
  }
  await push('live/right-key');
  await arrival(sink.arrivals, media.at(-1));
});

test('a port that is taken is an error, and a relay that is stopped lets go of its own', async () => {
  const { port, relay } = await listening();
  const url = `rtmp://127.0.0.1:${String(port)}/live/right-key?listen`;
  const sink = await rtmpSink();
  const second = relayOf(url, sink.url, { onEnd: 'exit' });
  await expect(second.relay.done).rejects.toMatchObject({ code: 'FR_RELAY_CONNECT' });
  await relay.stop();
  const third = relayOf(url, sink.url);
  const origin = await rtmpOrigin((player) => player.send(...HEADERS, ...media));
  relayOf(origin.url, url.replace('?listen', ''));
  await third.told('picture');
});
