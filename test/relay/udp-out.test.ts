// MPEG-TS by UDP: what receivers get, in datagrams that hold whole packets, and what is said when nobody listens.
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/live.js';
import { streamsOf } from '../support/process.js';
import { Journal } from '../support/relay/journal.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { later, realStream } from '../support/relay/real-stream.js';
import { relayOf } from '../support/relay/relays.js';
import { expectSameMedia, unitsOf } from '../support/relay/same-media.js';
import { AUDIO, metadata, VIDEO, type Tag } from '../support/relay/tags.js';
import { isSetup, packetsOf, PACKET, readTs, tsReader } from '../support/relay/ts.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SPEED = 4;

/** A receiver, the datagrams that it got, and what was in them. */
interface Receiver {
  readonly port: number;
  readonly datagrams: readonly Buffer[];
  readonly tags: readonly Tag[];
  /** Waits until so many pictures and frames of sound were read. */
  whole(count: number): Promise<void>;
}

async function receiver(family: 'udp4' | 'udp6' = 'udp4', group?: string): Promise<Receiver> {
  const socket = createSocket({ type: family, reuseAddr: true });
  const datagrams: Buffer[] = [];
  const { demuxer, tags } = tsReader();
  const counts = new Journal<number>();
  let [read, media] = [0, 0];
  socket.on('message', (datagram) => {
    datagrams.push(datagram);
    demuxer.push(datagram);
    for (const tag of tags.slice(read)) if (!isSetup(tag)) media += 1;
    read = tags.length;
    counts.push(media);
  });
  socket.bind(0, group ?? (family === 'udp6' ? '::1' : '127.0.0.1'));
  await once(socket, 'listening');
  if (group !== undefined) socket.addMembership(group, '127.0.0.1');
  onTestFinished(() => void socket.close());
  return {
    ...{ port: socket.address().port, datagrams, tags },
    whole: async (count) => void (await counts.find((one) => one >= count, 'the whole stream')),
  };
}

/** Whether somebody is bound to a port of UDP on this machine. */
function isBound(port: number): boolean {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  return readFileSync('/proc/net/udp', 'utf8').includes(wanted);
}

test.each([
  ['an address', 'udp4', undefined, '127.0.0.1', '', 1316],
  ['an address of IPv6', 'udp6', undefined, '[::1]', '?pkt_size=188', 188],
  ['a name', 'udp4', undefined, 'localhost', '?pkt_size=752&ttl=3', 752],
  ['a group', 'udp4', '239.77.13.9', '239.77.13.9', '?ttl=1&localaddr=127.0.0.1', 1316],
] as const)('to %s it is the stream that it was', async (_, family, group, host, query, bytes) => {
  const target = await receiver(family, group);
  const { headers, media } = await realStream({ seconds: 3, bFrames: 2 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata(), ...headers);
    await player.pace(media, SPEED);
    player.cut();
  });
  const url = `udp://${host}:${String(target.port)}${query}`;
  const { relay, told, all } = relayOf(origin.url, url, { onEnd: 'exit' });
  await relay.done;
  expect((await told('connected')).destination).toBe(`udp://${host}:${String(target.port)}`);
  // The last frames of sound are sent as the relay ends, and may still be under way.
  await target.whole(media.length);
  for (const { byteLength } of target.datagrams) {
    expect(byteLength % PACKET).toBe(0);
    expect(byteLength).toBeLessThanOrEqual(bytes);
  }
  expectSameMedia(target.tags, [...headers, ...media]);
  expect(all('warning')).toEqual([]);
});

test('ffmpeg receives it live, from its first picture to its last, without a complaint', async () => {
  const port = await freePort('udp');
  const path = join(temporaryFolder(), 'received.ts');
  const child = spawn(
    'ffmpeg',
    [
      ...['-v', 'warning', '-nostdin', '-f', 'mpegts', '-i', `udp://127.0.0.1:${String(port)}?timeout=1500000`],
      ...['-map', '0', '-c', 'copy', '-y', path],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], timeout: 60_000 },
  );
  const stderr = text(child.stderr);
  const ended = once(child, 'close');
  const { headers, media } = await realStream({ seconds: 4, bFrames: 2 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata(), ...headers);
    await player.pace(media, 1);
    player.cut();
  });
  await eventually(() => {
    expect(isBound(port)).toBe(true);
  });
  await relayOf(origin.url, `udp://127.0.0.1:${String(port)}`, { onEnd: 'exit' }).relay.done;
  await ended;
  // The end of its patience is the only end that UDP has.
  expect((await stderr).replace(/^udp:.*\n/gm, '')).toBe('');
  expect((await streamsOf(path)).map(({ codec_name }) => codec_name).toSorted()).toEqual(['aac', 'h264']);
  const wanted = unitsOf([...headers, ...media]);
  const found = unitsOf(readTs(readFileSync(path)).tags);
  const crcs = (units: typeof wanted): number[] => units.filter(({ type }) => type === VIDEO).map(({ crc }) => crc);
  expect(crcs(found)).toEqual(crcs(wanted));
});

