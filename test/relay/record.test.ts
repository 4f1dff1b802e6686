// A recording beside the destinations: the same tags, in a file that appears when it is whole.
import { once } from 'node:events';
import { mkdirSync, readFileSync, watch } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { RelayEvent } from '#dist/relay/index.js';
import { startCli } from '../support/cli.js';
import { ffprobe } from '../support/ffmpeg.js';
import { filesIn } from '../support/process.js';
import { arrival, mediaOf, sums } from '../support/relay/compare.js';
import { flvFile } from '../support/relay/flv-file.js';
import { Journal } from '../support/relay/journal.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import { relayOf } from '../support/relay/relays.js';
import { isMedia, rtmpSink } from '../support/relay/sink.js';
import { realStream } from '../support/relay/real-stream.js';
import { expectSameMedia } from '../support/relay/same-media.js';
import { readTs } from '../support/relay/ts.js';
import { isKeyframe, stream } from '../support/relay/stream.js';
import { audioHeader, DATA, metadata, VIDEO, videoHeader, type Tag } from '../support/relay/tags.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const HEADERS = [metadata(), videoHeader(), audioHeader()];

/** A recording is whole. */
function tagsOf(path: string): Tag[] {
  const { tags, pending } = flvFile(path);
  expect(pending).toBe(false);
  return tags;
}

test('what is forwarded is recorded, from its first keyframe to stop()', async () => {
  const folder = temporaryFolder();
  const record = join(folder, 'out.flv');
  const media = stream({ length: 1200 });
  const joined = media.slice(3);
  const sink = await rtmpSink();
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.wait(sink.accepted.find(() => true));
    await player.pace(joined, 8);
  });
  const { relay } = relayOf(origin.url, sink.url, { record, publishEarly: true });
  await arrival(sink.arrivals, media.at(-1));
  expect(filesIn(folder)).not.toContain('out.flv');
  await relay.stop();
  expect(filesIn(folder)).toEqual(['out.flv']);
  const tags = tagsOf(record);
  expect(tags.slice(0, 4).map(({ type }) => type)).toEqual([DATA, VIDEO, 8, VIDEO]);
  expect(tags[3]).toSatisfy(isKeyframe);
  expect(sums(mediaOf(tags))).toEqual(sums(sink.media()));
  const recorded = mediaOf(tags).map(({ timestamp }) => timestamp);
  expect(recorded).toEqual(sink.media().map(({ timestamp }) => timestamp));
});

test('metadata is at zero wherever it comes, as at other times FFmpeg takes it for a stream of text', async () => {
  const record = join(temporaryFolder(), 'out.flv');
  const { headers, media } = await realStream({ seconds: 4 });
  const half = Math.floor(media.length / 2);
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata(), ...headers);
    await player.pace(media.slice(0, half), 8);
    player.send(metadata({ encoder: 'another' }, 'array', media[half]!.timestamp));
    await player.pace(media.slice(half), 8);
    player.cut();
  });
  const { relay } = relayOf(origin.url, [], { record, waitUnannounced: 50, onEnd: 'exit' });
  await relay.done;
  const told = tagsOf(record).filter(({ type }) => type === DATA);
  expect(told.length).toBeGreaterThan(1);
  for (const { timestamp } of told) expect(timestamp).toBe(0);
  const { streams } = await ffprobe('-show_entries', 'stream=codec_type', record);
  expect((streams as { codec_type: string }[]).map((one) => one.codec_type).sort()).toEqual(['audio', 'video']);
});

test('a recording needs no destination, and has streams that come late', async () => {
  const record = join(temporaryFolder(), 'out.flv');
  const alone = stream({ length: 400, video: false });
  const both = stream({ length: 800, from: 400, number: 900 });
  let played = (): void => undefined;
  const end = new Promise<void>((resolve) => (played = resolve));
  const origin = await rtmpOrigin(async (player) => {
    player.send(audioHeader());
    await player.pace(alone);
    player.send(videoHeader(400));
    await player.pace(both, 4);
    player.cut();
    played();
  });
  const { relay, told } = relayOf(origin.url, [], { record, waitUnannounced: 50, onEnd: 'exit' });
  await relay.start().catch(() => undefined);
  await end;
  await relay.done;
  expect((await told('ready')).reason).toBe('audio alone');
  const tags = tagsOf(record);
  const video = tags.filter((tag) => tag.type === VIDEO && isMedia(tag));
  expect(sums(video)).toEqual(sums(both.filter(({ type }) => type === VIDEO)));
});

