// Viewers over HTTP: what they get, how many they may be, and what becomes of those who are slow or do not read at all.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, onTestFinished, test, vi } from 'vitest';
import { fixture } from '../../support/fixtures.js';
import { sender } from '../../support/live.js';
import { sums } from '../../support/relay/compare.js';
import { httpOrigin } from '../../support/relay/http-origin.js';
import { httpViewer, relaysOf, type HttpViewer } from '../../support/relay/many.js';
import { rtmpOrigin } from '../../support/relay/origin.js';
import type { Player } from '../../support/relay/player.js';
import { isHeader, isKeyframe, stream } from '../../support/relay/stream.js';
import { audioHeader, DATA, metadata, sound, VIDEO, videoHeader, type Tag } from '../../support/relay/tags.js';

const HEADERS = [metadata(), videoHeader(), audioHeader()];

test('ffprobe and ffmpeg play it as any other stream', async () => {
  const { url } = await sender('rtmp', 'plain.mp4', ['-stream_loop', '-1']);
  const { relays, told } = await relaysOf({ http: 0, relays: { 'a b': { from: url } } });
  await told('a b', 'ready');
  const address = `http://${relays.http!}/live/a%20b.flv`;
  const run = promisify(execFile);
  const probe = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name', '-of', 'csv=p=0', address], {
    timeout: 30_000,
  });
  expect(probe.stdout.trim().split('\n').sort()).toEqual(['aac', 'h264']);
  const decode = ['-v', 'error', '-nostdin', '-i', address, '-t', '1', '-f', 'framecrc', '-'];
  const { stdout, stderr } = await run('ffmpeg', decode, { timeout: 30_000 });
  expect(stderr).toBe('');
  expect(stdout.split('\n').filter((line) => line.startsWith('0,')).length).toBeGreaterThan(15);
  expect(fixture('plain.mp4')).toBeDefined();
});

test('50 viewers who come at any time all begin with headers and a keyframe, and get everything from there on', async () => {
  const media = stream({ length: 40_000 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(media, 2);
  });
  const { relays, until } = await relaysOf({ http: 0, processes: 1, relays: { a: { from: origin.url } } });
  const viewers = [];
  for (let i = 0; i < 50; i++) {
    viewers.push(httpViewer(relays.http!, '/live/a.flv'));
    if (i % 5 === 0) await viewers[0]!.tags.count(i * 4, () => true);
  }
  await until((status) => status.viewers === 50, 'all viewers');
  await viewers.at(-1)!.tags.count(100, () => true);
  const last = viewers[0]!.tags.items.findLast(({ type }) => type === VIDEO)!;
  for (const [i, { tags, head }] of viewers.entries()) {
    await tags.find(({ crc }) => crc === last.crc);
    expect(await head).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*video\/x-flv[\s\S]*Connection: close/i);
    const { items } = tags;
    expect(
      items.slice(0, 3).map((tag) => [tag.type, tag.type !== DATA && isHeader(tag)]),
      String(i),
    ).toEqual([
      [DATA, false],
      [VIDEO, true],
      [8, true],
    ]);
    const got = items.slice(3, items.findIndex(({ crc }) => crc === last.crc) + 1);
    expect(isKeyframe(got.find(({ type }) => type === VIDEO)!)).toBe(true);
    const end = media.findIndex(({ payload }) => payload.equals(last.payload));
    expect(sums(got), String(i)).toEqual(sums(media.slice(end + 1 - got.length, end + 1)));
  }
});

test('a slow viewer is taken back to a keyframe, one that reads nothing is cut, and nobody else notices', async () => {
  const group = stream({ length: 200, audio: false, gop: 5, bytes: 40_000 });
  const media = Array.from({ length: 10_000 }, (_, i) => ({ ...group[i % 5]!, timestamp: i * 40 }));
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata({ audiocodecid: 0 }), videoHeader());
    await player.pace(media, 4);
  });
  const options = { from: origin.url, queueBytes: 400_000, stallTimeout: 1500, gopBytes: '1M', waitUnannounced: 20 };
  const { relays, until } = await relaysOf({ http: 0, processes: 1, relays: { a: options } });
  const watch = (): HttpViewer => httpViewer(relays.http!, '/live/a.flv', undefined, 16);
  const [good, slow, stalled] = [watch(), watch(), watch()];
  for (const { tags } of [good, slow, stalled]) await tags.find(({ type }) => type === VIDEO);
  stalled.socket.pause();
  await until(({ viewers }) => viewers === 2, 'the stalled viewer to be cut');
  const { relays: before } = await relays.status();
  // It reads a piece now and then, less than comes.
  const slowly = (): void => {
    slow.socket.pause();
    setTimeout(() => slow.socket.resume(), 50);
  };
  slow.socket.on('data', slowly);
  const dropped = before[0]!.viewersDropped;
  await until(({ relays: [a] }) => a!.viewersDropped > dropped, 'tags to be left out');
  slow.socket.off('data', slowly);
  const torn = (): number => steps(slow.tags.items).findIndex((step) => step !== 40);
  await expect.poll(torn, { timeout: 15_000 }).toBeGreaterThan(0);
  const pictures = slow.tags.items.filter((tag) => tag.type === VIDEO && !isHeader(tag));
  expect(isKeyframe(pictures[torn() + 1]!)).toBe(true);
  expect(new Set(steps(good.tags.items))).toEqual(new Set([40]));
  expect(await relays.status()).toMatchObject({ viewers: 2 });
});

/** Milliseconds from each picture to the next one. */
function steps(tags: readonly Tag[]): number[] {
  const times = tags.filter((tag) => tag.type === VIDEO && !isHeader(tag)).map(({ timestamp }) => timestamp);
  return times.slice(1).map((time, i) => time - times[i]!);
}

