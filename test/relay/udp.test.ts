// UDP origins: what ffmpeg sends to one address and to a group, what is not meant for us, and what never comes.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TAG } from '#dist/relay/flv/tag.js';
import { parseUdp } from '#dist/relay/udp/address.js';
import { fixture } from '../support/fixtures.js';
import { freePort } from '../support/live.js';
import { thrownCode } from '../support/pieces.js';
import { runFfmpeg } from '../support/relay/ffmpeg-run.js';
import { sums } from '../support/relay/compare.js';
import { openOrigin, type OpenedOrigin } from '../support/relay/opened-origin.js';
import { relayOf } from '../support/relay/relays.js';
import { isMedia, rtmpSink } from '../support/relay/sink.js';
import { flvTags, mediaOf, PACKET, packetsOf, readTs } from '../support/relay/ts.js';
import type { Tag } from '../support/relay/tags.js';

const ts = readFileSync(fixture('plain.ts'));
const theirs = flvTags(readFileSync(fixture('plain.flv')));
const DATAGRAM = 7 * PACKET;

/** A socket that sends, and is closed with the running test. */
async function sender(family: 'udp4' | 'udp6' = 'udp4', host = '127.0.0.1'): Promise<Socket> {
  const socket = createSocket(family).bind(0, host);
  await once(socket, 'listening');
  onTestFinished(() => {
    socket.close();
  });
  return socket;
}

