// HLS in a folder: what a strict reader of every version of the playlist finds, and what ffmpeg plays meanwhile.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { startCli } from '../support/cli.js';
import { filesIn } from '../support/process.js';
import { WatchedPlaylist } from '../support/relay/hls-folder.js';
import { rtmpOrigin, type Origin } from '../support/relay/origin.js';
import type { Script } from '../support/relay/player.js';
import { later, only, realStream } from '../support/relay/real-stream.js';
import { relayOf } from '../support/relay/relays.js';
import { expectSameMedia, unitsOf } from '../support/relay/same-media.js';
import { AUDIO, metadata, VIDEO, type Tag } from '../support/relay/tags.js';
import { packetsOf, readTs } from '../support/relay/ts.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const SPEED = 4;

/** An origin that plays once and then ends. */
function ending(script: Script): Promise<Origin> {
  return rtmpOrigin(async (player) => {
    await script(player);
    player.cut();
  });
}

/** What a script plays, in a folder. */
async function published(script: Script, options: Parameters<typeof relayOf>[2] = {}): Promise<WatchedPlaylist> {
  const path = join(temporaryFolder(), 'live.m3u8');
  const seen = new WatchedPlaylist(path);
  const origin = await ending(script);
  const { relay } = relayOf(origin.url, path, { onEnd: 'exit', hlsSegment: 1000, waitUnannounced: 20, ...options });
  await relay.done;
  seen.look();
  return seen;
}

/** Whether segments begin with a keyframe: the stream that tells the clock is the pictures. */
function keyed(seen: WatchedPlaylist): boolean[] {
  return [...seen.files.values()].map(
    (bytes) => packetsOf(bytes).find(({ starts, pcr }) => starts && pcr !== undefined)?.keyframe === true,
  );
}