test('nobody listens: that is said a few times, and the stream is there for whoever comes', async () => {
  const port = await freePort('udp');
  const { headers, media } = await realStream({ seconds: 2 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata(), ...headers);
    for (let round = 0; round < 20; round++) await player.pace(later(media, round * 2000), SPEED);
  });
  const { relay, events, all } = relayOf(origin.url, `udp://127.0.0.1:${String(port)}`);
  await events.find((event) => event.event === 'warning');
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  onTestFinished(() => void socket.close());
  const [datagram] = (await once(socket, 'message')) as [Buffer];
  expect(datagram[0]).toBe(0x47);
  expect(all('lost')).toEqual([]);
  const warnings = all('warning');
  expect(warnings.length).toBeLessThanOrEqual(3);
  expect(warnings[0]).toMatchObject({ id: 1, message: expect.stringContaining('nobody listens there') });
  expect(relay.status().destinations[0]?.state).toBe('live');
});

test('what begins with a large group of pictures is spread, so that a receiver of the usual size loses none of it', async () => {
  const target = await receiver();
  const { headers, media } = await realStream({ seconds: 6, gop: 150, size: '1280x720', audio: 'none' });
  const bytes = media.reduce((sum, { payload }) => sum + payload.byteLength, 0);
  expect(bytes).toBeGreaterThan(1_500_000);
  const origin = await rtmpOrigin(async (player) => {
    // All at once, as servers with a cache do.
    player.send(...headers, ...media);
    await player.wait(60_000);
  });
  relayOf(origin.url, `udp://127.0.0.1:${String(target.port)}`, { queueBytes: 64 * 1024 * 1024 });
  // A picture of more than 64 KB ends with the next one.
  await target.whole(media.length - 1);
  expectSameMedia(target.tags, [...headers, ...media].slice(0, target.tags.length));
  const counters = new Map<number, number>();
  for (const { pid, counter, hasPayload } of packetsOf(Buffer.concat(target.datagrams))) {
    const before = counters.get(pid);
    if (hasPayload && before !== undefined) expect(counter).toBe((before + 1) % 16);
    if (hasPayload) counters.set(pid, counter);
  }
});

test('a stream that comes late is announced in the same one', async () => {
  const target = await receiver();
  const { headers, media } = await realStream({ seconds: 4 });
  const early = media.filter(({ type, timestamp }) => type === VIDEO || timestamp >= 2000);
  const origin = await rtmpOrigin(async (player) => {
    player.send(...headers.filter(({ type }) => type === VIDEO));
    await player.pace(
      early.filter(({ timestamp }) => timestamp < 2000),
      SPEED,
    );
    player.send(
      ...later(
        headers.filter(({ type }) => type === AUDIO),
        2000,
      ),
    );
    await player.pace(
      early.filter(({ timestamp }) => timestamp >= 2000),
      SPEED,
    );
    player.cut();
  });
  const { relay, all } = relayOf(origin.url, `udp://127.0.0.1:${String(target.port)}`, {
    ...{ onEnd: 'exit', waitUnannounced: 20, lateStream: 'republish' },
  });
  await relay.done;
  await target.whole(early.length);
  expectSameMedia(target.tags, [...headers, ...early]);
  expect(all('connected')).toHaveLength(1);
});

test('names that are none are a loss, and addresses that are none are refused', async () => {
  const origin = await rtmpOrigin(() => undefined);
  const { told } = relayOf(origin.url, 'udp://no-such-host.invalid:5000');
  expect((await told('lost')).error).toMatchObject({ code: 'FR_RELAY_CONNECT' });
  for (const [to, words] of [
    ['udp://127.0.0.1', 'udp://239.1.1.1:1234'],
    ['udp://127.0.0.1:70000', 'a port of 1 to 65,535'],
    ['udp://127.0.0.1:5000?pkt_size=1000', 'multiple of 188'],
    ['udp://127.0.0.1:5000?ttl=0', 'ttl'],
    ['udp://127.0.0.1:5000?localaddr=eth0', 'localaddr'],
    ['udp://127.0.0.1:5000?tll=4', 'ttl'],
  ] as const)
    expect(() => relayOf(origin.url, to)).toThrow(words);
});