/** Waits until a port is bound: a datagram that comes before is nobody's. */
async function bound(port: number): Promise<void> {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const end = performance.now() + 10_000;
  while (!['/proc/net/udp', '/proc/net/udp6'].some((list) => readFileSync(list, 'utf8').includes(hex))) {
    if (performance.now() > end) throw new Error(`Nobody listens at ${String(port)}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Sends datagrams one behind the other, each when the last one has been taken. */
async function send(socket: Socket, port: number, datagrams: readonly Buffer[], host = '127.0.0.1'): Promise<void> {
  for (const datagram of datagrams) {
    await new Promise<void>((resolve) => {
      socket.send(datagram, port, host, () => {
        resolve();
      });
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Bytes cut into datagrams. */
function datagrams(bytes: Buffer, size = DATAGRAM): Buffer[] {
  const all: Buffer[] = [];
  for (let at = 0; at < bytes.byteLength; at += size) all.push(bytes.subarray(at, at + size));
  return all;
}

/** The last picture is known to be whole when another begins: here nothing comes behind it. */
async function tagsOf(opened: OpenedOrigin, pictures: number): Promise<Tag[]> {
  await opened.journal.count(pictures, (item) => item.what === 'tag' && mediaOf([item.tag], TAG.video).length > 0);
  return opened.tags();
}

function rtp(data: Buffer, sequence: number, { extension = false, padding = 0, sources = 0 } = {}): Buffer {
  const head = Buffer.alloc(12 + 4 * sources);
  head[0] = 0x80 | (extension ? 0x10 : 0) | (padding > 0 ? 0x20 : 0) | sources;
  head[1] = 33;
  head.writeUInt16BE(sequence & 0xffff, 2);
  const more = extension ? Buffer.from([0xbe, 0xde, 0, 2, ...Buffer.alloc(8, 0x47)]) : Buffer.alloc(0);
  const pad = Buffer.alloc(padding, 0);
  if (padding > 0) pad[padding - 1] = padding;
  return Buffer.concat([head, more, data, pad]);
}

test.each([
  ['in datagrams of seven packets', '?pkt_size=1316'],
  ['in datagrams that are cut anywhere', ''],
])('what ffmpeg sends %s reaches RTMP', async (_, query) => {
  const port = await freePort('udp');
  const sink = await rtmpSink();
  const { told, all } = relayOf(`udp://127.0.0.1:${String(port)}`, sink.url, { publishEarly: true });
  await sink.accepted.find(() => true);
  await bound(port);
  runFfmpeg('-re', '-i', fixture('plain.mp4'), '-c', 'copy', '-f', 'mpegts', `udp://127.0.0.1:${String(port)}${query}`);
  await sink.arrivals.count(200, isMedia);
  expect(await told('ready')).toMatchObject({ audio: 'aac', video: 'h264' });
  expect(all('warning')).toEqual([]);
  for (const type of [TAG.video, TAG.audio]) {
    const came = sums(sink.media().filter((one) => one.type === type));
    expect(came.length).toBeGreaterThan(70);
    expect(sums(mediaOf(theirs, type)).slice(0, came.length)).toEqual(came);
  }
});

test('RTP around it is taken off: extensions, sources, padding, and datagrams that come twice or late', async () => {
  const port = await freePort('udp');
  const opened = openOrigin(`udp://127.0.0.1:${String(port)}`);
  await bound(port);
  const socket = await sender();
  const plain = datagrams(ts);
  const wrapped = plain.flatMap((data, i) => {
    const one = rtp(data, 65_500 + i, { extension: i % 3 === 0, padding: (i % 2) * 5, sources: i % 4 });
    // Each fifth one comes again, and so does an old one.
    return i % 5 === 4 ? [one, one, rtp(plain[i - 3]!, 65_500 + i - 3)] : [one];
  });
  await send(socket, port, wrapped);
  const expected = readTs(ts);
  expect(sums(await tagsOf(opened, 99)).slice(0, 270)).toEqual(sums(expected.tags).slice(0, 270));
  expect(opened.warnings()).toEqual([]);
});

describe('a group', () => {
  const loopback = Object.entries(networkInterfaces()).find(([, list]) => list?.some(({ internal }) => internal))?.[0];

  test.each([
    ['by the address of an interface', '239.255.7.1', '?localaddr=127.0.0.1'],
    ['by the name of an interface', '239.255.7.2', `?interface=${loopback ?? ''}`],
    ['of one source', '232.1.7.3', '?interface=127.0.0.1&sources=127.0.0.1'],
  ])('is joined %s', async (_, group, query) => {
    const port = await freePort('udp');
    const opened = openOrigin(`udp://@${group}:${String(port)}${query}`);
    // Two may listen to one group.
    const second = openOrigin(`udp://${group}:${String(port)}${query}`);
    await bound(port);
    const socket = await sender();
    socket.setMulticastInterface('127.0.0.1');
    await send(socket, port, datagrams(ts), group);
    const expected = sums(readTs(ts).tags).slice(0, 270);
    for (const one of [opened, second]) expect(sums(await tagsOf(one, 99)).slice(0, 270)).toEqual(expected);
  });

  // Groups of IPv6 have no route by loopback; with a limit of no hops nothing leaves this machine.
  const six = Object.entries(networkInterfaces()).find(([, list]) =>
    list?.some(({ internal, family }) => !internal && family === 'IPv6'),
  )?.[0];
  test.skipIf(six === undefined)('of IPv6 is joined by the name of an interface', async () => {
    const port = await freePort('udp');
    const opened = openOrigin(`udp://[ff12::7:7]:${String(port)}?interface=${six ?? ''}`);
    await bound(port);
    const socket = await sender('udp6', '::');
    socket.setMulticastInterface(`::%${six ?? ''}`);
    socket.setMulticastTTL(0);
    await send(socket, port, datagrams(ts), `ff12::7:7%${six ?? ''}`);
    expect((await tagsOf(opened, 99)).length).toBeGreaterThan(260);
  });

  test('that cannot be joined is an error in one sentence', async () => {
    const port = await freePort('udp');
    const error = await openOrigin(`udp://239.255.7.4:${String(port)}?interface=none9`).ended();
    expect(error).toMatchObject({ code: 'FR_RELAY_CONNECT' });
    expect(error?.message).toContain('none9');
  });
});

describe('who is heard', () => {
  test('only who was named; what others send is as if it never came', async () => {
    const port = await freePort('udp');
    const opened = openOrigin(`udp://127.0.0.1:${String(port)}?sources=127.0.0.3`);
    await bound(port);
    const stranger = await sender();
    const friend = await sender('udp4', '127.0.0.3');
    await send(stranger, port, datagrams(ts).slice(0, 50));
    await send(friend, port, datagrams(ts));
    expect(sums(await tagsOf(opened, 99)).slice(0, 270)).toEqual(sums(readTs(ts).tags).slice(0, 270));
    expect(opened.warnings()).toEqual([]);
  });

  test('the first of two senders, until it falls silent', async () => {
    const port = await freePort('udp');
    const opened = openOrigin(`udp://127.0.0.1:${String(port)}`);
    await bound(port);
    const [first, second] = [await sender(), await sender()];
    const all = datagrams(ts);
    for (const [i, one] of all.entries()) {
      await send(first, port, [one]);
      if (i % 3 === 0) await send(second, port, [all[(i + 70) % all.length]!]);
    }
    expect(sums(await tagsOf(opened, 99)).slice(0, 270)).toEqual(sums(readTs(ts).tags).slice(0, 270));
    expect(opened.warnings()).toEqual([
      `More than one sends to udp://127.0.0.1:${String(port)}: the first one is heard.`,
    ]);
    // The encoder was restarted, and sends from another port.
    const before = opened.tags().length;
    const heard = (): boolean => opened.tags().length > before + 100;
    for (const end = performance.now() + 10_000; !heard() && performance.now() < end;) await send(second, port, all);
    expect(heard()).toBe(true);
  });

  test('datagrams that hold no packets open nothing', async () => {
    const port = await freePort('udp');
    const opened = openOrigin(`udp://127.0.0.1:${String(port)}`, 1500);
    await bound(port);
    const socket = await sender();
    const junk = [Buffer.alloc(0), Buffer.alloc(1400, 0x80), Buffer.from('hello'), rtp(Buffer.alloc(1316, 1), 1)];
    await send(socket, port, junk);
    const error = await opened.ended();
    expect(error).toMatchObject({ code: 'FR_RELAY_TIMEOUT' });
    expect(error?.message).toContain('sent no transport stream within 1500 ms');
    expect(opened.journal.items.map(({ what }) => what)).toEqual(['end']);
  });
});

test('a port that is taken is an error, and a closed origin gives its port back', async () => {
  const port = await freePort('udp');
  const first = openOrigin(`udp://127.0.0.1:${String(port)}`);
  await bound(port);
  expect(await openOrigin(`udp://127.0.0.1:${String(port)}`).ended()).toMatchObject({ code: 'FR_RELAY_CONNECT' });
  first.origin.close();
  first.origin.close();
  const again = openOrigin(`udp://127.0.0.1:${String(port)}`);
  await bound(port);
  await send(await sender(), port, datagrams(ts));
  await again.opened();
  expect(first.journal.items).toEqual([]);
});

test('lost datagrams cost the group they are in, and are told', async () => {
  const port = await freePort('udp');
  const opened = openOrigin(`udp://127.0.0.1:${String(port)}`);
  await bound(port);
  const all = datagrams(ts);
  await send(await sender(), port, [...all.slice(0, 40), ...all.slice(42)]);
  await tagsOf(opened, 60);
  expect(opened.warnings().join()).toContain('Packets of the video were lost once');
  const expected = new Set(sums(readTs(ts).tags).map(({ crc }) => crc));
  // Nothing that was damaged comes through.
  for (const { crc } of sums(opened.tags())) expect(expected.has(crc)).toBe(true);
  const counters = packetsOf(Buffer.concat(all)).length;
  expect(counters).toBeGreaterThan(1000);
});

describe('addresses', () => {
  test.each([
    ['udp://239.1.1.1:1234', { multicast: true, host: '239.1.1.1', family: 'udp4' }],
    ['udp://@239.1.1.1:1234', { multicast: true, host: '239.1.1.1', shown: 'udp://239.1.1.1:1234' }],
    ['udp://@:1234', { multicast: false, host: '0.0.0.0', reuse: false }],
    ['udp://:1234', { multicast: false, host: '0.0.0.0', port: 1234 }],
    ['udp://localhost:1234?reuse=1', { multicast: false, host: 'localhost', reuse: true }],
    ['udp://[::1]:1234', { multicast: false, host: '::1', family: 'udp6', shown: 'udp://[::1]:1234' }],
    ['udp://[ff15::1]:1234?interface=eth0', { multicast: true, family: 'udp6', via: 'eth0' }],
    ['udp://10.0.0.1:5?buffer_size=65536&fifo_size=1000000&overrun_nonfatal=1', { bufferBytes: 65_536 }],
    ['udp://10.0.0.1:5?program=3&pkt_size=1316', { program: 3 }],
  ])('%s', (text, expected) => {
    expect(parseUdp('from', text)).toMatchObject(expected);
  });

  test.each([
    'udp://',
    'udp://10.0.0.1',
    'udp://10.0.0.1:0',
    'udp://10.0.0.1:65536',
    'udp://10.0.0.1:x',
    'udp://[10.0.0.1]:5',
    'udp://[::1:5',
    'udp://10.0.0.1:5/path',
    'udp://10.0.0.1:5?buffer=1',
    'udp://10.0.0.1:5?buffer_size=0',
    'udp://10.0.0.1:5?sources=a.example',
    'udp://10.0.0.1:5?program=70000',
    'udp://239.1.1.1:5?interface=a b',
  ])('%s is refused', (text) => {
    expect(thrownCode(() => parseUdp('from', text))).toBe('FR_ARG_INVALID');
  });

  test('senders by their addresses, in both spellings', () => {
    const { accepts } = parseUdp('from', 'udp://:5?sources=10.0.0.1,fe80::1&block=10.0.0.2');
    expect(accepts('10.0.0.1')).toBe(true);
    expect(accepts('::ffff:10.0.0.1')).toBe(true);
    expect(accepts('fe80::1%eth0')).toBe(true);
    expect(accepts('10.0.0.3')).toBe(false);
    const all = parseUdp('from', 'udp://:5?block=10.0.0.2');
    expect(all.accepts('10.0.0.1')).toBe(true);
    expect(all.accepts('10.0.0.2')).toBe(false);
  });
});