test('viewers outlive an origin that comes back, and are sent away with a relay that begins again', async () => {
  const media = stream({ length: 4000 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(media.slice(0, 60), 4);
    if (player.connection === 1) player.cut('rst');
    else await player.pace(media.slice(60), 4);
  });
  const { relays, events } = await relaysOf({ http: 0, processes: 1, relays: { a: { from: origin.url } } });
  const viewer = httpViewer(relays.http!, '/live/a.flv');
  await events.find(({ event }) => event === 'originLost');
  await viewer.tags.find(({ payload }) => payload.equals(media[100]!.payload));
  expect(origin.connections).toHaveLength(2);
  await relays.reload({ http: relays.http!, processes: 1, relays: { a: { from: origin.url, gopBytes: 5 } } });
  await viewer.closed;
});

test('a stream that has paused is begun with its next tag, which comes once', async () => {
  const media = stream({ length: 4000, audio: false });
  let go: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (go = resolve));
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata({ audiocodecid: 0 }), videoHeader(), ...media.slice(0, 15));
    await player.wait(asked);
    await player.pace(media.slice(15), 4);
  });
  const { relays, told } = await relaysOf({
    ...{ http: 0, processes: 1, relays: { a: { from: origin.url, waitUnannounced: 20 } } },
  });
  await told('a', 'ready');
  // Longer than a stream counts as one that flows behind its last tag.
  const jump = process.hrtime.bigint.bind(process.hrtime);
  vi.spyOn(process.hrtime, 'bigint').mockImplementation(() => jump() + 3_300_000_000n);
  onTestFinished(() => void vi.restoreAllMocks());
  const viewer = httpViewer(relays.http!, '/live/a.flv');
  await relays.status();
  await expect.poll(async () => (await relays.status()).viewers).toBe(1);
  expect(viewer.text()).toBe('');
  go();
  await viewer.tags.find(({ payload }) => payload.equals(media[60]!.payload));
  const got = viewer.tags.items.filter((tag) => tag.type === VIDEO && !isHeader(tag)).slice(0, 40);
  expect(sums(got)).toEqual(sums(media.slice(10, 50)));
});

test('what changes while somebody watches is told: late sound, other headers, data', async () => {
  let go: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (go = resolve));
  const origin = await rtmpOrigin(async (player: Player) => {
    player.send(metadata({ audiocodecid: 0 }), videoHeader(), ...stream({ length: 800, audio: false }));
    await player.wait(asked);
    player.send(audioHeader(800), sound(800, 1), videoHeader(800, { variant: 5 }));
    player.send(...stream({ length: 400, from: 800, number: 500, audio: false }));
  });
  const { relays } = await relaysOf({
    http: 0,
    processes: 1,
    relays: { a: { from: origin.url, waitUnannounced: 50 } },
  });
  const viewer = httpViewer(relays.http!, '/live/a.flv');
  await viewer.tags.count(11, () => true);
  go();
  await viewer.tags.find(({ type, timestamp }) => type === VIDEO && timestamp >= 1100);
  const { items } = viewer.tags;
  const late = items.findIndex((tag) => tag.type === 8 && isHeader(tag));
  expect(late).toBeGreaterThan(10);
  expect(items.slice(late).some(({ type, payload }) => type === 8 && payload.equals(sound(800, 1).payload))).toBe(true);
  const changed = items.findLastIndex((tag) => tag.type === VIDEO && isHeader(tag));
  expect(items[changed]?.payload).toEqual(videoHeader(0, { variant: 5 }).payload);
  const pictures = items.slice(changed + 1).filter(({ type }) => type === VIDEO);
  expect(isKeyframe(pictures[0]!)).toBe(true);
});

test('unknown names, too many viewers, pipelines and bodies are refused', async () => {
  const origin = await httpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(stream({ length: 30_000 }));
  });
  const { relays, told } = await relaysOf({
    ...{ http: 0, processes: 1, maxViewers: 2, cors: true, relays: { a: { from: origin.url } } },
  });
  await told('a', 'ready');
  const answer = async (request: string): Promise<string> => await httpViewer(relays.http!, '', request).head;
  const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}\r\n`;
  expect(await answer(get('/live/b.flv'))).toMatch(/^HTTP\/1\.1 404 /);
  expect(await answer(get('/live/%ff.flv'))).toMatch(/^HTTP\/1\.1 400 /);
  expect(await answer(get('/live/a.flv', 'Content-Length: 3\r\n'))).toMatch(/^HTTP\/1\.1 400 /);
  expect(await answer(get('/live/a.flv', 'Transfer-Encoding: chunked\r\n'))).toMatch(/^HTTP\/1\.1 400 /);
  const pipeline = httpViewer(relays.http!, '', get('/status') + get('/live/a.flv'));
  await pipeline.closed;
  expect(pipeline.text()).toMatch(/^HTTP\/1\.1 200 [\s\S]*HTTP\/1\.1 400 /);

  const viewers = [httpViewer(relays.http!, '/live/a.flv'), httpViewer(relays.http!, '/live/a.flv')];
  for (const { tags } of viewers) await tags.find(() => true);
  expect(await viewers[0]!.head).toContain('Access-Control-Allow-Origin: *');
  expect(await answer(get('/live/a.flv'))).toMatch(/^HTTP\/1\.1 503 /);
  viewers[0]!.socket.destroy();
  await expect.poll(async () => await answer(get('/live/a.flv')), { timeout: 5000 }).toMatch(/^HTTP\/1\.1 200 /);
  // HTTP of long ago gets the same.
  expect(await answer('GET /live/none.flv HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 404 /);
});
