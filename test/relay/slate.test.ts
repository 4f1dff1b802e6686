// The slate: what destinations are fed while no origin lives, in real time, on the connection that they have.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { createRelay } from '#dist/relay/index.js';
import { flvHeader, flvTag } from '#dist/relay/flv/bytes.js';
import { videoCodec } from '#dist/relay/flv/tag.js';
import { failure } from '../support/failure.js';
import { ffmpeg } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { some } from '../support/long.js';
import { expectMonotonic } from '../support/relay/compare.js';
import { liveOrigin, type LiveOrigin } from '../support/relay/live-origin.js';
import { relayOf } from '../support/relay/relays.js';
import { isPicture, rtmpSink, type Arrival, type Sink } from '../support/relay/sink.js';
import { arrivedOf, expectWhole, longestGap, plays } from '../support/relay/switches.js';
import { isKeyframe } from '../support/relay/stream.js';
import { AUDIO, audioHeader, metadata, VIDEO, videoHeader } from '../support/relay/tags.js';
import { resources } from '../support/resources.js';
import { temporaryFolder } from '../support/temporary-folder.js';

const OTHER = { number: 50_000, from: 7_000_000 } as const;

/** A picture of odd sides. */
async function picture(kind: 'png' | 'jpg' = 'png'): Promise<string> {
  const path = join(temporaryFolder(), `slate.${kind}`);
  await ffmpeg('-f', 'lavfi', '-i', 'testsrc=size=321x243', '-frames:v', '1', path);
  return path;
}

/** What arrived of neither origin. */
function slateOf(sink: Sink, ...origins: LiveOrigin[]): Arrival[] {
  const others = new Set(origins.flatMap((origin) => arrivedOf(sink, origin)));
  return sink.media().filter((one) => !others.has(one));
}

/** Waits until so many tags of the slate have arrived. */
async function shown(sink: Sink, count: number, ...origins: LiveOrigin[]): Promise<Arrival[]> {
  await sink.arrivals.find(() => slateOf(sink, ...origins).length >= count, 'the slate');
  return slateOf(sink, ...origins);
}

/** Times at the destination are those of the clock on the wall: nothing came in a burst. */
function expectRealTime(slate: readonly Arrival[]): void {
  const [first, last] = [slate[0]!, slate.at(-1)!];
  expect(Math.abs(last.timestamp - first.timestamp - (last.at - first.at))).toBeLessThan(150);
}

/** What ffmpeg complains of when it decodes what arrived, as a file from its headers on. */
function complaints(arrivals: readonly Arrival[]): string {
  const path = join(temporaryFolder(), 'slate.flv');
  const tags = arrivals.map(({ type, timestamp, payload }) => flvTag(type, timestamp, payload));
  writeFileSync(path, Buffer.concat([flvHeader({ audio: true, video: true }), ...tags]));
  const { stderr, status } = spawnSync('ffmpeg', ['-v', 'warning', '-i', path, '-f', 'null', '-'], {
    encoding: 'utf8',
  });
  return status === 0 ? stderr : `it failed: ${stderr}`;
}

/** The slate with the headers that were in force when it began. */
function withHeaders(sink: Sink, slate: readonly Arrival[]): Arrival[] {
  const from = sink.arrivals.items.indexOf(slate[0]!);
  const headers = [VIDEO, AUDIO].map((type) =>
    sink.headers(type).findLast((one) => sink.arrivals.items.indexOf(one) < from)!,
  );
  return [...headers, ...slate];
}

