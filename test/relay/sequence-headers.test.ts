// Sequence headers: late, missing, repeated and changed. A stream is complete when its own header says so.
import { expect, test } from 'vitest';
import { arrival, expectMonotonic, expectSame, expectUnbroken } from '../support/relay/compare.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import type { Player } from '../support/relay/player.js';
import { relayOf, type Watched } from '../support/relay/relays.js';
import { isMedia, rtmpSink, type Sink } from '../support/relay/sink.js';
import { isKeyframe, stream } from '../support/relay/stream.js';
import { AUDIO, audioHeader, DATA, metadata, VIDEO, videoHeader, type Tag } from '../support/relay/tags.js';

const first = stream({ length: 800 });
const second = stream({ length: 800, from: 800, number: 500 });
const soundOf = <T extends Pick<Tag, 'type'>>(tags: readonly T[]): T[] => tags.filter(({ type }) => type === AUDIO);
const videoOf = <T extends Pick<Tag, 'type'>>(tags: readonly T[]): T[] => tags.filter(({ type }) => type === VIDEO);
const whole = [...first, ...second];

/** Relays what is ahead, the first half, what comes amid, and the second half. */
async function relayed(
  ahead: readonly Tag[],
  amid: readonly Tag[],
  halves: readonly [readonly Tag[], readonly Tag[]] = [first, second],
): Promise<Watched & { readonly sink: Sink }> {
  const sink = await rtmpSink();
  const origin = await rtmpOrigin(async (player: Player) => {
    player.send(...ahead);
    await player.pace(halves[0], 8);
    // The destination is fed before anything changes.
    await player.wait(sink.arrivals.find(isMedia));
    player.send(...amid);
    await player.pace(halves[1], 8);
  });
  const watched = relayOf(origin.url, sink.url, { waitUnannounced: 50, waitExpected: 50 });
  await arrival(sink.arrivals, videoOf(halves[1]).at(-1));
  await arrival(sink.arrivals, soundOf(halves[1]).at(-1));
  return { sink, ...watched };
}

test('frames ahead of their sequence header are left out, and counted', async () => {
  const { sink, relay } = await relayed([audioHeader()], [videoHeader(800)]);
  expectSame(videoOf(sink.media()), videoOf(second));
  expectUnbroken(soundOf(sink.media()), soundOf(whole));
  expect(relay.status().feed.undecodable).toBe(videoOf(first).length);
});

test('a header that never comes costs its own stream alone', async () => {
  const sink = await rtmpSink();
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata(), audioHeader());
    await player.pace(whole, 8);
  });
  relayOf(origin.url, sink.url, { waitExpected: 50 });
  await arrival(sink.arrivals, soundOf(whole).at(-1));
  expectUnbroken(sink.media(), soundOf(whole));
});

test('headers that are repeated and say the same are not announced again', async () => {
  const { sink, all } = await relayed(
    [metadata(), videoHeader(), audioHeader()],
    [videoHeader(800), audioHeader(800), videoHeader(800), audioHeader(800)],
  );
  expectSame(sink.media(), whole);
  expect(sink.headers()).toHaveLength(2);
  expect(all('stream')).toEqual([]);
});

test('a header of sound that says in another way that there is no SBR is not announced', async () => {
  const header = audioHeader(800);
  const other = { ...header, payload: Buffer.concat([header.payload, Buffer.from('56e500', 'hex')]) };
  const { sink, all } = await relayed([metadata(), videoHeader(), audioHeader()], [other]);
  expectSame(sink.media(), whole);
  expect(sink.headers()).toHaveLength(2);
  expect(all('stream')).toEqual([]);
});

test('another resolution is announced ahead of its keyframe', async () => {
  const changed = videoHeader(800, { variant: 9 });
  const { sink, told } = await relayed(
    [metadata(), videoHeader(), audioHeader()],
    [metadata({ width: 1280, height: 720 }, 'array', 800), changed],
  );
  expectSame(sink.media(), whole);
  expect(await told('stream')).toMatchObject({ kind: 'video', codec: 'h264', late: false });
  const { items } = sink.arrivals;
  const at = items.findIndex(({ payload }) => payload.equals(changed.payload));
  expect(at).toBeGreaterThan(0);
  expect(items.slice(at + 1).find(({ type }) => type === VIDEO)).toSatisfy(isKeyframe);
  expect(items.slice(0, at).filter(({ type }) => type === DATA)).toHaveLength(2);
  expectMonotonic(items);
});

test('pictures between a new header and its keyframe are left out', async () => {
  const amidGroup = stream({ length: 800, from: 800, number: 500 }).slice(4);
  const { sink } = await relayed(
    [metadata(), videoHeader(), audioHeader()],
    [videoHeader(800, { variant: 9 })],
    [first, amidGroup],
  );
  const video = videoOf(amidGroup);
  expect(video.findIndex(isKeyframe)).toBeGreaterThan(0);
  expectSame(videoOf(sink.media()), [...videoOf(first), ...video.slice(video.findIndex(isKeyframe))]);
});

test('another sampling rate of the sound is announced', async () => {
  const { sink, told } = await relayed([metadata(), videoHeader(), audioHeader()], [audioHeader(800, 3)]);
  expectSame(sink.media(), whole);
  expect(sink.headers(AUDIO).map(({ payload }) => payload)).toEqual([audioHeader().payload, audioHeader(0, 3).payload]);
  expect(await told('stream')).toMatchObject({ kind: 'audio', codec: 'aac', late: false });
});

test('another codec is announced on the same connection', async () => {
  const hevc = stream({ length: 800, from: 800, number: 500, format: 'hvc1' });
  const { sink, told, relay } = await relayed(
    [metadata(), videoHeader(), audioHeader()],
    [videoHeader(800, { format: 'hvc1' })],
    [first, hevc],
  );
  expectSame(sink.media(), [...first, ...hevc]);
  expect(await told('stream')).toMatchObject({ kind: 'video', codec: 'hevc', late: false });
  expect(relay.status().feed.video?.codec).toBe('hevc');
  expect(sink.connections).toHaveLength(1);
});
