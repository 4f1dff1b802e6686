// Streams that come late, or never, whatever was announced: nothing of them is lost, and nobody waits long for them.
import { expect, test } from 'vitest';
import { arrival, expectMonotonic, expectSame, expectUnbroken, offsets } from '../support/relay/compare.js';
import { httpOrigin } from '../support/relay/http-origin.js';
import { rtmpOrigin } from '../support/relay/origin.js';
import type { Script } from '../support/relay/player.js';
import { relayOf } from '../support/relay/relays.js';
import { isMedia, rtmpSink, type Sink } from '../support/relay/sink.js';
import { isKeyframe, stream } from '../support/relay/stream.js';
import { AUDIO, audioHeader, DATA, metadata, VIDEO, videoHeader } from '../support/relay/tags.js';

/** Milliseconds of one stream alone: several times the waits below. */
const ALONE = 1000;
const WAITS = { waitUnannounced: 200, waitExpected: 400 };
/** Milliseconds by which a busy machine may be late. */
const LATE = 700;

const soundAlone = stream({ length: ALONE, video: false });
const pictureAlone = stream({ length: ALONE, audio: false });
const both = stream({ length: 800, from: ALONE, number: 1000 });

const of = (type: number) => (one: { readonly type: number }) => one.type === type;

/** Sound alone at its own pace, then both. */
const soundFirst =
  (...announced: Parameters<typeof metadata>): Script =>
  async (player) => {
    if (announced.length > 0) player.send(metadata(...announced));
    player.send(audioHeader());
    await player.pace(soundAlone);
    player.send(videoHeader(ALONE));
    await player.pace(both, 4);
  };

/** Picture alone at its own pace, then both. */
const pictureFirst: Script = async (player) => {
  player.send(videoHeader());
  await player.pace(pictureAlone);
  player.send(audioHeader(ALONE));
  await player.pace(both, 4);
};

/** Everything of the stream that was late is here, and the other one has no gap. */
async function expectBoth(sink: Sink, first: typeof soundAlone, firstType: number, lateType: number): Promise<void> {
  await arrival(sink.arrivals, both.at(-1));
  await arrival(sink.arrivals, both.findLast(of(VIDEO)));
  const media = sink.media();
  expectUnbroken(media.filter(of(firstType)), [...first, ...both.filter(of(firstType))]);
  expectSame(media.filter(of(VIDEO)), (firstType === VIDEO ? [...first, ...both] : both).filter(of(VIDEO)));
  expect(media.filter(of(lateType))).toHaveLength(both.filter(of(lateType)).length);
  expectMonotonic(media);
  expect(new Set(offsets(media, [...first, ...both])).size).toBe(1);
  // Its sequence header came ahead of its first tag.
  const late = sink.arrivals.items.filter(of(lateType));
  expect(isMedia(late[0]!)).toBe(false);
  expect(isMedia(late[1]!)).toBe(true);
  if (lateType === VIDEO) expect(late[1]).toSatisfy(isKeyframe);
}

test.each([
  ['a header that announces sound alone', (script: Script) => httpOrigin(script, { flags: 4 }), soundFirst()],
  ['a header that announces nothing', (script: Script) => httpOrigin(script, { flags: 0 }), soundFirst()],
  ['no metadata', (script: Script) => rtmpOrigin(script), soundFirst()],
  ['metadata of sound alone', (script: Script) => rtmpOrigin(script), soundFirst({ videocodecid: 0 })],
])('video that comes late under %s is forwarded from its first keyframe on', async (_, make, script) => {
  const origin = await make(script);
  const sink = await rtmpSink();
  const { told } = relayOf(origin.url, sink.url, WAITS);
  const ready = await told('ready');
  expect(ready.reason).toBe('audio alone');
  expect(ready.sinceStartMs).toBeGreaterThanOrEqual(WAITS.waitUnannounced - 1);
  expect(ready.sinceStartMs).toBeLessThan(WAITS.waitUnannounced + LATE);
  await expectBoth(sink, soundAlone, AUDIO, VIDEO);
  expect(await told('stream')).toMatchObject({ kind: 'video', codec: 'h264', late: true });
  expect(sink.connections).toHaveLength(1);
});

test('video that was announced and comes late is waited for a little longer', async () => {
  const origin = await httpOrigin(soundFirst({}), { flags: 5 });
  const sink = await rtmpSink();
  const { told } = relayOf(origin.url, sink.url, WAITS);
  const ready = await told('ready');
  expect(ready.reason).toBe('audio alone');
  expect(ready.sinceStartMs).toBeGreaterThanOrEqual(WAITS.waitExpected - 1);
  expect(ready.sinceStartMs).toBeLessThan(WAITS.waitExpected + LATE);
  await expectBoth(sink, soundAlone, AUDIO, VIDEO);
  // What players read first says again what there is.
  const said = sink.arrivals.items.findIndex((one, i) => i > 0 && one.type === DATA);
  expect(said).toBeGreaterThan(0);
  expect(said).toBeLessThan(sink.arrivals.items.findIndex(of(VIDEO)));
});

