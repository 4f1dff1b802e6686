// Peers that accept and never answer, of every protocol, more of them than libuv has threads: nobody else waits for them.
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { protocols, HEADERS, numbered } from '../support/relay/protocols.js';
import { relayOf } from '../support/relay/relays.js';
import { rtmpSink } from '../support/relay/sink.js';
import { silentPeer } from '../support/relay/srt.js';

/** Relays to hung peers, of each kind. */
const EACH = 8;
/** Milliseconds in which a good one begins all the same, on a busy machine. */
const SOON = 3000;

async function silentServer(): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

test('eight of each kind do not hold up a good one of any kind, nor files and names', async () => {
  const sink = await rtmpSink();
  const dead = await silentServer();
  const hung = [
    ...['rtmp://HOST/live/a', 'rtsp://HOST/a', 'http://HOST/a.flv', 'http://HOST/a.m3u8', 'http://HOST/a.ts'].map(
      (address) => address.replace('HOST', dead),
    ),
    `srt://127.0.0.1:${String(await silentPeer())}`,
  ].flatMap((address) => Array.from({ length: EACH }, () => address));
  const waiting = hung.map((from) => relayOf(from, sink.url, { connectTimeout: 30_000 }));
  const [file, name] = [readFile(import.meta.filename), lookup('localhost')];
  const began = performance.now();
  await Promise.all([file, name]);
  expect(performance.now() - began).toBeLessThan(SOON);
  for (const protocol of protocols().filter(({ name: one }) => one !== 'SRT')) {
    const own = await rtmpSink();
    let tell: (events: ReturnType<typeof relayOf>) => void = () => undefined;
    const watched = new Promise<ReturnType<typeof relayOf>>((resolve) => (tell = resolve));
    const url = await protocol.open(
      async (player) => {
        player.send(HEADERS.video, HEADERS.audio);
        await player.pace(numbered(2000, {}), 4);
      },
      { opened: async () => (await watched).told('origin'), lost: async () => (await watched).told('originLost') },
    );
    const good = relayOf(url, own.url, { rtspTransport: protocol.name.endsWith('UDP') ? 'udp' : 'tcp' });
    tell(good);
    expect((await good.told('ready')).sinceStartMs, protocol.name).toBeLessThan(SOON);
  }
  // Theirs are over when they are told to be, and not when somebody answers.
  await Promise.all(waiting.map(async ({ relay }) => relay.stop()));
});
