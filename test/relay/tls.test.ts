// RTMPS on both sides, and certificates that nobody vouches for.
import { expect, test } from 'vitest';
import { arrival, expectSame } from '../support/relay/compare.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink } from '../support/relay/sink.js';
import { stream } from '../support/relay/stream.js';
import { audioHeader, metadata, videoHeader } from '../support/relay/tags.js';

const media = stream({ length: 2000, gop: 100, bytes: 30_000 });
const secure = async () =>
  await rtmpOrigin((player) => player.send(metadata(), videoHeader(), audioHeader(), ...media), {}, true);

test.each(['127.0.0.1', 'localhost'])('a stream by TLS from and to %s arrives byte for byte', async (host) => {
  const origin = await secure();
  const sink = await rtmpSink({}, true);
  const named = (url: string): string => url.replace('127.0.0.1', host);
  const { relay } = relayOf(named(origin.url), named(sink.url), { verifyTls: false });
  await arrival(sink.arrivals, media.at(-1));
  expectSame(sink.media(), media);
  const { origin: from, destinations } = relay.status().timings;
  for (const { tcp = NaN, tls = NaN, handshake = NaN } of [from, destinations[1] ?? {}]) {
    expect(tls).toBeGreaterThan(tcp);
    expect(handshake).toBeGreaterThan(tls);
  }
});

test('a certificate that nobody vouches for is refused unless told otherwise', async () => {
  const origin = await secure();
  const sink = await rtmpSink({}, true);
  const { relay, told } = relayOf(origin.url, sink.url, { onEnd: 'exit' });
  await expect(relay.done).rejects.toMatchObject({ code: 'FR_RELAY_CONNECT', message: expect.stringContaining('TLS') });
  expect(origin.connections).toEqual([]);
  expect((await told('end')).error?.code).toBe('FR_RELAY_CONNECT');
});

test('TLS towards a server that speaks none, and none towards one that does, end with an error', async () => {
  const plain = await rtmpSink();
  const wrapped = await rtmpSink({}, true);
  const options = { verifyTls: false, connectTimeout: 500, onEnd: 'exit' } as const;
  const first = relayOf(plain.url.replace('rtmp', 'rtmps'), plain.url, options);
  await expect(first.relay.done).rejects.toMatchObject({ code: 'FR_RELAY_CONNECT' });
  const second = relayOf(wrapped.url.replace('rtmps', 'rtmp'), plain.url, options);
  await expect(second.relay.done).rejects.toMatchObject({ code: expect.stringMatching(/^FR_RELAY_/) });
});
