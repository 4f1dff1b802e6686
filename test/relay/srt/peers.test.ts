// Peers that refuse, never answer, vanish and come back: what is said of them, and that nobody else is held up.
import dns from 'node:dns';
import { readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isIP } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TAG } from '#dist/relay/flv/tag.js';
import { fixture } from '../../support/fixtures.js';
import { freePort, sender } from '../../support/live.js';
import { sums } from '../../support/relay/compare.js';
import { openOrigin } from '../../support/relay/opened-origin.js';
import { rtmpOrigin } from '../../support/relay/origin.js';
import { relayOf } from '../../support/relay/relays.js';
import { isMedia, rtmpSink } from '../../support/relay/sink.js';
import { bound, feed, refusingPeer, silentPeer, transmit } from '../../support/relay/srt.js';
import { flvTags, mediaOf, readTs, tsWriter } from '../../support/relay/ts.js';

const ts = readFileSync(fixture('plain.ts'));
const theirs = flvTags(readFileSync(fixture('plain.flv')));
const RIGHT = 'right-right-right';
const WRONG = 'wrong-wrong-wrong';

/** An RTMP origin that plays the clip at its pace. */
async function rtmpStream(): Promise<string> {
  const { url } = await rtmpOrigin(async (player) => {
    await player.pace(theirs);
  });
  return url;
}

describe('a peer that is called and has another passphrase', () => {
  test.each([
    ['another one', `passphrase=${RIGHT}`, `&passphrase=${WRONG}`, 'the passphrase is wrong'],
    ['one where the address has none', `passphrase=${RIGHT}`, '', 'it wants a passphrase'],
    ['none where the address has one', '', `&passphrase=${WRONG}`, 'it does not encrypt'],
  ])('%s', async (_, its, ours, said) => {
    const port = String(await freePort('udp'));
    transmit(`srt://127.0.0.1:${port}?mode=listener&${its}`, 'file://con');
    await bound(Number(port));
    const url = `srt://127.0.0.1:${port}?streamid=hidden-id${ours}`;
    const began = performance.now();
    const error = await openOrigin(url).ended();
    expect(error).toMatchObject({ code: 'FR_RELAY_AUTH' });
    expect(error?.message).toContain(`srt://127.0.0.1:${port} refused the connection: ${said}`);
    expect(JSON.stringify([error?.message, error?.details])).not.toMatch(/right|wrong-|hidden/);
    // It says so at once: nobody waits for a deadline.
    expect(performance.now() - began).toBeLessThan(5000);

    const { relay, told } = relayOf(await rtmpStream(), url);
    const lost = await told('lost');
    expect(lost).toMatchObject({ error: { code: 'FR_RELAY_AUTH' }, retryInMs: null });
    await expect(relay.done).rejects.toMatchObject({ code: 'FR_RELAY_AUTH' });
  });
});

test.each([
  ['with another passphrase', `passphrase=${WRONG}`, 'its passphrase is wrong'],
  ['without a passphrase', '', 'one of the two sides encrypts, and the other does not'],
])('a caller %s is turned away, said once, and the right one may still come', async (_, its, said) => {
  const port = String(await freePort('udp'));
  const opened = openOrigin(`srt://127.0.0.1:${port}?mode=listener&passphrase=${RIGHT}`);
  await bound(Number(port));
  const source = `udp://:${String(await freePort('udp'))}`;
  for (let i = 0; i < 2; i++) {
    const { child, lines, ended } = transmit(source, `srt://127.0.0.1:${port}?${its}`);
    await lines.find((line) => line.includes('REJECT reported'), 'the refusal');
    child.kill('SIGKILL');
    await ended;
  }
  await opened.journal.find(({ what }) => what === 'warning', 'a warning');
  expect(opened.warnings()).toEqual([`srt://127.0.0.1:${port}?mode=listener: a caller was turned away: ${said}.`]);
  const run = await feed(`srt://127.0.0.1:${port}?passphrase=${RIGHT}`);
  await opened.opened();
  await run.send(ts);
  await opened.journal.find(({ what }) => what === 'tag', 'a tag');
});

