// Relays in several processes: one that dies is replaced, and the others do not notice.
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import type { RelayConfig, RelaysStatus } from '#dist/relay/index.js';
import { expectUnbroken } from '../../support/relay/compare.js';
import { httpViewer, relaysOf, type HttpViewer } from '../../support/relay/many.js';
import { rtmpOrigin, type Origin } from '../../support/relay/origin.js';
import { isMedia, rtmpSink, type Sink } from '../../support/relay/sink.js';
import { stream } from '../../support/relay/stream.js';
import { crcOf, metadata, videoHeader } from '../../support/relay/tags.js';
import { freePort } from '../../support/live.js';
import { publish } from '../../support/publishers.js';
import { isAlive, resources } from '../../support/resources.js';

const media = stream({ length: 200_000, audio: false, bytes: 100 });
const places = new Map(media.map(({ payload }, i) => [crcOf(payload), i]));

async function origin(): Promise<Origin> {
  return await rtmpOrigin(async (player) => {
    player.send(metadata({ audiocodecid: 0 }), videoHeader());
    await player.pace(media);
  });
}

function config(from: string, sink: Sink, count: number): Record<string, RelayConfig> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `r${String(i)}`,
      { from, to: sink.url.replace('hidden-key', `r${String(i)}`), waitUnannounced: 20 },
    ]),
  );
}

const live = ({ relays }: RelaysStatus): boolean =>
  relays.every(({ relay }) => relay?.destinations.every(({ state }) => state === 'live') === true);
const pidOf = (status: RelaysStatus, name: string): number => status.relays.find((one) => one.name === name)?.pid ?? 0;

/** What is missing between the first and the last picture that came. */
function expectWhole({ tags }: HttpViewer): void {
  const got = tags.items.filter(({ crc }) => places.has(crc));
  const first = places.get(got[0]?.crc ?? 0) ?? 0;
  expect(got.map(({ crc }) => places.get(crc))).toEqual(got.map((_, i) => first + i));
}

