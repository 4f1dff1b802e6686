// Silence for streams without sound: AAC that decoders take, in step with the pictures, and out of the way of real sound.
import { expect, test } from 'vitest';
import { Silence } from '#dist/relay/silence.js';
import { AudioUntagger } from '#dist/relay/elementary/audio-untagger.js';
import { audioFrameTag, audioHeaderTag } from '#dist/relay/elementary/tag-payload.js';
import { splitAdts } from '../support/relay/adts.js';
import { arrival, expectMonotonic, expectSame } from '../support/relay/compare.js';
import { feedFfmpeg } from '../support/ffmpeg.js';
import { httpOrigin } from '../support/relay/http-origin.js';
import { relayOf } from '../support/relay/relays.js';
import { isMedia, rtmpSink } from '../support/relay/sink.js';
import { isHeader, stream } from '../support/relay/stream.js';
import { AUDIO, audioHeader, DATA, VIDEO, videoHeader } from '../support/relay/tags.js';

interface Told {
  readonly time: number;
  readonly payload: Buffer;
}

function silence(): { readonly told: Told[]; readonly silence: Silence } {
  const told: Told[] = [];
  return { told, silence: new Silence((time, payload) => told.push({ time, payload })) };
}

const STEREO_48 = Buffer.from([0x11, 0x90]);
const MONO_44 = Buffer.from([0x12, 0x08]);

test.each([
  ['stereo at 48 kHz', STEREO_48, 2, 48_000],
  ['mono at 44.1 kHz', MONO_44, 1, 44_100],
])('ffmpeg decodes it as nothing but silence: %s', async (_, config, channels, rate) => {
  const { told, silence: filler } = silence();
  const header = audioHeaderTag('aac', config)!;
  filler.follow(header);
  for (let time = 0; time <= 2000; time += 40) filler.picture(time);
  const untagger = new AudioUntagger();
  untagger.read(header);
  const adts = Buffer.concat(told.map(({ payload }) => untagger.read(payload)!.data));
  expect(splitAdts(adts).frames).toHaveLength(told.length);
  const samples = await feedFfmpeg(adts, ['-v', 'error', '-xerror', '-f', 'aac', '-i', '-', '-f', 's16le', '-']);
  expect(samples.byteLength).toBe(told.length * 1024 * 2 * channels);
  expect(samples.every((byte) => byte === 0)).toBe(true);
  expect(told).toHaveLength(Math.floor((2000 * rate) / 1024 / 1000) + 1);
});

test('it is in step with the pictures over an hour, to the millisecond', () => {
  const { told, silence: filler } = silence();
  for (let time = 0; time <= 3_600_000; time += 40) filler.picture(time);
  for (const [i, { time }] of told.entries()) expect(Math.abs(time - (i * 1024) / 48)).toBeLessThanOrEqual(1);
  expect(told.at(-1)!.time).toBeGreaterThan(3_600_000 - 22);
});

test('it makes way for sound, takes its place when it stops, and leaps with the time of the pictures', () => {
  const { told, silence: filler } = silence();
  filler.picture(0);
  filler.picture(40);
  expect(told.map(({ time }) => time)).toEqual([0, 21]);
  // Sound that would lie beside silence is left out.
  expect(filler.sound(30)).toBe(false);
  expect(filler.sound(45)).toBe(true);
  for (let time = 80; time < 1000; time += 40) filler.picture(time);
  expect(told).toHaveLength(2);
  filler.picture(1080);
  expect(told[2]!.time).toBe(66);
  expect(told.at(-1)!.time).toBeGreaterThan(1058);
  const before = told.length;
  filler.picture(100_000);
  expect(told.slice(before).map(({ time }) => time)).toEqual([100_000]);
});

test('sound of other forms is not mixed with it', () => {
  const { told, silence: filler } = silence();
  filler.follow(audioFrameTag('opus', Buffer.from([1])));
  filler.sound(0);
  filler.picture(5000);
  filler.picture(10_000);
  expect(told).toHaveLength(0);
});

const video = stream({ length: 2000, audio: false });

test('a stream of pictures alone arrives with a track of silence, its metadata complete', async () => {
  const origin = await httpOrigin(
    async (player) => {
      player.send(videoHeader());
      await player.pace(video, 4);
    },
    { flags: 1 },
  );
  const sink = await rtmpSink();
  const { told, relay } = relayOf(origin.url, sink.url, { fillAudio: true, waitUnannounced: 50 });
  expect(await told('ready')).toMatchObject({ reason: 'video alone', audio: 'aac', video: 'h264', silence: true });
  await arrival(sink.arrivals, video.at(-1));
  const media = sink.media();
  expectSame(
    media.filter(({ type }) => type === VIDEO),
    video,
  );
  expectMonotonic(media);
  const sound = media.filter(({ type }) => type === AUDIO);
  const first = sound[0]!.timestamp;
  // It begins with the pictures that were kept for who begins, and not with those that came behind them.
  expect(first - media.find(({ type }) => type === VIDEO)!.timestamp).toBeLessThan(22);
  const last = media.findLast(({ type }) => type === VIDEO)!.timestamp;
  expect(sound.length).toBeGreaterThanOrEqual(Math.floor(((last - first) * 48) / 1024));
  expect(sink.arrivals.items.filter(({ type }) => type === AUDIO)[0]).toSatisfy(isHeader);
  expect(relay.status().feed.audio?.codec).toBe('aac');
});

test('sound that comes late takes its place on the same connection, behind its own header', async () => {
  const late = stream({ length: 1000, from: 2000, video: false, number: 7 });
  const pictures = stream({ length: 3000, audio: false });
  const origin = await httpOrigin(
    async (player) => {
      player.send(videoHeader());
      await player.pace(
        pictures.filter(({ timestamp }) => timestamp < 2000),
        4,
      );
      player.send(audioHeader(2000));
      await player.pace(
        [...late, ...pictures.filter(({ timestamp }) => timestamp >= 2000)].sort((a, b) => a.timestamp - b.timestamp),
        4,
      );
    },
    { flags: 1 },
  );
  const sink = await rtmpSink();
  const { all } = relayOf(origin.url, sink.url, { fillAudio: true, waitUnannounced: 50 });
  await arrival(sink.arrivals, late.at(-1));
  await arrival(sink.arrivals, pictures.at(-1));
  expectMonotonic(sink.media());
  const real = sink.media().filter(({ type, payload }) => type === AUDIO && payload.byteLength > 20);
  // The first one or two would have lain beside silence.
  expect(real.length).toBeGreaterThanOrEqual(late.length - 2);
  expectSame(real, late.slice(late.length - real.length));
  const headers = sink.arrivals.items.filter((one) => one.type === AUDIO && !isMedia(one));
  expect(headers).toHaveLength(2);
  expect(all('stream')).toMatchObject([{ kind: 'audio', codec: 'aac', late: false }]);
  expect(sink.connections).toHaveLength(1);
});

test('without the option nothing is made up', async () => {
  const origin = await httpOrigin(
    async (player) => {
      player.send(videoHeader());
      await player.pace(video, 4);
    },
    { flags: 1 },
  );
  const sink = await rtmpSink();
  relayOf(origin.url, sink.url, { waitUnannounced: 50 });
  await arrival(sink.arrivals, video.at(-1));
  expect(sink.arrivals.items.filter(({ type }) => type === AUDIO || type === DATA)).toEqual([]);
});
