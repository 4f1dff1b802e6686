// Reloading: what did not change is not touched, however many relays there are, and whatever else is wrong.
import { once } from 'node:events';
import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import type { RelayConfig } from '#dist/relay/index.js';
import { failure } from '../../support/failure.js';
import { freePort } from '../../support/live.js';
import { expectUnbroken } from '../../support/relay/compare.js';
import { relaysOf } from '../../support/relay/many.js';
import { rtmpOrigin, type Origin } from '../../support/relay/origin.js';
import { relayOf } from '../../support/relay/relays.js';
import { isMedia, rtmpSink, type Arrival, type Sink } from '../../support/relay/sink.js';
import { stream } from '../../support/relay/stream.js';
import { metadata, videoHeader, type Tag } from '../../support/relay/tags.js';
import { collectGarbage, resources } from '../../support/resources.js';
import { temporaryFolder } from '../../support/temporary-folder.js';

const COUNT = 200;
const media = stream({ length: 120_000, audio: false, bytes: 60 });

/** Plays slowly for as long as any test runs. */
async function origin(tags: readonly Tag[] = media, speed = 0.5): Promise<Origin> {
  return await rtmpOrigin(async (player) => {
    player.send(metadata(), videoHeader());
    await player.pace(tags, speed);
  });
}

const at = (sink: Sink, key: string): string => sink.url.replace('hidden-key', key);

/** By the keys that were published to: connections, and what came on them. */
function published(sink: Sink): Map<string, { connections: number[]; arrivals: Arrival[] }> {
  const byKey = new Map<string, { connections: number[]; arrivals: Arrival[] }>();
  const byNumber = new Map<number, Arrival[]>();
  for (const { number, key } of sink.connections) {
    const one = byKey.get(key) ?? { connections: [], arrivals: [] };
    byKey.set(key, one);
    one.connections.push(number);
    byNumber.set(number, one.arrivals);
  }
  for (const one of sink.arrivals.items) if (isMedia(one)) byNumber.get(one.connection)?.push(one);
  return byKey;
}

test('200 relays, one of them wrong: a reload that touches a few loses no tag of the others', async () => {
  const [source, sink, path] = [await origin(), await rtmpSink(), join(temporaryFolder(), 'relays.yaml')];
  const entry = (i: number): RelayConfig => ({ from: source.url, to: at(sink, `r${String(i)}`) });
  const config = Object.fromEntries(Array.from({ length: COUNT }, (_, i) => [`r${String(i)}`, entry(i)]));
  config['r13'] = { ...entry(13), queueBytes: 'much' };
  writeFileSync(path, stringify({ processes: 1, relays: config }));
  const { events, until } = await relaysOf(path);
  expect(events.items.filter(({ event }) => event === 'problem')).toMatchObject([
    { relay: 'r13', code: 'FR_ARG_INVALID' },
  ]);
  await until(
    ({ relays }) => relays.filter(({ relay }) => relay?.destinations[0]?.state === 'live').length === COUNT - 1,
    'all relays but the wrong one to be live',
  );

  // One begins again, one gets another destination beside its own, one exchanges it, one goes, one comes, one is mended.
  config['r20'] = { ...entry(20), gopBytes: '1M' };
  config['r21'] = { ...entry(21), to: [at(sink, 'r21'), at(sink, 'also')] };
  config['r22'] = { ...entry(22), to: at(sink, 'instead') };
  delete config['r23'];
  config['r200'] = entry(200);
  config['r13'] = entry(13);
  // Written another way it is still the same.
  config['r24'] = { to: [at(sink, 'r24')], from: source.url };
  writeFileSync(path, stringify({ processes: 1, relays: config }));
  const report = await events.find((one) => one.event === 'configured' && one.untouched > 0);
  expect(report).toMatchObject({ added: 2, removed: 1, restarted: 1, adapted: 2, untouched: COUNT - 5, problems: [] });
  await until(
    ({ relays }) => relays.every(({ relay }) => relay?.destinations.every(({ state }) => state === 'live')),
    'all relays to be live',
  );
  // A while later all of them have got more.
  const seen = new Map([...published(sink)].map(([key, { arrivals }]) => [key, arrivals.length]));
  await until(({ relays }) => (relays.at(-1)?.relay?.feed.mediaSeconds ?? 0) > 3, 'some more media');

  const now = published(sink);
  for (let i = 0; i < COUNT; i++) {
    const key = `r${String(i)}`;
    const { connections = [], arrivals = [] } = now.get(key) ?? {};
    expect(connections, key).toHaveLength(i === 20 ? 2 : 1);
    if ([20, 22, 23].includes(i)) continue;
    expect(arrivals.length, key).toBeGreaterThan((seen.get(key) ?? 0) + 3);
    const last = arrivals.at(-1)?.crc;
    const end = numberOf(last);
    expectUnbroken(arrivals, media.slice(0, end + 1));
  }
  for (const key of ['r200', 'also', 'instead']) expect(now.get(key)?.arrivals.length, key).toBeGreaterThan(3);
});

