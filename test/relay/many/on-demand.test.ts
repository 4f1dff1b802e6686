// Relays on demand: nobody is dialled until somebody wants the stream, and the origin is left when the last one left.
import { expect, test } from 'vitest';
import { failure } from '../../support/failure.js';
import { expectUnbroken } from '../../support/relay/compare.js';
import { httpViewer, relaysOf } from '../../support/relay/many.js';
import { rtmpOrigin, type Origin } from '../../support/relay/origin.js';
import { rtmpSink } from '../../support/relay/sink.js';
import { stream } from '../../support/relay/stream.js';
import { DATA, metadata, videoHeader } from '../../support/relay/tags.js';

const media = stream({ length: 60_000, audio: false });

async function origin(): Promise<Origin> {
  return await rtmpOrigin(async (player) => {
    player.send(metadata(), videoHeader());
    await player.pace(media, 4);
  });
}
const OPTIONS = { onDemand: true, idleTimeout: 300, waitExpected: 20 };

test('it runs from the first viewer on, through all others, and ends when the last one has left for a while', async () => {
  const source = await origin();
  const { relays, events, told, until } = await relaysOf({
    ...{ http: 0, processes: 1, relays: { a: { from: source.url, ...OPTIONS } } },
  });
  expect(await relays.status()).toMatchObject({ relays: [{ state: 'idle', runs: 0, relay: null }] });
  // Asking whether there is such a stream is not asking for it.
  const head = httpViewer(relays.http!, '', 'HEAD /live/a.flv HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(await head.head).toContain('200 OK');
  await head.closed;
  expect(source.connections).toHaveLength(0);

  const first = httpViewer(relays.http!, '/live/a.flv');
  await first.tags.count(20, ({ type }) => type !== DATA);
  const second = httpViewer(relays.http!, '/live/a.flv');
  await second.tags.count(20, ({ type }) => type !== DATA);
  expect(await relays.status()).toMatchObject({ viewers: 2, relays: [{ state: 'running', viewers: 2 }] });
  first.socket.destroy();
  await until(({ viewers }) => viewers === 1, 'one viewer to be left');
  // More than the idle timeout later it still runs for the second one.
  const { length } = second.tags.items;
  await second.tags.count(length + 60, () => true);
  expect(source.connections).toHaveLength(1);
  second.socket.destroy();
  await told('a', 'end');
  await until(({ relays: [a] }) => a?.state === 'idle', 'the relay to rest');
  expect(source.connections).toHaveLength(1);

  // Somebody who comes back within the idle timeout goes on with the same run, later it is another one.
  const third = httpViewer(relays.http!, '/live/a.flv');
  await third.tags.find(() => true);
  third.socket.destroy();
  await until(({ viewers }) => viewers === 0, 'nobody to be left');
  const fourth = httpViewer(relays.http!, '/live/a.flv');
  await fourth.tags.count(10, ({ type }) => type !== DATA);
  expect(source.connections).toHaveLength(2);
  expect(events.items.filter(({ event }) => event === 'end')).toHaveLength(1);
});

test('whoever adds a destination, or asks for it by hand, has it run until he no longer does', async () => {
  const [source, sink] = [await origin(), await rtmpSink()];
  const { relays, told, until } = await relaysOf({
    ...{ processes: 1, relays: { a: { from: source.url, ...OPTIONS }, b: { from: source.url, ...OPTIONS } } },
  });
  const id = await relays.add('a', sink.url);
  await sink.arrivals.count(30, () => true);
  expectUnbroken(sink.media(), media.slice(0, media.length).slice(0, indexOfLast(sink.media().at(-1)?.crc) + 1));
  expect(await relays.remove('a', id)).toBe(true);
  expect(await relays.remove('a', id)).toBe(false);
  await told('a', 'end');

  await relays.startRelay('b');
  await told('b', 'ready');
  await relays.stopRelay('b');
  await told('b', 'end');
  expect(await relays.status()).toMatchObject({ relays: [{ state: 'idle' }, { state: 'stopped' }] });
  // One that was stopped stays so, whoever wants it, until it is started.
  expect(await failure(async () => await relays.add('b', sink.url))).toMatchObject({ code: 'FR_CLOSED' });
  await relays.startRelay('b');
  await until(({ relays: [, b] }) => b?.state === 'running' && b.runs === 2, 'the second run');
  expect(await failure(async () => await relays.add('b', 'ftp://x/y'))).toMatchObject({ code: 'FR_ARG_INVALID' });
  expect(await failure(async () => await relays.startRelay('c'))).toMatchObject({ code: 'FR_ARG_INVALID' });
});

test('a destination that somebody added stays when the relay begins again', async () => {
  const [source, sink] = [await origin(), await rtmpSink()];
  const { relays } = await relaysOf({ processes: 1, relays: { a: { from: source.url, ...OPTIONS } } });
  await relays.add('a', sink.url);
  await sink.accepted.find(() => true);
  expect(
    await relays.reload({ processes: 1, relays: { a: { from: source.url, ...OPTIONS, gopBytes: 1000 } } }),
  ).toMatchObject({ restarted: 1 });
  await sink.accepted.count(2, () => true);
  // Rules of when it runs are followed as it runs.
  const calm = { from: source.url, ...OPTIONS, gopBytes: 1000, idleTimeout: 60_000 };
  expect(await relays.reload({ processes: 1, relays: { a: calm } })).toMatchObject({ adapted: 1 });
  expect(sink.connections).toHaveLength(2);
});

test('an origin that does not come costs a viewer a refusal and no more, and is not dialled for ever', async () => {
  const silent = await rtmpOrigin(() => undefined, { cut: { at: 'handshake', how: 'silence' } });
  const { relays, told } = await relaysOf({
    ...{ http: 0, processes: 1, relays: { a: { from: silent.url, ...OPTIONS } } },
  });
  const viewer = httpViewer(relays.http!, '/live/a.flv');
  expect(await viewer.head).toMatch(/^HTTP\/1\.1 503 [\s\S]*Retry-After: \d/);
  await viewer.closed;
  expect(viewer.text()).toContain('The origin does not play now.');
  await told('a', 'end');
});

function indexOfLast(crc: number | undefined): number {
  return media.findIndex(({ payload }) => crcOf(payload) === crc);
}
const { crcOf } = await import('../../support/relay/tags.js');