test.each(some(2, ['png', 'jpg']))('a %s is shown when both origins are dead, until one plays again', async (kind) => {
  const [first, second] = [await liveOrigin(), await liveOrigin(OTHER)];
  const sink = await rtmpSink();
  const { relay, told, events, all, started } = relayOf([first.url, second.url], sink.url, {
    slate: await picture(kind),
    slateAfter: 300,
  });
  await plays(sink, first);
  await started;
  second.die();
  first.die();
  const slate = await shown(sink, 150, first, second);
  expect(await told('switch')).toMatchObject({ to: 'slate', reason: 'lost' });
  expect(relay.status()).toMatchObject({ slate: { shown: true }, origin: { open: false } });
  expectRealTime(slate);
  expect(longestGap(sink)).toBeLessThan(1000);

  second.revive();
  await events.find((one) => one.event === 'switch' && one.from === 'slate', 'the way back', 30_000);
  await plays(sink, second, 60);
  expect(all('switch').at(-1)).toMatchObject({ reason: 'back' });
  expect(all('switch').at(-1)!.gapMs).toBeLessThan(200);
  const { seconds } = relay.status().slate!;
  expect(seconds).toBeGreaterThan(1.5);
  expect(relay.telemetry.prometheus()).toMatch(/framerail_relay_switches_total\{reason="back"\} 1/);
  expectWhole(sink, first, second);
  expect(complaints(withHeaders(sink, slate))).toBe('');
});

test('who comes back with the group that is under way is shown from its keyframe on', async () => {
  // No keyframe comes while this runs, and a server with a cache sends the last one to whoever joins.
  const first = await liveOrigin({ gop: 750, cached: true });
  const sink = await rtmpSink();
  const { events, relay } = relayOf(first.url, sink.url, { slate: await picture(), slateAfter: 300 });
  await plays(sink, first);
  first.die();
  await shown(sink, 20, first);
  first.revive();
  await events.find((one) => one.event === 'switch' && one.reason === 'back', 'the way back', 30_000);
  await plays(sink, first, 30);
  const keyframes = arrivedOf(sink, first).filter((one) => one.type === VIDEO && isKeyframe(one));
  expect(new Set(keyframes.map(({ crc }) => crc)).size).toBe(1);
  expect(keyframes.length).toBe(2);
  // What was kept has its place: its time lies ahead of the clock on the wall.
  expect(relay.status().feed.driftSeconds).toBeGreaterThan(0.5);
  expectWhole(sink, first);
});

test('a slate is shown ahead of the first answer of an origin', async () => {
  const first = await liveOrigin();
  first.die();
  const sink = await rtmpSink();
  const { relay, events, told } = relayOf(first.url, sink.url, { slate: await picture(), slateAfter: 300 });
  const slate = await shown(sink, 60, first);
  await told('picture');
  expect(relay.status().ready).toBe('both streams');
  expectRealTime(slate);
  first.revive();
  await events.find((one) => one.event === 'switch' && one.reason === 'back', 'the origin', 30_000);
  await plays(sink, first);
  expectWhole(sink, first);
});

test('a slate takes the shape of the live stream and the silence of its sound', async () => {
  const headers = [metadata({ framerate: 10 }), videoHeader(), audioHeader(0, 3)];
  const first = await liveOrigin({ headers });
  const sink = await rtmpSink();
  const { relay } = relayOf(first.url, sink.url, { slate: await picture(), slateAfter: 300 });
  await plays(sink, first);
  // Its own shape first, then that of the stream.
  await sink.arrivals.find(() => relay.status().slate?.size?.[0] === 640, 'its shape', 30_000);
  first.freeze();
  const slate = await shown(sink, 60, first);
  // The sound goes on with the header that it had: it is not announced again.
  expect(sink.headers(AUDIO)).toHaveLength(1);
  expect(complaints(withHeaders(sink, slate))).toBe('');
  const pictures = slate.filter(({ type }) => type === VIDEO).map(({ timestamp }) => timestamp);
  const steps = pictures.slice(1).map((time, i) => time - pictures[i]!);
  expect(new Set(steps)).toEqual(new Set([100]));
  first.thaw();
  await plays(sink, first);
  expectWhole(sink, first);
});

