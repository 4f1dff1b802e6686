// SRT from and to real peers: ffmpeg and srt-live-transmit, called and calling, with and without a passphrase.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TAG } from '#dist/relay/flv/tag.js';
import { fixture } from '../support/fixtures.js';
import { freePort, sender } from '../support/live.js';
import { sums } from '../support/relay/compare.js';
import { runFfmpeg } from '../support/relay/ffmpeg-run.js';
import { openOrigin } from '../support/relay/opened-origin.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf } from '../support/relay/relays.js';
import { isMedia, rtmpSink, type Sink } from '../support/relay/sink.js';
import { bound, feed, transmit } from '../support/relay/srt.js';
import type { Tag } from '../support/relay/tags.js';
import { flvTags, mediaOf, readTs } from '../support/relay/ts.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const ts = readFileSync(fixture('plain.ts'));
const theirs = flvTags(readFileSync(fixture('plain.flv')));
const PASSPHRASE = 'k3epMeHidden';

/** All that came is what ffmpeg writes as FLV, from its beginning. */
function expectTheirs(tags: readonly Tag[], least: number): void {
  for (const type of [TAG.video, TAG.audio]) {
    const came = sums(mediaOf(tags, type));
    expect(came.length).toBeGreaterThan(least);
    expect(sums(mediaOf(theirs, type)).slice(0, came.length)).toEqual(came);
  }
}

async function takes(sink: Sink, count: number): Promise<void> {
  await sink.arrivals.count(count, isMedia);
}

test('a stream that ffmpeg serves is called for and reaches RTMP, unit for unit', async () => {
  const { url } = await sender('srt');
  const sink = await rtmpSink();
  const { told, all } = relayOf(url, sink.url, { publishEarly: true });
  await takes(sink, 200);
  expect(await told('ready')).toMatchObject({ audio: 'aac', video: 'h264' });
  expectTheirs(sink.media(), 70);
  expect(all('warning')).toEqual([]);
});

test('a stream that ffmpeg pushes is listened for, with a passphrase', async () => {
  const port = String(await freePort('udp'));
  const query = `passphrase=${PASSPHRASE}&pbkeylen=32`;
  const sink = await rtmpSink();
  const { relay, told } = relayOf(`srt://127.0.0.1:${port}?mode=listener&latency=50000&${query}`, sink.url, {
    publishEarly: true,
  });
  await sink.accepted.find(() => true);
  await bound(Number(port));
  runFfmpeg('-re', '-i', fixture('plain.mp4'), '-c', 'copy', '-f', 'mpegts', `srt://127.0.0.1:${port}?${query}`);
  await takes(sink, 200);
  expectTheirs(sink.media(), 70);
  const { timings } = await told('origin');
  expect(timings.play).toBeGreaterThanOrEqual(timings.handshake ?? Infinity);
  expect(JSON.stringify(relay.status())).not.toContain(PASSPHRASE);
});

test.each([
  ['is called', 'listener', 'caller'],
  ['calls', 'caller', 'listener'],
])('srt-live-transmit %s, and every tag of its stream comes', async (_, itsMode, ourMode) => {
  const port = String(await freePort('udp'));
  const ours = `srt://127.0.0.1:${port}?mode=${ourMode}&passphrase=${PASSPHRASE}&latency=2000000`;
  const its = `srt://127.0.0.1:${port}?mode=${itsMode}&passphrase=${PASSPHRASE}&latency=2000`;
  let opened;
  let run;
  if (ourMode === 'listener') {
    opened = openOrigin(ours);
    await bound(Number(port));
    run = await feed(its);
  } else {
    run = await feed(its);
    await bound(Number(port));
    opened = openOrigin(ours);
  }
  await opened.opened();
  // It drops what comes before it knows that it is connected, which is later than we do.
  await run.lines.find((line) => /^(Accepted SRT target connection|SRT target connected)/.test(line));
  await run.send(ts);
  // The last picture is known to be whole when another begins: here nothing comes behind it.
  const expected = readTs(ts).tags.slice(0, 260);
  await opened.journal.count(99, (item) => item.what === 'tag' && mediaOf([item.tag], TAG.video).length > 0);
  expect(sums(opened.tags()).slice(0, 260)).toEqual(sums(expected));
  expect(opened.tags().slice(0, 260)).toEqual(expected);
  expect(opened.warnings()).toEqual([]);
});