test('relays are spread evenly, viewers reach all of them, and a kill -9 costs the relays of one process alone', async () => {
  const [source, sink, before] = [await origin(), await rtmpSink(), resources().children];
  const { relays, events, until } = await relaysOf({ http: 0, processes: 2, relays: config(source.url, sink, 8) });
  const status = await until(live, 'all relays to be live');
  expect(status.processes.map((one) => one.relays)).toEqual([4, 4]);
  const pids = status.processes.map(({ pid }) => pid);
  expect(new Set([...pids, process.pid]).size).toBe(3);
  const viewers = status.relays.map(({ name }) => httpViewer(relays.http!, `/live/${name}.flv`));
  for (const viewer of viewers) {
    await viewer.tags.count(5, () => true);
    expect(await viewer.head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  }
  expect((await until((now) => now.viewers === 8, 'all viewers')).relays.map((one) => one.viewers)).toEqual(
    status.relays.map(() => 1),
  );

  process.kill(pids[0]!, 'SIGKILL');
  await events.find((one) => one.event === 'process' && one.state === 'died' && one.how === 'SIGKILL');
  const after = await until((now) => now.processes[0]?.deaths === 1 && live(now), 'all relays to be live again');
  expect(after.processes.map((one) => one.relays)).toEqual([4, 4]);
  expect(after.processes[1]?.pid).toBe(pids[1]);
  expect(after.viewers).toBe(4);
  for (const [i, { name }] of status.relays.entries()) {
    const own = sink.connections.filter(({ key }) => key === name);
    if (pidOf(status, name) === pids[0]) {
      await viewers[i]!.closed;
      expect(own.length, name).toBeGreaterThan(1);
      continue;
    }
    expect(own, name).toHaveLength(1);
    await viewers[i]!.tags.count(viewers[i]!.tags.items.length + 10, () => true);
    expectWhole(viewers[i]!);
    const got = sink.arrivals.items.filter((one) => isMedia(one) && one.connection === own[0]!.number);
    expectUnbroken(got, media.slice(0, (places.get(got.at(-1)!.crc) ?? 0) + 1));
  }
  // Whoever comes back is served by the new process.
  const again = httpViewer(
    relays.http!,
    `/live/${status.relays.find(({ name }) => pidOf(status, name) === pids[0])!.name}.flv`,
  );
  await again.tags.count(5, () => true);
  await relays.stop();
  expect(resources().children).toBe(before);
  for (const pid of [pids[1]!, after.processes[0]!.pid!]) expect(isAlive(pid)).toBe(false);
});

test('viewers who come and go leave no descriptor behind, in either process', async () => {
  const [source, sink] = [await origin(), await rtmpSink()];
  const { relays, until } = await relaysOf({ http: 0, processes: 2, relays: config(source.url, sink, 2) });
  const { processes } = await until(live, 'both');
  const held = (): number[] =>
    [process.pid, ...processes.map(({ pid }) => pid!)].map((pid) => readdirSync(`/proc/${String(pid)}/fd`).length);
  const crowd = async (): Promise<void> => {
    const viewers = Array.from({ length: 40 }, (_, i) => httpViewer(relays.http!, `/live/r${String(i % 2)}.flv`));
    for (const { tags } of viewers) await tags.count(3, () => true);
    // Some say goodbye, some are just gone.
    for (const [i, { socket }] of viewers.entries())
      if (i % 2 === 0) socket.end();
      else socket.resetAndDestroy();
    for (const { closed } of viewers) await closed;
    await until((status) => status.viewers === 0, 'nobody to be left');
  };
  await crowd();
  const before = held();
  for (let round = 0; round < 3; round++) await crowd();
  for (const [i, count] of held().entries()) expect(count).toBeLessThanOrEqual(before[i]! + 2);
});

test('reloads leave each relay where it is; new ones go where there is room, and processes follow their number', async () => {
  const [source, sink] = [await origin(), await rtmpSink()];
  const all = config(source.url, sink, 8);
  const some = (...names: number[]): Record<string, RelayConfig> =>
    Object.fromEntries(names.map((i) => [`r${String(i)}`, all[`r${String(i)}`]!]));
  const { relays, until } = await relaysOf({ processes: 1, relays: some(0, 1) });
  const one = await until(live, 'the first two');
  expect(one.processes).toMatchObject([{ pid: process.pid, relays: 2 }]);
  await relays.reload({ processes: 2, relays: some(0, 1, 2, 3) });
  const two = await until(live, 'four');
  expect(two.processes.map((each) => each.relays)).toEqual([2, 2]);
  for (const name of ['r0', 'r1']) expect(pidOf(two, name)).toBe(process.pid);
  // One process again: what the other one has stays there, and it ends with the last of it.
  await relays.reload({ processes: 1, relays: some(0, 2, 4) });
  const three = await until(live, 'three');
  expect(pidOf(three, 'r2')).toBe(pidOf(two, 'r2'));
  expect(pidOf(three, 'r4')).toBe(process.pid);
  await relays.reload({ processes: 1, relays: some(0, 4) });
  const last = await relays.status();
  expect(last.processes).toMatchObject([{ pid: process.pid, relays: 2 }]);
  expect(isAlive(pidOf(two, 'r2'))).toBe(false);
  for (const { name } of last.relays) expect(sink.connections.filter(({ key }) => key === name)).toHaveLength(1);
});

test('by itself it takes one process for few relays or resting ones, and more for many, up to the cores', async () => {
  const nobody = 'rtmp://127.0.0.1:9/live/key';
  const crowd = (count: number, onDemand: boolean): Record<string, RelayConfig> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`r${String(i)}`, { from: nobody, onDemand }]));
  const resting = await relaysOf({ relays: crowd(1000, true) });
  expect((await resting.relays.status()).processes).toMatchObject([{ pid: process.pid, relays: 1000 }]);
  await resting.relays.stop();
  const many = await relaysOf({ relays: crowd(500, false) });
  const { processes } = await many.until(
    (status) => status.processes.reduce((sum, one) => sum + one.relays, 0) === 500,
    'all of them to have a place',
  );
  expect(processes.map((one) => one.relays)).toEqual(availableParallelism() > 1 ? [250, 250] : [500]);
});