/** Which picture of the stream a checksum is of. */
function numberOf(crc: number | undefined): number {
  const place = crcs.get(crc ?? -1);
  if (place === undefined) throw new Error('That was never sent');
  return place;
}
const { crcOf } = await import('../../support/relay/tags.js');
const crcs = new Map(media.map(({ payload }, i) => [crcOf(payload), i]));

test('20 reloads that each begin a relay again leave memory and descriptors flat', async () => {
  const [source, sink] = [await origin(), await rtmpSink()];
  const config = (round: number): Record<string, RelayConfig> =>
    Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [
        `r${String(i)}`,
        {
          from: source.url,
          to: at(sink, `r${String(i)}`),
          waitExpected: 50,
          gopBytes: i === 3 ? 100_000 + round : 100_000,
        },
      ]),
    );
  const { relays, until } = await relaysOf({ processes: 1, relays: config(0) });
  const settle = async (): Promise<void> => {
    await until(
      (status) => status.relays.every(({ relay }) => relay?.destinations[0]?.state === 'live'),
      'all relays to be live',
    );
    sink.arrivals.items.length = 0;
    await collectGarbage();
  };
  const reload = async (round: number): Promise<void> => {
    expect(await relays.reload({ processes: 1, relays: config(round) })).toMatchObject({ restarted: 1, untouched: 19 });
    await settle();
  };
  await settle();
  for (let round = 1; round <= 5; round++) await reload(round);
  const [{ descriptors }, heap] = [resources(), process.memoryUsage().heapUsed];
  for (let round = 6; round <= 25; round++) await reload(round);
  // A connection may take a moment to be gone.
  expect(resources().descriptors).toBeLessThanOrEqual(descriptors + 4);
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(4 * 2 ** 20);
});

test('what is wrong with the whole file, and a file that is gone, keep what runs', async () => {
  const [source, sink, path] = [await origin(), await rtmpSink(), join(temporaryFolder(), 'relays.yaml')];
  const good = stringify({ processes: 1, relays: { a: { from: source.url, to: sink.url } } });
  writeFileSync(path, good);
  const { relays, events, told, until } = await relaysOf(path);
  await told('a', 'picture');
  writeFileSync(path, 'relays:\n  a: [\n');
  await events.find((one) => one.event === 'problem' && one.relay === null && one.line === 3);
  expect(await relays.status()).toMatchObject({ relays: [{ state: 'running', error: null }], problems: [{ line: 3 }] });
  rmSync(path);
  await events.find((one) => one.event === 'problem' && one.code === 'FR_INPUT_NOT_FOUND');
  expect(await failure(async () => await relays.reload())).toMatchObject({ code: 'FR_INPUT_NOT_FOUND' });
  // An empty file is none that somebody meant.
  writeFileSync(path, '');
  await events.find((one) => one.event === 'problem' && one.message.includes('a map of names and values'));
  // A relay that runs is not ended by a slip of the pen in its lines, and the slip is told with it.
  writeFileSync(path, good.replace('to:', 'too:'));
  await events.find((one) => one.event === 'problem' && one.relay === 'a');
  const { relays: after } = await until((status) => status.relays[0]?.error !== null, 'the slip to be told');
  expect(after).toMatchObject([{ state: 'running', runs: 1, error: { message: expect.stringContaining('`too`') } }]);
  writeFileSync(`${path}~`, good);
  renameSync(`${path}~`, path);
  await until((status) => status.problems.length === 0, 'all to be well');
  expect(sink.connections).toHaveLength(1);
  expect(events.items.filter((one) => one.event === 'configured').at(-1)).toMatchObject({ untouched: 1, restarted: 0 });
});