const HEADERS = theirs.filter((tag) => mediaOf([tag], tag.type).length === 0);
const MEDIA = theirs.filter((tag) => mediaOf([tag], tag.type).length === 1);
/** Milliseconds of the clip. */
const LENGTH = 4000;

/** Plays the clip at its pace, as often as asked, and ends. */
async function rtmpStream(times = 1): Promise<{ readonly url: string; readonly media: Tag[] }> {
  const media = Array.from({ length: times }, (_, i) =>
    MEDIA.map((tag) => ({ ...tag, timestamp: tag.timestamp + i * LENGTH })),
  ).flat();
  const { url } = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(media);
    player.cut();
  });
  return { url, media };
}

/** What came is a part of what was sent: each tag once, in order, none missing between the first and the last. */
function expectPart(bytes: Buffer, sent: readonly Tag[], least: number): void {
  const { tags, warnings } = readTs(bytes);
  expect(warnings).toEqual([]);
  for (const type of [TAG.video, TAG.audio]) {
    const came = sums(mediaOf(tags, type));
    const all = sums(mediaOf(sent, type));
    expect(came.length).toBeGreaterThan(least);
    const from = all.findIndex(({ crc }) => crc === came[0]?.crc);
    expect(came).toEqual(all.slice(from, from + came.length));
  }
}

test.each([
  ['is called', 'listener', 'caller'],
  ['calls', 'caller', 'listener'],
])('a stream from RTMP goes out to srt-live-transmit that %s', async (_, itsMode, ourMode) => {
  const port = String(await freePort('udp'));
  const its = `srt://127.0.0.1:${port}?mode=${itsMode}&passphrase=${PASSPHRASE}&latency=300`;
  const ours = `srt://127.0.0.1:${port}?mode=${ourMode}&passphrase=${PASSPHRASE}`;
  let run;
  if (itsMode === 'listener') {
    run = transmit(its, 'file://con');
    await bound(Number(port));
  }
  const { url, media } = await rtmpStream(2);
  const { relay, told } = relayOf(url, ours);
  if (run === undefined) {
    await bound(Number(port));
    run = transmit(its, 'file://con');
  }
  await told('picture');
  await run.sizes.find((bytes) => bytes > 100_000);
  await relay.stop();
  await run.ended;
  expectPart(run.received(), media, 15);
  expect(relay.status().destinations[0]).toMatchObject({ connections: 1 });
});

test('a stream that ends in good order arrives to its last packet', async () => {
  const port = String(await freePort('udp'));
  const run = transmit(`srt://127.0.0.1:${port}?mode=listener`, 'file://con');
  await bound(Number(port));
  const { url, media } = await rtmpStream();
  const { relay, all } = relayOf(url, `srt://127.0.0.1:${port}`, { onEnd: 'exit' });
  await relay.done;
  await run.ended;
  expect(all('lost')).toEqual([]);
  const { tags } = readTs(run.received());
  for (const type of [TAG.video, TAG.audio])
    expect(sums(mediaOf(tags, type)).at(-1)).toEqual(sums(mediaOf(media, type)).at(-1));
});

test('ffmpeg fetches what a destination serves, and another viewer may come after it', async () => {
  const port = String(await freePort('udp'));
  const folder = temporaryFolder();
  const { url, media } = await rtmpStream(6);
  const { all, events } = relayOf(url, `srt://127.0.0.1:${port}?mode=listener`);
  for (const name of ['first.ts', 'second.ts']) {
    await bound(Number(port));
    const path = join(folder, name);
    const viewer = runFfmpeg(
      ...['-t', '2', '-i', `srt://127.0.0.1:${port}`, '-c', 'copy', '-f', 'mpegts', '-mpegts_copyts', '1', path],
    );
    expect((await viewer.ended).code).toBe(0);
    expectPart(readFileSync(path), media, 30);
    await events.find(() => all('lost').length === (name === 'first.ts' ? 1 : 2));
  }
  expect(all('lost').map(({ error, retryInMs }) => [error.code, retryInMs])).toEqual([
    ['FR_RELAY_LOST', 0],
    ['FR_RELAY_LOST', 0],
  ]);
});