/** A web server of a folder; its address. */
async function served(folder: string): Promise<string> {
  const server = createServer(({ url = '' }, response) => {
    const path = join(folder, basename(url));
    if (existsSync(path)) createReadStream(path).pipe(response);
    else response.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

/** Runs ffmpeg to the end of a playlist; its packets by stream, and its complaints. */
async function played(url: string): Promise<{ readonly lines: string[]; readonly stderr: string }> {
  const args = ['-v', 'warning', '-nostdin', '-i', url, '-map', '0', '-c', 'copy', '-f', 'framecrc', '-'];
  const { stdout, stderr } = await promisify(execFile)('ffmpeg', args, { timeout: 60_000 });
  return { lines: stdout.split('\n').filter((line) => /^\d/.test(line)), stderr };
}

test('a stream is cut at keyframes, rolls, ends, and is the stream that it was', async () => {
  const { headers, media } = await realStream({ seconds: 14, bFrames: 2 });
  const seen = await published(async (player) => {
    player.send(metadata(), ...headers);
    await player.pace(media, SPEED);
  });
  seen.expectStrict();
  expect(seen.last.ended).toBe(true);
  expect(seen.last).toMatchObject({ target: 1, sequence: 8, discontinuitySequence: 0 });
  expect(seen.files.size).toBe(14);
  expect(keyed(seen)).not.toContain(false);
  expect([...seen.files.keys()].map((name) => /^live-[\da-z]{9}-(\d{6})\.ts$/.exec(name)?.[1])).toEqual(
    Array.from({ length: 14 }, (_, i) => String(i).padStart(6, '0')),
  );
  expectSameMedia(readTs(seen.bytes).tags, [...headers, ...media]);
});

test('ffmpeg plays it live, to its end, without a complaint', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'live.m3u8');
  const { headers, media } = await realStream({ seconds: 8, gop: 12, bFrames: 2 });
  const seen = new WatchedPlaylist(path);
  const origin = await ending(async (player) => {
    player.send(metadata(), ...headers);
    await player.pace(media);
  });
  const { relay } = relayOf(origin.url, pathToFileURL(path).href, { onEnd: 'exit', hlsSegment: 500 });
  const url = await served(folder);
  await seen.versions.find(({ segments }) => segments.length >= 3);
  const { lines, stderr } = await played(`${url}/live.m3u8`);
  await relay.done;
  seen.look();
  seen.expectStrict();
  expect(stderr).toBe('');
  const whole = unitsOf([...headers, ...media]);
  const pictures = lines.filter((line) => line.startsWith('0,'));
  // It begins three segments from the end, and then misses nothing.
  expect(pictures.length).toBeGreaterThan(whole.filter(({ type }) => type === VIDEO).length * 0.6);
  const steps = pictures
    .map((line) => Number(line.split(',')[1]))
    .map((dts, i, all) => dts - (all[i - 1] ?? dts - 3600));
  expect(new Set(steps)).toEqual(new Set([3600]));
});

test('groups that are longer than a segment decide the target duration, and those that are longer still are cut', async () => {
  const long = await realStream({ seconds: 6, gop: 75 });
  const longer = await realStream({ seconds: 6, gop: 150, tone: 880 });
  const media = [...long.media, ...later(longer.media, 6000)];
  const seen = await published(async (player) => {
    player.send(metadata(), ...long.headers);
    await player.pace(media, SPEED);
  });
  seen.expectStrict();
  expect(seen.last.target).toBe(3);
  expect(seen.last.segments.map(({ duration }) => duration).slice(0, 2)).toEqual([3, 3]);
  expect(keyed(seen).slice(0, 3)).toEqual([true, true, true]);
  expect(keyed(seen)).toContain(false);
  expectSameMedia(readTs(seen.bytes).tags, [...long.headers, ...media]);
});

test('sound alone is cut by time', async () => {
  const { headers, media } = await realStream({ seconds: 5, video: 'none' });
  const seen = await published(async (player) => {
    player.send(...headers);
    await player.pace(media, SPEED);
  });
  seen.expectStrict();
  expect(seen.files.size).toBe(5);
  expectSameMedia(readTs(seen.bytes).tags, [...headers, ...media]);
});

test('other parameters, and a stream that comes late, begin a segment behind a discontinuity', async () => {
  const one = await realStream({ seconds: 3, audio: 'none' });
  const other = await realStream({ seconds: 3, size: '320x240', audio: 'none' });
  const sound = await realStream({ seconds: 2, video: 'none' });
  const pictures = [...one.media, ...later(other.media, 3000)];
  // Amid a group: the pictures go on, and the sound joins with the next keyframe.
  const late = later(sound.media, 4500).filter(({ timestamp }) => timestamp < 6000);
  const seen = await published(async (player) => {
    player.send(...one.headers);
    await player.pace(one.media, SPEED);
    player.send(...later(other.headers, 3000));
    await player.pace(
      pictures.filter(({ timestamp }) => timestamp >= 3000 && timestamp < 4500),
      SPEED,
    );
    player.send(...later(sound.headers, 4500));
    const rest = [...pictures.filter(({ timestamp }) => timestamp >= 4500), ...late];
    await player.pace(
      rest.toSorted((a, b) => a.timestamp - b.timestamp),
      SPEED,
    );
  });
  seen.expectStrict();
  const broken = seen.last.segments.flatMap(({ discontinuity }, i) => (discontinuity ? [i] : []));
  expect(broken).toEqual([3, 5]);
  expect(keyed(seen)).not.toContain(false);
  const arrived = readTs(seen.bytes).tags;
  const crcs = (tags: readonly Tag[], type: number): number[] =>
    unitsOf(tags)
      .filter((unit) => unit.type === type)
      .map(({ crc }) => crc);
  expect(crcs(arrived, VIDEO)).toEqual([
    ...crcs([...one.headers, ...one.media], VIDEO),
    ...crcs([...other.headers, ...other.media], VIDEO),
  ]);
  // What came ahead of its keyframe is left out, and nothing else.
  expect(crcs(arrived, AUDIO)).toEqual(
    crcs([...sound.headers, ...late.filter(({ timestamp }) => timestamp >= 5000)], AUDIO),
  );
});

test('an origin that was away leaves a discontinuity, and no hole in the list', async () => {
  const { headers, media } = await realStream({ seconds: 3 });
  let connections = 0;
  const path = join(temporaryFolder(), 'live.m3u8');
  const seen = new WatchedPlaylist(path);
  const origin = await rtmpOrigin(async (player) => {
    connections += 1;
    if (connections === 2) await player.wait(1600);
    player.send(metadata(), ...headers);
    await player.pace(later(media, connections * 100_000), SPEED);
    if (connections === 1) player.cut();
    else await player.wait(60_000);
  });
  const { relay } = relayOf(origin.url, path, { hlsSegment: 1000 });
  await seen.versions.find(({ segments }) => segments.length >= 5);
  await relay.stop();
  seen.look();
  seen.expectStrict();
  expect(seen.last.segments.map(({ discontinuity }) => discontinuity)).toEqual([
    ...[false, false, false],
    ...[true, false, false],
  ]);
});

test('a relay that was killed goes on where it was: numbers, names and what is still listed', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'live.m3u8');
  const { headers, media } = await realStream({ seconds: 9, gop: 12 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata(), ...headers);
    await player.pace(media, SPEED);
    await player.wait(60_000);
  });
  const seen = new WatchedPlaylist(path);
  const first = startCli(['relay', origin.url, path, '--hls-segment', '500ms']);
  await seen.versions.find(({ sequence }) => sequence >= 2);
  first.child.kill('SIGKILL');
  await first.ended;
  seen.look();
  const before = seen.last;
  const { relay } = relayOf(origin.url, path, { hlsSegment: 500 });
  const [begun] = await seen.versions.count(
    1,
    ({ sequence, segments }) => sequence + segments.length > before.sequence + before.segments.length,
  );
  expect(begun?.segments.at(-1)?.discontinuity).toBe(true);
  expect(begun?.segments.at(-1)?.name.slice(0, 15)).not.toBe(before.segments.at(-1)?.name.slice(0, 15));
  await seen.versions.find(({ discontinuitySequence }) => discontinuitySequence === 1);
  await relay.stop();
  seen.look();
  seen.expectStrict();
  const numbers = [...seen.files.keys()].map((name) => Number(/-(\d{6})\.ts$/.exec(name)?.[1]));
  expect(numbers).toEqual(numbers.map((_, i) => i));
  // Nothing half-written is left of the first run.
  expect(filesIn(folder).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('segments that left the list stay as long as somebody may still fetch them, and no longer', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'live.m3u8');
  const { headers, media } = await realStream({ seconds: 12, gop: 12 });
  const seen = new WatchedPlaylist(path);
  const origin = await ending(async (player) => {
    player.send(metadata(), ...headers);
    await player.pace(media, SPEED);
  });
  writeFileSync(join(folder, 'live-zzzzzzzzz-000007.ts'), 'of an earlier run');
  writeFileSync(join(folder, 'live-notes.ts'), 'of somebody else');
  const { relay } = relayOf(origin.url, path, { onEnd: 'exit', hlsSegment: 500, hlsList: 3 });
  await relay.done;
  seen.look();
  const left = filesIn(folder).filter((name) => /^live-[\da-z]{9}-/.test(name));
  expect(filesIn(folder)).toContain('live-notes.ts');
  expect(left).not.toContain('live-zzzzzzzzz-000007.ts');
  const { segments } = seen.last;
  const kept = left.length - segments.length;
  // As many as were listed, one more, and the one that the last of them pushed out.
  expect(kept).toBeGreaterThan(segments.length);
  expect(kept).toBeLessThanOrEqual(segments.length + 2);
});