test('a clip is shown with its own sound, over and over', async () => {
  const clip = join(temporaryFolder(), 'clip.mp4');
  const lavfi = [
    '-f',
    'lavfi',
    '-i',
    'testsrc=size=320x180:rate=25:duration=1',
    '-f',
    'lavfi',
    '-i',
    'sine=duration=1',
  ];
  // Of another rate and another codec than the live sound.
  await ffmpeg(...lavfi, '-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-c:a', 'ac3', '-ar', '32000', clip);
  const first = await liveOrigin();
  const sink = await rtmpSink();
  const { relay } = relayOf(first.url, sink.url, { slate: clip, slateAfter: 300 });
  await plays(sink, first);
  await sink.arrivals.find(() => relay.status().slate?.size?.[0] === 640, 'its shape', 30_000);
  first.die();
  const slate = await shown(sink, 180, first);
  expectRealTime(slate);
  const pictures = slate.filter(({ type }) => type === VIDEO);
  // The loop begins again after its 25 pictures.
  expect(pictures[25]?.crc).toBe(pictures[0]?.crc);
  const sounds = new Set(slate.filter(({ type }) => type === AUDIO).map(({ crc }) => crc));
  expect(sounds.size).toBeGreaterThan(20);
  // It is in the form of the live sound, whose decoder is told nothing.
  expect(sink.headers(AUDIO)).toHaveLength(1);
  expectMonotonic(slate);
  expect(complaints(withHeaders(sink, slate))).toBe('');
});

test('a slate for HEVC is HEVC, which decoders are told of', async () => {
  const headers = [
    metadata({ framerate: 5, width: 320, height: 180 }),
    videoHeader(0, { format: 'hvc1' }),
    audioHeader(),
  ];
  const first = await liveOrigin({ headers, format: 'hvc1' });
  const sink = await rtmpSink();
  const { relay } = relayOf(first.url, sink.url, { slate: await picture(), slateAfter: 300 });
  await plays(sink, first);
  await sink.arrivals.find(() => relay.status().slate?.size?.[0] === 320, 'its shape', 30_000);
  first.freeze();
  const slate = await shown(sink, 60, first);
  const [header] = sink.headers(VIDEO).slice(-1);
  expect(videoCodec(header!.payload)).toBe('hevc');
  expect(slate.find(({ type }) => type === VIDEO)).toSatisfy(isPicture);
  first.thaw();
  await plays(sink, first);
  expectWhole(sink, first);
});

test('a relay of sound alone is given silence, and one of pictures alone no sound', async () => {
  const slate = await picture();
  for (const [type, none] of [
    [AUDIO, { video: false, headers: [metadata({ videocodecid: 0 }), audioHeader()] }],
    [VIDEO, { audio: false, headers: [metadata({ audiocodecid: 0 }), videoHeader()] }],
  ] as const) {
    const first = await liveOrigin(none);
    const sink = await rtmpSink();
    const { started, events } = relayOf(first.url, sink.url, { slate, slateAfter: 300, waitUnannounced: 50 });
    await plays(sink, first, 20);
    await started;
    first.die();
    const own = await shown(sink, 30, first);
    expect(new Set(own.map((one) => one.type))).toEqual(new Set([type]));
    first.revive();
    await events.find((one) => one.event === 'switch' && one.reason === 'back', 'the origin', 30_000);
    await plays(sink, first, 10);
    expectWhole(sink, first);
  }
});

test.each([
  ['is not there', () => join(temporaryFolder(), 'missing.png'), 'FR_INPUT_NOT_FOUND'],
  ['is no picture', () => fixture('talk.srt'), /^FR_/],
  ['is a damaged picture', damaged, /^FR_/],
])('a slate that %s is refused in one sentence', async (_, path, code) => {
  const first = await liveOrigin();
  const sink = await rtmpSink();
  const relay = createRelay({ from: first.url, to: [sink.url], slate: path() });
  const error = await failure(async () => await relay.start());
  expect(error).toMatchObject({ code: typeof code === 'string' ? code : expect.stringMatching(code) });
  expect(error.message).toMatch(/^The slate .* cannot be shown: .*[^.]\.$/);
  await relay.stop();
});

test('a relay that is stopped while its slate is prepared leaves no worker behind', async () => {
  const first = await liveOrigin();
  const sink = await rtmpSink();
  const before = resources().children;
  const { relay, told } = relayOf(first.url, sink.url, { slate: fixture('big.mp4') });
  await told('origin');
  await relay.stop();
  await vi.waitUntil(() => resources().children === before, { timeout: 10_000 });
});

/** A PNG of which only the beginning is there. */
function damaged(): string {
  const path = join(temporaryFolder(), 'damaged.png');
  writeFileSync(path, Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'));
  return path;
}