test('a relay that never had anything to record leaves no file, and one that cannot write fails', async () => {
  const folder = temporaryFolder();
  const origin = await rtmpOrigin(() => undefined);
  const { relay, told } = relayOf(origin.url, [], { record: join(folder, 'out.flv') });
  await told('origin');
  await relay.stop();
  expect(filesIn(folder)).toEqual([]);

  const record = join(folder, 'no', 'such', 'out.flv');
  const wrong = relayOf(origin.url, [], { record });
  await expect(wrong.relay.done).rejects.toMatchObject({ code: 'FR_OUTPUT_FAILED' });
  // As often as a destination that refuses.
  const waits = wrong.all('recordingLost').map(({ file, retryInMs }) => [file, retryInMs === null]);
  expect(waits).toEqual([false, false, true].map((last) => [record, last]));
  expect(wrong.relay.status().recording).toMatchObject({ file: record, lastError: { code: 'FR_OUTPUT_FAILED' } });
});

test('a recording that is given up ends no destination', async () => {
  const media = stream({ length: 400 });
  const sink = await rtmpSink();
  const given = new Journal<true>();
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.wait(given.find(() => true));
    await player.pace(media, 4);
    await player.wait(60_000);
  });
  const record = join(temporaryFolder(), 'no', 'such', 'out.flv');
  const { relay, events, started } = relayOf(origin.url, sink.url, { record });
  await events.find((one) => one.event === 'recordingLost' && one.retryInMs === null, 'the end of the recording');
  given.push(true);
  await started;
  await arrival(sink.arrivals, media.at(-1));
  expect(sums(sink.media())).toEqual(sums(media));
  expect(relay.status()).toMatchObject({ recording: { state: 'failed', files: 0 }, destinations: [{ state: 'live' }] });
  await relay.stop();
  // What it was asked for is not there: that is no success.
  await expect(relay.done).rejects.toMatchObject({ code: 'FR_OUTPUT_FAILED' });
});

test('a recording that the disk takes no more of begins anew, loses nothing, and ends no destination', async () => {
  const folder = temporaryFolder();
  const media = stream({ length: 3000, bytes: 2000, gop: 25 });
  const sink = await rtmpSink();
  const system = watch(folder);
  onTestFinished(() => system.close());
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.wait(sink.accepted.find(() => true));
    // It is recorded from its first picture on.
    player.send(media[0]!);
    await player.wait(once(system, 'change'));
    await player.pace(media.slice(1), 2);
    player.cut();
  });
  // It is full amid the last group of pictures, which is still there when the next file begins.
  const bytes = media
    .filter(({ timestamp }) => timestamp < 2300)
    .reduce((sum, { payload }) => sum + payload.length + 15, 0);
  const record = join(folder, 'out.flv');
  const args = [origin.url, sink.url, '--record', record, '--publish-early', '--on-end', 'exit', '--json'];
  const { code, stdout, stderr } = await startCli(['relay', ...args], { fileBytes: bytes }).ended;
  expect(sums(sink.media())).toEqual(sums(media));
  expect([code, stderr]).toEqual([1, expect.stringMatching(/out\.flv: it would grow beyond .*FR_OUTPUT_FAILED/)]);
  const events = stdout
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RelayEvent);
  expect(events.filter(({ event }) => event === 'recordingLost')).toMatchObject([{ file: record, retryInMs: 0 }]);
  expect(filesIn(folder)).toEqual(['out.1.flv', 'out.flv']);
  const [first, second] = [record, join(folder, 'out.1.flv')].map((path) => mediaOf(tagsOf(path)));
  expect(second?.[0]).toSatisfy(isKeyframe);
  // The second one begins with the keyframe that the first one ends with: together they have everything.
  const known = sums(first ?? []);
  const more = sums(second ?? []).filter(({ crc }) => known.every((one) => one.crc !== crc));
  expect([...known, ...more]).toEqual(sums(media));
});

test('a disk that takes nothing is tried again, and leaves no pieces behind', async () => {
  const folder = temporaryFolder();
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(stream({ length: 20_000 }));
  });
  const args = ['relay', origin.url, '--record', join(folder, 'out.flv'), '--duration', '1500ms'];
  const { code, stdout, stderr } = await startCli(args, { fileBytes: 0 }).ended;
  expect(code).toBe(1);
  expect(stderr).toContain('it would grow beyond the largest file that is allowed');
  expect(stdout.toString().match(/recording: .*next attempt in/g)?.length).toBeGreaterThan(1);
  expect(filesIn(folder)).toEqual([]);
});