test('a folder that goes away loses the destination, which comes back with it', async () => {
  const root = temporaryFolder();
  const folder = join(root, 'www');
  mkdirSync(folder);
  const { headers, media } = await realStream({ seconds: 30, gop: 12, audio: 'none' });
  const origin = await rtmpOrigin(async (player) => {
    player.send(...headers);
    await player.pace(media, 2);
  });
  const { relay, told, all } = relayOf(origin.url, join(folder, 'live.m3u8'), { hlsSegment: 500 });
  const seen = new WatchedPlaylist(join(folder, 'live.m3u8'));
  await seen.versions.find(({ segments }) => segments.length >= 2);
  renameSync(folder, join(root, 'gone'));
  const { error } = await told('lost');
  expect(error).toMatchObject({
    code: 'FR_RELAY_LOST',
    message: expect.stringMatching(/^Cannot write .*folder does not exist/),
  });
  mkdirSync(folder);
  const again = new WatchedPlaylist(join(folder, 'live.m3u8'));
  await again.versions.find(({ segments }) => segments.length >= 2);
  await relay.stop();
  again.look();
  again.expectStrict();
  expect(all('lost').length).toBeLessThan(10);
  expect(again.last.ended).toBe(true);
});

test('the sound and the pictures of HEVC and Opus are carried, too', async () => {
  const { headers, media } = await realStream({ seconds: 3, video: 'hevc', audio: 'opus', rate: 48_000 });
  const seen = await published(async (player) => {
    player.send(...headers);
    await player.pace(media, SPEED);
  });
  seen.expectStrict();
  expectSameMedia(readTs(seen.bytes).tags, [...headers, ...media]);
  expect(only(readTs(seen.bytes).tags, AUDIO).length).toBeGreaterThan(100);
});

test('paths that are no playlists are refused', () => {
  for (const [to, words] of [
    ['file:///tmp/live.mpd', 'a file that ends with .m3u8'],
    ['file://elsewhere/live.m3u8', 'a file that ends with .m3u8'],
    ['.m3u8', 'a file that ends with .m3u8'],
  ] as const)
    expect(() => relayOf('rtmp://127.0.0.1/live/a', to)).toThrow(words);
  expect(() => relayOf('rtmp://127.0.0.1/live/a', 'a.m3u8', { hlsList: 2 })).toThrow('hlsList');
  expect(() => relayOf('rtmp://127.0.0.1/live/a', 'a.m3u8', { hlsSegment: 10 })).toThrow('hlsSegment');
});