test('reloads that come on top of each other end with what was said last', async () => {
  const [source, sink] = [await origin(), await rtmpSink()];
  const config = (...names: string[]) => ({
    processes: 1,
    relays: Object.fromEntries(names.map((name) => [name, { from: source.url, to: at(sink, name) }])),
  });
  const { relays, until } = await relaysOf(config('a', 'b'));
  const reports = await Promise.all([
    relays.reload(config('b', 'c')),
    relays.reload(config('a', 'c', 'd')),
    failure(async () => await relays.reload({ relays: 1 } as never)),
    relays.reload(config('d', 'e')),
  ]);
  expect(reports[3]).toMatchObject({ added: 1, removed: 2, untouched: 1 });
  const { relays: left } = await until(
    (status) => status.relays.every(({ relay }) => relay?.destinations[0]?.state === 'live'),
    'all to be live',
  );
  expect(left.map(({ name }) => name)).toEqual(['d', 'e']);
});

test('a relay under another name takes over the port that the old one listened on', async () => {
  const sink = await rtmpSink();
  const { freePort } = await import('../../support/live.js');
  const from = `rtmp://127.0.0.1:${String(await freePort('tcp'))}/live/key?listen`;
  const { relays, events } = await relaysOf({ processes: 1, relays: { before: { from, to: sink.url } } });
  await relays.reload({ processes: 1, relays: { after: { from, to: sink.url } } });
  const { answers } = await import('../../support/live.js');
  const port = Number(/:(\d+)\//.exec(from)?.[1]);
  await expect.poll(async () => await answers(port), { timeout: 10_000 }).toBe(true);
  expect(events.items.filter((one) => one.event === 'originLost')).toEqual([]);
});

test('a relay whose port is taken at a reload says so, alone, and listens when it is free', async () => {
  const [source, sink, path] = [await origin(), await rtmpSink(), join(temporaryFolder(), 'relays.yaml')];
  const port = await freePort('tcp');
  const other = createServer().listen(port, '127.0.0.1');
  onTestFinished(() => void other.close());
  await once(other, 'listening');
  const listens = `rtmp://127.0.0.1:${String(port)}/live/key?listen`;
  const write = (from: string): void => {
    const relays = { calm: { from: source.url, to: at(sink, 'calm') }, moved: { from, to: at(sink, 'moved') } };
    writeFileSync(path, stringify({ processes: 1, relays }));
  };
  write(source.url);
  const { relays, events, told, until } = await relaysOf(path);
  await told('calm', 'picture');
  await told('moved', 'picture');
  write(listens);
  await relays.reload();
  const lost = await events.count(
    2,
    (one) => one.event === 'originLost' && 'relay' in one && one.relay === 'moved',
    'attempts to listen',
  );
  const message = `rtmp://127.0.0.1:${String(port)}/live/*** cannot be listened on: the port is taken.`;
  expect(lost[0]).toMatchObject({ error: { code: 'FR_RELAY_CONNECT', message }, retryInMs: expect.any(Number) });
  expect((await relays.status()).relays).toMatchObject([
    { name: 'calm', state: 'running', runs: 1, relay: { origin: { open: true } } },
    { name: 'moved', state: 'running', relay: { origins: [{ lastError: { message } }] } },
  ]);
  other.close();
  // Whoever pushes is let in as soon as it listens.
  relayOf(source.url, listens.replace('?listen', ''));
  await until(({ relays: [, moved] }) => moved?.relay?.origin.open === true, 'the publisher');
});