test.each([
  ['a header that announces video alone', (script: Script) => httpOrigin(script, { flags: 1 })],
  ['no metadata', (script: Script) => rtmpOrigin(script)],
])('sound that comes late under %s is forwarded from its beginning on', async (_, make) => {
  const origin = await make(pictureFirst);
  const sink = await rtmpSink();
  const { told } = relayOf(origin.url, sink.url, WAITS);
  const ready = await told('ready');
  expect(ready.reason).toBe('video alone');
  expect(ready.sinceStartMs).toBeLessThan(WAITS.waitUnannounced + LATE);
  await expectBoth(sink, pictureAlone, VIDEO, AUDIO);
  expect(await told('stream')).toMatchObject({ kind: 'audio', codec: 'aac', late: true });
});

test.each([
  ['video', pictureAlone, videoHeader(), 'video alone'],
  ['sound', soundAlone, audioHeader(), 'audio alone'],
])('%s alone under a header and metadata that claim both starts within the wait', async (_, alone, header, reason) => {
  const origin = await httpOrigin(
    async (player) => {
      player.send(metadata(), header);
      await player.pace(alone);
    },
    { flags: 5 },
  );
  const sink = await rtmpSink();
  const { told } = relayOf(origin.url, sink.url, WAITS);
  const ready = await told('ready');
  expect(ready.reason).toBe(reason);
  expect(ready.sinceStartMs).toBeLessThan(WAITS.waitExpected + LATE);
  await arrival(sink.arrivals, alone.at(-1));
  expectUnbroken(sink.media(), alone);
});

test('a picture that is long in coming does not hold back the sound', async () => {
  const interframes = pictureAlone.filter((tag) => !isKeyframe(tag));
  const joined = [...soundAlone, ...interframes].sort((a, b) => a.timestamp - b.timestamp);
  const origin = await rtmpOrigin(async (player) => {
    player.send(metadata(), videoHeader(), audioHeader());
    await player.pace(joined);
    await player.pace(both, 4);
  });
  const sink = await rtmpSink();
  const { told } = relayOf(origin.url, sink.url, { ...WAITS, waitKeyframe: 300 });
  expect((await told('ready')).reason).toBe('audio ahead of a keyframe');
  await arrival(sink.arrivals, both.at(-1));
  await arrival(sink.arrivals, both.findLast(of(VIDEO)));
  expectUnbroken(sink.media().filter(of(AUDIO)), [...soundAlone, ...both.filter(of(AUDIO))]);
  expectSame(sink.media().filter(of(VIDEO)), both.filter(of(VIDEO)));
});

test('a server that fixes its tracks gets a late stream by one clean publish', async () => {
  const origin = await rtmpOrigin(soundFirst());
  const sink = await rtmpSink();
  relayOf(origin.url, sink.url, { ...WAITS, lateStream: 'republish' });
  await arrival(sink.arrivals, both.at(-1));
  await arrival(sink.arrivals, both.findLast(of(VIDEO)));
  expect(sink.accepted.items).toHaveLength(2);
  expect(sink.media(1).filter(of(VIDEO))).toEqual([]);
  expect(sink.connections[0]?.commands).toContain('FCUnpublish');
  const second = sink.arrivals.items.filter(({ connection }) => connection === 2);
  expect(second.findIndex(({ payload }) => payload.equals(videoHeader().payload))).toBeLessThan(2);
  expect(second.findIndex(({ payload }) => payload.equals(audioHeader().payload))).toBeLessThan(2);
  expectSame(sink.media(2).filter(of(VIDEO)), both.filter(of(VIDEO)));
  expectMonotonic(sink.media());
});

test('a late stream may be left out', async () => {
  const origin = await rtmpOrigin(soundFirst());
  const sink = await rtmpSink();
  const { told } = relayOf(origin.url, sink.url, { ...WAITS, lateStream: 'ignore' });
  await arrival(sink.arrivals, both.findLast(of(AUDIO)));
  expect(await told('stream')).toMatchObject({ late: true });
  expect(sink.arrivals.items.filter(of(VIDEO))).toEqual([]);
  expectUnbroken(sink.media(), [...soundAlone, ...both.filter(of(AUDIO))]);
});
