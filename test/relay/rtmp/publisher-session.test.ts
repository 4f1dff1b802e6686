// One publisher and what he may say, in which order and for how long.
import { once } from 'node:events';
import { expect, onTestFinished, test, vi } from 'vitest';
import { TAG } from '#dist/relay/flv/tag.js';
import { KEY, listen, publish, Stranger, stranger } from '../../support/publishers.js';

test.each([0xffffff, 0x2000000])('ffmpeg whose clock passes %i is heard without a break', async (crossing) => {
  const all = await listen();
  const offset = String((crossing - 1000) / 1000);
  const { code, said } = await publish(all.port, `live/${KEY}`, '-itsoffset', offset);
  expect([code, said]).toEqual([0, '']);
  await all.ended;
  for (const type of [TAG.video, TAG.audio]) {
    // Without the headers, which have no time, and the end of the sequence.
    const media = all.tags.filter((tag) => tag.type === type && tag.payload[1] === 1);
    const times = media.map(({ timestamp }) => timestamp);
    expect(times[0]).toBeLessThan(crossing);
    expect(times.at(-1)).toBeGreaterThan(crossing + 1000);
    for (const [i, time] of times.entries()) expect(time - (times[i - 1] ?? time)).toBeLessThanOrEqual(41);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  }
});

test('the refusal of a key says no more than that, and nothing follows it', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  one.publish('wrong');
  expect((await one.hears('NetStream.Publish.Denied')).description).toBe('No such stream.');
  await one.closed;
  const other = await stranger(all.port);
  other.publish(KEY, 'wrong');
  await other.hears('NetConnection.Connect.Rejected');
  await other.closed;
  expect(other.statuses).toHaveLength(1);
});

test('who tries again behind a refusal in the same breath is not heard', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  one.command(0, 'connect', 1, { app: 'live' }).command(1, 'publish', 2, null, 'wrong', 'live');
  one
    .command(1, 'publish', 3, null, KEY, 'live')
    .media(TAG.audio, 0, Buffer.from([0x20]))
    .send();
  await one.closed;
  expect(one.statuses.map(({ code }) => code)).toEqual(['NetConnection.Connect.Success', 'NetStream.Publish.Denied']);
  expect(all.told).toEqual([]);
  // And nobody holds the place of the publisher.
  const right = await stranger(all.port);
  await right.publish(KEY).hears('NetStream.Publish.Start');
  expect(all.told).toContain('open');
});

test('media before the key was shown goes nowhere', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  one
    .command(0, 'connect', 1, { app: 'live' })
    .media(TAG.audio, 0, Buffer.from([0x20]))
    .send();
  await one.hears('NetConnection.Connect.Success');
  await one.publish(KEY).hears('NetStream.Publish.Start');
  expect(all.tags).toEqual([]);
});

test('a publisher that breaks the protocol ends it with an error that does not tell the key', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  await one.publish(KEY).hears('NetStream.Publish.Start');
  one.command(0, 5, 5).send();
  const error = await all.ended;
  expect(error?.code).toBe('FR_RELAY_PROTOCOL');
  expect(error?.message).not.toContain(KEY);
});

test('a piece of a command is acknowledged at once: its sender waits with the next piece until it hears of it', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  const acknowledged = once(one.socket, 'acknowledged');
  one.socket.write(Buffer.from([3, 0, 0, 0]));
  await acknowledged;
});

test('who wants to play is refused at once', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  one
    .command(0, 'connect', 1, { app: 'live' })
    .command(0, 'createStream', 2, null)
    .command(1, 'play', 3, null, KEY)
    .send();
  await one.hears('NetStream.Play.StreamNotFound');
  await one.closed;
  expect(all.told).toEqual([]);
});

test('who shows no key within ten seconds is let go', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const all = await listen();
  const silent = new Stranger(all.port);
  await once(silent.socket, 'connect');
  const shaken = await stranger(all.port);
  const publisher = await stranger(all.port);
  await publisher.publish(KEY).hears('NetStream.Publish.Start');
  vi.advanceTimersByTime(9000);
  expect([silent, shaken].some(({ socket }) => socket.destroyed)).toBe(false);
  vi.advanceTimersByTime(1001);
  await Promise.all([silent.closed, shaken.closed]);
  publisher.command(0, 'deleteStream', 6, null, 1).send();
  expect(await all.ended).toBeUndefined();
});

test('who floods it with questions and reads no answer is let go', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  one.socket.pause();
  for (let i = 0; i < 200 && !one.socket.destroyed; i += 1) {
    for (let k = 0; k < 2000; k += 1) one.command(0, 'createStream', k, null);
    one.send();
    await new Promise((resolve) => setImmediate(resolve));
  }
  one.socket.resume();
  await one.closed;
  const right = await stranger(all.port);
  await right.publish(KEY).hears('NetStream.Publish.Start');
});