test('a process that dies again and again is begun later each time; what was asked by hand still holds', async () => {
  const [source, sink] = [await origin(), await rtmpSink()];
  const { relays, events, until } = await relaysOf({ http: 0, processes: 2, relays: config(source.url, sink, 2) });
  const status = await until(live, 'both');
  await relays.stopRelay('r0');
  const id = await relays.add('r1', sink.url.replace('hidden-key', 'extra'));
  expect(id).toBe(2);
  const times: number[] = [];
  events.items.length = 0;
  for (const name of ['r0', 'r1']) {
    let pid = pidOf(status, name);
    for (let round = 0; round < 3; round++) {
      process.kill(pid, 'SIGKILL');
      const began = performance.now();
      const started = await events.find((one) => one.event === 'process' && one.state === 'started' && one.pid !== pid);
      if (name === 'r1') times.push(performance.now() - began);
      pid = started.event === 'process' ? (started.pid ?? 0) : 0;
      events.items.length = 0;
    }
  }
  // At once, then after about one second, and two.
  expect(times[1]).toBeGreaterThan(700);
  expect(times[2]).toBeGreaterThan(1400);
  const after = await until(
    ({ relays: [a, b] }) => a?.state === 'stopped' && b?.relay?.destinations.length === 2,
    'what was asked before to hold',
  );
  expect(after.processes.map(({ deaths }) => deaths)).toEqual([3, 3]);
  await sink.accepted.count(2, ({ connection }) => connection.key === 'extra');
});

test('a process that hangs is told apart from one that works, and is replaced', async () => {
  const [source, sink] = [await origin(), await rtmpSink()];
  const { events, until } = await relaysOf({ processes: 2, relays: config(source.url, sink, 2) });
  const status = await until(live, 'both');
  process.kill(pidOf(status, 'r0'), 'SIGSTOP');
  await events.find((one) => one.event === 'process' && one.state === 'died', 'its end', 40_000);
  const after = await until(live, 'both again');
  expect(pidOf(after, 'r1')).toBe(pidOf(status, 'r1'));
  expect(pidOf(after, 'r0')).not.toBe(pidOf(status, 'r0'));
});

test('relays that are pushed to on one port are in one process, which shares it', async () => {
  const [port, sink] = [String(await freePort('tcp')), await rtmpSink()];
  const pushed = Object.fromEntries(
    ['a', 'b', 'c'].map((key) => [
      key,
      { from: `rtmp://127.0.0.1:${port}/live/${key}?listen`, to: sink.url.replace('hidden-key', key) },
    ]),
  );
  const others = config((await origin()).url, sink, 3);
  const { until } = await relaysOf({ processes: 2, relays: { ...pushed, ...others } });
  const running = await until(({ relays }) => relays.every(({ relay }) => relay !== null), 'all relays');
  expect(new Set(['a', 'b', 'c'].map((name) => pidOf(running, name))).size).toBe(1);
  expect(new Set(running.relays.map(({ pid }) => pid)).size).toBe(2);
  await Promise.all(
    ['a', 'b', 'c'].map(async (key) => {
      const { code, said } = await publish(Number(port), `live/${key}`, '-t', '0.5');
      expect([code, said]).toEqual([0, '']);
    }),
  );
  await until(
    ({ relays }) => relays.every(({ relay }) => (relay?.destinations[0]?.tags ?? 0) > 0),
    'tags of all of them',
  );
});