test('a relative path is absolute in what is told of it', async () => {
  const [folder, media] = [temporaryFolder(), stream({ length: 200 })];
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(media, 4);
    player.cut();
  });
  const record = join(folder, 'out.flv');
  const { relay, all } = relayOf(origin.url, [], { record: relative(process.cwd(), record), onEnd: 'exit' });
  await relay.done;
  expect(all('recorded').map(({ file }) => file)).toEqual([record]);
  expect(relay.status().recording).toEqual({ file: record, state: 'closed', files: 1, lastError: null });
});

test('as MPEG-TS it is the stream that it was, and goes on where parameters change', async () => {
  const folder = temporaryFolder();
  const record = join(folder, 'out.ts');
  const { headers, media } = await realStream({ seconds: 3, bFrames: 2 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata(), ...headers);
    await player.pace(media, 6);
    player.cut();
  });
  const { relay, all } = relayOf(origin.url, [], { record, onEnd: 'exit' });
  await relay.done;
  expect(all('recorded').map(({ file }) => file)).toEqual([record]);
  expect(filesIn(folder)).toEqual(['out.ts']);
  expectSameMedia(readTs(readFileSync(record)).tags, [...headers, ...media]);
});

test('by time, files of FLV follow each other at keyframes, with times of their own', async () => {
  const folder = temporaryFolder();
  const media = stream({ length: 4000, gop: 10 });
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.pace(media, 8);
    player.cut();
  });
  const { relay, all } = relayOf(origin.url, [], { record: join(folder, 'day.flv'), recordEvery: 1000, onEnd: 'exit' });
  await relay.done;
  const files = all('recorded').map(({ file }) => file);
  expect(files).toHaveLength(4);
  const parts = files.map((file) => tagsOf(file));
  expect(sums(mediaOf(parts.flat()))).toEqual(sums(mediaOf(media)));
  for (const tags of parts) {
    expect(tags.slice(0, 4).map(({ type }) => type)).toEqual([DATA, VIDEO, 8, VIDEO]);
    expect(tags[3]).toSatisfy(isKeyframe);
    expect(Math.max(...tags.map(({ timestamp }) => timestamp))).toBeLessThan(1200);
  }
});

test('a recording whose place is taken meanwhile takes the next one', async () => {
  const folder = temporaryFolder();
  const media = stream({ length: 1200 });
  const sink = await rtmpSink();
  const origin = await rtmpOrigin(async (player) => {
    player.send(...HEADERS);
    await player.wait(sink.accepted.find(() => true));
    await player.pace(media, 8);
    await player.wait(60_000);
  });
  const record = join(folder, 'out.flv');
  const { relay, all } = relayOf(origin.url, sink.url, { record, publishEarly: true });
  await arrival(sink.arrivals, media.at(-1));
  // A folder has come to where the file was meant to be.
  mkdirSync(record);
  await relay.stop();
  expect(all('recorded').map(({ file }) => file)).toEqual([join(folder, 'out.1.flv')]);
  expect(filesIn(folder)).toEqual(['out.1.flv', 'out.flv']);
  expect(sums(mediaOf(tagsOf(join(folder, 'out.1.flv'))))).toEqual(sums(sink.media()));
});

test('what was recorded before is never replaced: each run, and each relay, takes the next name and tells it', async () => {
  const folder = temporaryFolder();
  const record = join(folder, 'out.flv');
  const media = stream({ length: 200 });
  const run = async (number: number): Promise<string[]> => {
    const origin = await rtmpOrigin(async (player) => {
      player.send(metadata({ number }), ...HEADERS.slice(1));
      await player.pace(media, 4);
      player.cut();
    });
    const { relay, all } = relayOf(origin.url, [], { record, onEnd: 'exit' });
    await relay.done;
    return all('recorded').map(({ file }) => file);
  };
  expect(await run(0)).toEqual([record]);
  const first = readFileSync(record);
  const both = await Promise.all([run(1), run(2)]);
  const names = ['out.1.flv', 'out.2.flv'];
  expect(both.flat().toSorted()).toEqual(names.map((name) => join(folder, name)));
  expect(filesIn(folder)).toEqual([...names, 'out.flv']);
  expect(readFileSync(record)).toEqual(first);
  for (const [path] of both) expect(sums(mediaOf(tagsOf(path ?? '')))).toEqual(sums(media));
});