// Reasons of libsrt itself are below 1000; those of servers begin there (access_control.h).
test.each([
  [2, 'FR_RELAY_REFUSED', 'it gave no reason'],
  [8, 'FR_RELAY_REFUSED', 'too old or too new'],
  [5, 'FR_RELAY_CONNECT', 'it takes no connection now'],
  [14, 'FR_RELAY_REFUSED', 'SRT calls it FILTER'],
  [1400, 'FR_RELAY_REFUSED', 'does not understand the stream id'],
  [1401, 'FR_RELAY_AUTH', 'its login failed'],
  [1403, 'FR_RELAY_AUTH', 'access to the stream is denied'],
  [1404, 'FR_RELAY_REFUSED', 'it has no such stream'],
  [1409, 'FR_RELAY_BUSY', 'the stream is in use'],
  [1503, 'FR_RELAY_CONNECT', 'out of service'],
  [2042, 'FR_RELAY_REFUSED', 'SRT calls it USERDEFINED:42'],
])('a server that refuses with %i', async (reason, code, said) => {
  const port = await refusingPeer(reason);
  const error = await openOrigin(`srt://127.0.0.1:${String(port)}?streamid=%23!::r=hidden`).ended();
  expect(error).toMatchObject({ code });
  expect(error?.message).toContain(said);
  expect(error?.message).not.toContain('hidden');
});

describe('nobody', () => {
  test.each([
    ['who answers', 1000, ''],
    ['who answers in the time of the address', 20_000, '?connect_timeout=1000'],
  ])('%s', async (_, timeout, query) => {
    const began = performance.now();
    const error = await openOrigin(`srt://127.0.0.1:${String(await silentPeer())}${query}`, timeout).ended();
    expect(error).toMatchObject({ code: 'FR_RELAY_TIMEOUT' });
    expect(error?.message).toMatch(/did not answer within 1000 ms/);
    expect(performance.now() - began).toBeGreaterThan(900);
  });

  test('of that name', async () => {
    expect(await openOrigin('srt://nobody.invalid:9000').ended()).toMatchObject({
      code: 'FR_RELAY_CONNECT',
      message: 'srt://nobody.invalid:9000: its name could not be resolved.',
    });
  });

  test('at the first address of a name, and somebody at the second of its family', async () => {
    const port = String(await freePort('udp'));
    await feed(`srt://127.0.0.2:${port}?mode=listener`);
    await bound(Number(port));
    const addresses = ['::1', '127.0.0.3', '127.0.0.2'].map((address) => ({ address, family: isIP(address) }));
    const { lookup } = dns;
    const fake = (_: string, __: object, callback: (error: null, found: typeof addresses) => void): void => {
      process.nextTick(callback, null, addresses);
    };
    dns.lookup = fake as unknown as typeof lookup;
    syncBuiltinESMExports();
    const began = performance.now();
    onTestFinished(() => {
      dns.lookup = lookup;
      syncBuiltinESMExports();
    });
    const opened = openOrigin(`srt://several.example:${port}`, 6000);
    await opened.opened();
    // The one before had a third of the time, and the family that most have went first.
    expect(performance.now() - began).toBeGreaterThan(1900);
    expect(opened.origin.marks.dns).toBeGreaterThanOrEqual(opened.origin.marks.dialled);
  });
});

test('a port that is taken, and an address that is not of this machine', async () => {
  const port = String(await silentPeer());
  expect(await openOrigin(`srt://127.0.0.1:${port}?mode=listener`).ended()).toMatchObject({
    code: 'FR_RELAY_CONNECT',
    message: `srt://127.0.0.1:${port}?mode=listener cannot be listened on: port ${port} is taken.`,
  });
  const free = String(await freePort('udp'));
  const first = openOrigin(`srt://127.0.0.1:${free}?mode=listener`);
  await bound(Number(free));
  // Also by this process itself.
  expect((await openOrigin(`srt://127.0.0.1:${free}?mode=listener`).ended())?.message).toContain('is taken');
  expect(first.journal.items).toEqual([]);
  expect((await openOrigin(`srt://203.0.113.7:${free}?mode=listener`).ended())?.message).toContain(
    'it is no address of this machine',
  );
});

test('peers that never answer hold up nobody: a good one starts in time in the process that they fill', async () => {
  const hung = await Promise.all(Array.from({ length: 7 }, () => silentPeer()));
  const waiting = hung.map((port) => openOrigin(`srt://127.0.0.1:${String(port)}`, 15_000));
  const { url } = await sender('srt');
  const began = performance.now();
  const good = openOrigin(url);
  await good.opened();
  await good.journal.find(({ what }) => what === 'tag', 'a tag');
  expect(performance.now() - began).toBeLessThan(5000);
  expect(waiting.flatMap(({ journal }) => journal.items)).toEqual([]);
  // They can be ended while they are dialled.
  for (const { origin } of waiting) origin.close();
});

