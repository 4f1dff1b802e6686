// Real servers: nginx with its RTMP module on both sides, ffmpeg as who publishes and as the server that chunks by 128.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { fixture } from '../support/fixtures.js';
import { freePort } from '../support/live.js';
import { mediaOf, sums } from '../support/relay/compare.js';
import { flvFile } from '../support/relay/flv-file.js';
import { nginx, type Nginx } from '../support/relay/nginx.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf } from '../support/relay/relays.js';
import { isKeyframe, stream } from '../support/relay/stream.js';
import { AUDIO, audioHeader, metadata, VIDEO, videoHeader, type Tag } from '../support/relay/tags.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const HEADERS = [metadata(), videoHeader(), audioHeader()];

/** Waits until a file that somebody else writes holds what is wanted. */
async function recorded(path: string, enough: (tags: readonly Tag[]) => boolean): Promise<Tag[]> {
  return await eventually(() => {
    const { tags } = flvFile(path);
    if (!enough(tags)) throw new Error(`${path} has ${String(tags.length)} tags and not what was waited for`);
    return tags;
  });
}

/** ffmpeg publishes a clip at its own pace, over and over, until the test is over, it is refused, or `stop` is called. */
function publisher(url: string): { readonly ended: Promise<unknown>; stop(): Promise<void> } {
  const args = ['-v', 'error', '-nostdin', '-re', '-stream_loop', '-1', '-i', fixture('plain.mp4'), '-c', 'copy'];
  const child = spawn('ffmpeg', [...args, '-f', 'flv', url], { stdio: 'ignore', timeout: 60_000 });
  const ended = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(stop);
  return { ended, stop };
}

const keptAt = (server: Nginx, name: string): string => join(server.recordings, `${name}.flv`);

test('what nginx plays arrives at nginx byte for byte, both tracks as far apart as they were', async () => {
  const server = await nginx();
  const source = publisher(server.url('kept', 'source'));
  await recorded(keptAt(server, 'source'), (tags) => tags.length > 20);
  const { relay, told } = relayOf(server.url('kept', 'source'), server.url('kept', 'copy'));
  await told('picture');
  await recorded(keptAt(server, 'copy'), (tags) => mediaOf(tags).length > 100);
  const { origin, destinations } = relay.status().timings;
  await source.stop();
  await relay.stop();
  const sent = mediaOf(flvFile(keptAt(server, 'source')).tags);
  const copied = mediaOf(flvFile(keptAt(server, 'copy')).tags);
  expect(copied[0]).toSatisfy(isKeyframe);

  // The clip is played over and over: the place is found by where the copy ends.
  const [whole, part] = [sums(sent), sums(copied)];
  const at = whole.findIndex((_, i) => part.every((one, k) => whole[i + k]?.crc === one.crc));
  expect(at, 'the copy is a part of what was sent, without a gap').toBeGreaterThanOrEqual(0);
  const offsets = copied.map(({ timestamp }, i) => timestamp - (sent[at + i]?.timestamp ?? 0));
  expect(Math.max(...offsets) - Math.min(...offsets)).toBeLessThanOrEqual(1);
  expect(Object.keys(origin)).toEqual(expect.arrayContaining(['tcp', 'handshake', 'play', 'firstVideo', 'ready']));
  expect(Object.keys(destinations[1] ?? {})).toEqual(expect.arrayContaining(['firstTag', 'firstPicture']));
});

test('what a scripted origin plays is recorded by nginx byte for byte', async () => {
  const server = await nginx();
  const media = stream({ length: 2000 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(media, 4);
  });
  const { relay } = relayOf(origin.url, server.url('kept', 'scripted'));
  const path = keptAt(server, 'scripted');
  const tags = await recorded(path, (some) => mediaOf(some).length >= media.length);
  expect(sums(mediaOf(tags))).toEqual(sums(media));
  expect(tags.find(({ type }) => type === VIDEO)?.payload).toEqual(videoHeader().payload);
  expect(tags.find(({ type }) => type === AUDIO)?.payload).toEqual(audioHeader().payload);
  await relay.stop();
});

test('video that comes late is recorded by nginx from its first keyframe on', async () => {
  const server = await nginx();
  const alone = stream({ length: 1000, video: false });
  const both = stream({ length: 1200, from: 1000, number: 3000 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(audioHeader());
    await player.pace(alone);
    player.send(videoHeader(1000));
    await player.pace(both, 2);
  });
  relayOf(origin.url, server.url('kept', 'late'), { waitUnannounced: 100 });
  const video = mediaOf(both).filter(({ type }) => type === VIDEO);
  const last = sums(video).at(-1)?.crc;
  const tags = await recorded(keptAt(server, 'late'), (some) => sums(some).some(({ crc }) => crc === last));
  const got = mediaOf(tags);
  expect(sums(got.filter(({ type }) => type === VIDEO))).toEqual(sums(video));
});

test('a name that is taken is told of, and taken over once it is free', async () => {
  const server = await nginx();
  const media = stream({ length: 400 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS, ...media);
    for (let i = 1; ; i++) await player.pace(stream({ length: 400, from: i * 400, number: i * 1000 }));
  });
  const first = relayOf(origin.url, server.url('live', 'taken'));
  await first.told('picture');
  const second = relayOf(origin.url, server.url('live', 'taken'));
  const { error, retryInMs } = await second.told('lost');
  expect(error.code).toBe('FR_RELAY_BUSY');
  expect(retryInMs).toBeGreaterThan(0);
  await first.relay.stop();
  await second.told('picture');
});

test('an application that nginx does not have is an error within its deadline', async () => {
  const server = await nginx();
  const sink = server.url('live', 'unused');
  const { relay, all } = relayOf(`rtmp://127.0.0.1:${String(server.port)}/nothing/key`, sink, { onEnd: 'exit' });
  await expect(relay.done).rejects.toMatchObject({ code: expect.stringMatching(/^FR_RELAY_(LOST|REFUSED)$/) });
  expect(all('connected')).toEqual([]);
});

test('ffmpeg as a destination takes one connection and writes what was sent', async () => {
  const out = join(temporaryFolder(), 'out.flv');
  const port = await freePort('tcp');
  const url = `rtmp://127.0.0.1:${String(port)}/live/key`;
  const child = spawn('ffmpeg', ['-v', 'error', '-listen', '1', '-f', 'flv', '-i', url, '-c', 'copy', out], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: 40_000,
  });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const server = await nginx();
  publisher(server.url('live', 'clip'));
  const { relay, told } = relayOf(server.url('live', 'clip'), url);
  await told('picture');
  await recorded(out, (tags) => mediaOf(tags).filter(({ type }) => type === VIDEO).length > 30);
  await relay.stop();
  await ended;
  expect(mediaOf(flvFile(out).tags).find(({ type }) => type === VIDEO)).toSatisfy(isKeyframe);
});

test('ffmpeg that publishes to a relay which listens is forwarded, and a wrong key is not', async () => {
  const server = await nginx();
  const port = String(await freePort('tcp'));
  const { told, all } = relayOf(`rtmp://127.0.0.1:${port}/live/right-key?listen`, server.url('kept', 'pushed'));
  const wrong = publisher(`rtmp://127.0.0.1:${port}/live/wrong-key`);
  await wrong.ended;
  expect(all('origin')).toEqual([]);
  publisher(`rtmp://127.0.0.1:${port}/live/right-key`);
  await told('picture');
  const tags = await recorded(keptAt(server, 'pushed'), (some) => mediaOf(some).length > 60);
  expect(mediaOf(tags)[0]).toSatisfy(isKeyframe);
});
