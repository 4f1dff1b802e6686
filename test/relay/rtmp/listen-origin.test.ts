// A stream that is pushed to us: by ffmpeg with the right key, and by whoever else finds the port.
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { TAG } from '#dist/relay/flv/tag.js';
import { readMetadata } from '#dist/relay/metadata.js';
import { handshakeBegin } from '#dist/relay/rtmp/handshake.js';
import { KEY, listen, publish, Stranger, stranger } from '../../support/publishers.js';

test('ffmpeg publishes with the right key: metadata, headers and all media arrive, and its goodbye ends it', async () => {
  const all = await listen();
  const { code, said } = await publish(all.port, `live/${KEY}`, '-re', '-t', '1.5');
  expect(said).toBe('');
  expect(code).toBe(0);
  expect(await all.ended).toBeUndefined();
  expect(all.told[0]).toBe('open');
  expect(all.told.slice(-2)).toEqual(['turn', 'end']);
  const count = (type: number): number => all.tags.filter((tag) => tag.type === type).length;
  expect(count(TAG.video)).toBeGreaterThan(30);
  expect(count(TAG.audio)).toBeGreaterThan(50);
  const metadata = all.tags.find(({ type }) => type === TAG.data);
  expect(readMetadata(metadata!.payload)).toMatchObject({ width: 320, hints: { audio: true, video: true } });
  expect(all.origin.marks.accepted).toBeGreaterThanOrEqual(all.origin.marks.dialled);
});

test('a key with slashes is the same however the publisher divides it', async () => {
  for (const path of ['live/room/42', 'live/room//42']) {
    const all = await listen(path);
    const { code, said } = await publish(all.port, 'live/room/42', '-t', '0.2');
    expect([code, said]).toEqual([0, '']);
    expect(await all.ended).toBeUndefined();
    expect(all.tags.length).toBeGreaterThan(3);
  }
  const { port } = await listen('live/room/42');
  const one = await stranger(port);
  await one.publish('room/42').hears('NetStream.Publish.Start');
});

test.each([
  ['a wrong key', 'live/K3Y-other'],
  ['a part of the key', 'live/K3Y'],
  ['the key and more', `live/${KEY}?x=1`],
  ['another application', `other/${KEY}`],
  ['a part of the application', `liv/${KEY}`],
])('ffmpeg with %s is refused, and the one with the key still comes in', async (_name, path) => {
  const all = await listen();
  const refused = await publish(all.port, path, '-t', '0.2');
  expect(refused.code).not.toBe(0);
  expect(all.told).toEqual([]);
  expect(all.tags).toEqual([]);
  const right = await publish(all.port, `live/${KEY}`, '-t', '0.2');
  expect(right.code).toBe(0);
  expect(await all.ended).toBeUndefined();
});

test('a second publisher is refused as busy, and the first one goes on', async () => {
  const all = await listen();
  const first = await stranger(all.port);
  await first.publish(KEY).hears('NetStream.Publish.Start');
  const second = await stranger(all.port);
  second.publish(KEY);
  await second.hears('NetStream.Publish.BadName');
  await second.closed;
  first
    .media(TAG.audio, 1234, Buffer.from([0x20, 1]))
    .command(0, 'deleteStream', 6, null, 1)
    .send();
  expect(await all.ended).toBeUndefined();
  expect(all.tags).toEqual([{ type: TAG.audio, timestamp: 1234, payload: Buffer.from([0x20, 1]) }]);
  expect(all.told).toEqual(['open', 'turn', 'end']);
});

test('a publisher that vanishes without a word ends it, too', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  await one.publish(KEY).hears('NetStream.Publish.Start');
  one.socket.destroy();
  expect(await all.ended).toBeUndefined();
});

test('half handshakes and other protocols leave the listener as it was', async () => {
  const all = await listen();
  const http = new Stranger(all.port);
  http.socket.write('GET / HTTP/1.1\r\n\r\n');
  await http.closed;
  const half = new Stranger(all.port);
  half.socket.write(handshakeBegin().subarray(0, 700));
  const gone = new Stranger(all.port);
  gone.socket.end();
  await gone.closed;
  const one = await stranger(all.port);
  await one.publish(KEY).hears('NetStream.Publish.Start');
  expect(all.told).toContain('open');
});

test('many who only hold their connections open do not keep out the one with the key', async () => {
  const all = await listen();
  const idle = Array.from({ length: 40 }, () => new Stranger(all.port));
  await Promise.all(idle.map(({ socket }) => once(socket, 'connect')));
  const one = await stranger(all.port);
  await one.publish(KEY).hears('NetStream.Publish.Start');
  // The oldest have made room.
  await idle[0]?.closed;
});

test('a port that is taken is a typed error', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { ended } = await listen(undefined, port);
  const error = await ended;
  expect(error).toMatchObject({ code: 'FR_RELAY_CONNECT' });
  expect(error?.message).toContain('the port is taken');
  expect(error?.message).not.toContain(KEY);
});

test('many keys share one port: each gets its own, and one that leaves takes nobody with it', async () => {
  const first = await listen('live/one');
  const second = await listen('live/two', first.port);
  const third = await listen('live/room/three', first.port);
  const [one, two, three] = [await stranger(first.port), await stranger(first.port), await stranger(first.port)];
  await one.publish('one').hears('NetStream.Publish.Start');
  await two.publish('two').hears('NetStream.Publish.Start');
  await three.publish('room/three').hears('NetStream.Publish.Start');
  for (const [who, time] of [
    [one, 1],
    [two, 2],
    [three, 3],
  ] as const)
    who.media(TAG.audio, time, Buffer.from([0x20, time])).send();
  for (const [all, time] of [
    [first, 1],
    [second, 2],
    [third, 3],
  ] as const) {
    await all.until(() => all.tags.length > 0);
    expect(all.tags.map(({ timestamp }) => timestamp)).toEqual([time]);
  }
  first.origin.close();
  await one.closed;
  two.media(TAG.audio, 20, Buffer.from([0x20, 2])).send();
  await second.until(() => second.tags.length > 1);
  // What nobody waits for any more is refused, on a port that is still there.
  const late = await stranger(first.port);
  await late.publish('one').hears('NetStream.Publish.Denied');
  const busy = await stranger(first.port);
  await busy.publish('two').hears('NetStream.Publish.BadName');
});

test('the same key twice on one port is an error of the second, and the first goes on', async () => {
  const first = await listen();
  const error = await (await listen(undefined, first.port)).ended;
  expect(error).toMatchObject({ code: 'FR_RELAY_CONNECT' });
  expect(error?.message).toContain('another relay waits for the same key');
  expect(error?.message).not.toContain(KEY);
  const one = await stranger(first.port);
  await one.publish(KEY).hears('NetStream.Publish.Start');
  expect(first.told).toContain('open');
});

test('close() lets go of the port, of the publisher and of all strangers, and tells nobody', async () => {
  const before = process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length;
  const all = await listen();
  const one = await stranger(all.port);
  await one.publish(KEY).hears('NetStream.Publish.Start');
  const idle = new Stranger(all.port);
  await once(idle.socket, 'connect');
  all.origin.close();
  await Promise.all([one.closed, idle.closed]);
  expect(all.told).not.toContain('end');
  const again = await listen();
  again.origin.close();
  // The last timers are those in which a refused publisher may read why.
  await expect
    .poll(() => process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length, { timeout: 3000 })
    .toBeLessThanOrEqual(before + 1);
});