test('a peer that is killed is missed in time, and its stream goes on when it is back', async () => {
  const port = String(await freePort('udp'));
  const sink = await rtmpSink();
  const first = await feed(`srt://127.0.0.1:${port}?mode=listener`);
  await bound(Number(port));
  const { told, all, events } = relayOf(`srt://127.0.0.1:${port}`, sink.url, { publishEarly: true });
  await sink.accepted.find(() => true);
  await told('origin');
  await first.send(ts);
  await sink.arrivals.count(50, isMedia);
  first.child.kill('SIGKILL');
  await first.ended;
  // libsrt misses who says nothing for five seconds.
  const lost = await told('originLost');
  expect(lost.error).toMatchObject({ code: 'FR_RELAY_LOST' });
  expect(lost.retryInMs).toBe(0);
  const count = sink.media().length;
  const second = await feed(`srt://127.0.0.1:${port}?mode=listener`);
  await events.find(() => all('origin').length === 2);
  await second.send(ts);
  await sink.arrivals.count(count + 50, isMedia);
  expect(sink.accepted.items).toHaveLength(1);
  const pictures = sums(sink.media().filter(({ type }) => type === TAG.video));
  const expected = sums(mediaOf(readTs(ts).tags, TAG.video));
  expect(pictures.slice(0, 10)).toEqual(expected.slice(0, 10));
}, 60_000);

test('a peer that says goodbye has ended its stream', async () => {
  const port = String(await freePort('udp'));
  const run = await feed(`srt://127.0.0.1:${port}?mode=listener`);
  await bound(Number(port));
  const opened = openOrigin(`srt://127.0.0.1:${port}`);
  await opened.opened();
  await run.send(ts);
  await opened.journal.find(({ what }) => what === 'tag', 'a tag');
  run.child.kill('SIGTERM');
  expect(await opened.ended()).toBeUndefined();
});

test('a receiver that is killed is missed, and fed again when it is back', async () => {
  const port = String(await freePort('udp'));
  const first = transmit(`srt://127.0.0.1:${port}?mode=listener`, 'file://con');
  await bound(Number(port));
  const { url } = await rtmpOrigin(async (player) => {
    for (let i = 0; i < 10; i++)
      await player.pace(theirs.map((tag) => ({ ...tag, timestamp: tag.timestamp + i * 4000 })));
  });
  const { told, all } = relayOf(url, `srt://127.0.0.1:${port}`);
  await first.sizes.find((bytes) => bytes > 50_000);
  first.child.kill('SIGKILL');
  await first.ended;
  const second = transmit(`srt://127.0.0.1:${port}?mode=listener`, 'file://con');
  expect((await told('lost')).error.code).toBe('FR_RELAY_LOST');
  await second.sizes.find((bytes) => bytes > 50_000);
  expect(all('connected')).toHaveLength(2);
  expect(mediaOf(readTs(second.received()).tags, TAG.video).length).toBeGreaterThan(5);
}, 60_000);

test.each([
  ['sound', TAG.audio],
  ['pictures', TAG.video],
])('a stream whose %s come late', async (_, late) => {
  const port = String(await freePort('udp'));
  const sink = await rtmpSink();
  const run = await feed(`srt://127.0.0.1:${port}?mode=listener`);
  await bound(Number(port));
  const { told } = relayOf(`srt://127.0.0.1:${port}`, sink.url);
  await told('origin');
  const { push, packets } = tsWriter();
  // The clip twice: one of its streams is missing the first time.
  const again = theirs.map((tag) => ({ ...tag, timestamp: tag.timestamp + 4000 }));
  push(...theirs.filter(({ type }) => type !== late));
  await run.send(Buffer.concat(packets.splice(0)));
  await sink.arrivals.count(15, isMedia);
  expect(sink.media().every(({ type }) => type !== late)).toBe(true);
  push(...again);
  await run.send(Buffer.concat(packets.splice(0)));
  await sink.arrivals.count(20, (one) => isMedia(one) && one.type === late);
  const came = sums(sink.media().filter(({ type }) => type === late));
  const sent = sums(mediaOf(theirs, late));
  const from = sent.findIndex(({ crc }) => crc === came[0]?.crc);
  expect(came.slice(0, 20)).toEqual(sent.slice(from, from + 20));
});
