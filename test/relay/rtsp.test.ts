// A real RTSP server, GStreamer's, into a sink and into nginx: what arrives is what the clip holds, at its times.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { ffmpeg } from '../support/ffmpeg.js';
import { fixture } from '../support/fixtures.js';
import { some } from '../support/long.js';
import { expectMonotonic } from '../support/relay/compare.js';
import { clipSlices, clipTimes, taggedFrames, taggedSlices, type Unit } from '../support/relay/elementary.js';
import { flvFile } from '../support/relay/flv-file.js';
import { nginx } from '../support/relay/nginx.js';
import { relayOf } from '../support/relay/relays.js';
import { rtspServer, type RtspServerOptions } from '../support/relay/rtsp-server.js';
import { isPicture, rtmpSink } from '../support/relay/sink.js';
import { isHeader } from '../support/relay/stream.js';
import { AUDIO, VIDEO, type Tag } from '../support/relay/tags.js';
import { temporaryFolder } from '../support/temporary-folder.js';

/** Milliseconds: tags have whole ones, and clocks of RTP are rounded too. */
const EXACT = 1.6;

/** A clip of two seconds with other codecs than those of the fixtures. */
async function clipOf(name: string, ...args: readonly string[]): Promise<string> {
  const path = join(temporaryFolder(), name);
  const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=320x180:rate=25:duration=2.4'];
  // Sound begins later than pictures; what begins below zero, GStreamer cuts off.
  const sound = ['-itsoffset', '0.3', '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000:duration=2'];
  await ffmpeg(...picture, ...sound, ...args, path);
  return path;
}

const HEVC = ['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const HEVC_B = [...HEVC, '-x265-params', 'log-level=none:bframes=3:b-adapt=0:keyint=25'];
const H264_B = [
  '-c:v',
  'libx264',
  '-preset',
  'veryfast',
  '-bf',
  '3',
  '-b_strategy',
  '0',
  '-g',
  '25',
  '-pix_fmt',
  'yuv420p',
];

/** Every slice came, and each is shown when it is in the clip, but for one distance, which is given. */
async function expectClip(
  tags: readonly Pick<Tag, 'type' | 'timestamp' | 'payload'>[],
  options: RtspServerOptions,
): Promise<void> {
  const { clip, video = 'h264', audio } = options;
  const slices = taggedSlices(tags, video);
  const expected = await clipSlices(clip, video);
  expect(slices.map(({ crc }) => crc)).toEqual(expected);
  const away = distances(slices, await clipTimes(clip, 'v:0'));
  expect(Math.max(...away) - Math.min(...away)).toBeLessThan(EXACT);
  // Nothing is shown before it is decoded.
  for (const { type, payload } of tags)
    if (type === VIDEO && !isHeader({ type, payload }))
      expect(payload.readIntBE(video === 'h264' ? 2 : 5, 3)).toBeGreaterThanOrEqual(0);
  if (audio === undefined) return;
  const heard = taggedFrames(tags, audio === 'opus' ? 5 : audio.startsWith('pcm_') || audio === 'mp3' ? 1 : 2);
  const times = await clipTimes(clip, 'a:0');
  // Samples are cut into packets as the server likes; their beginning is where the clip's is.
  const [first = 0] = audio.startsWith('pcm_') ? distances(heard.slice(0, 1), times) : distances(heard, times);
  expect(Math.abs(first - (away[0] ?? 0))).toBeLessThan(2 * EXACT);
  if (audio.startsWith('pcm_')) return;
  const apart = distances(heard, times);
  expect(Math.max(...apart) - Math.min(...apart)).toBeLessThan(2 * EXACT);
}

function distances(units: readonly Unit[], times: readonly number[]): number[] {
  return units.map(({ shown }, i) => shown - (times[i] ?? NaN));
}

const CASES: readonly [string, () => Promise<RtspServerOptions>][] = [
  [
    'H.264 with B-frames and AAC',
    async () => ({ clip: await clipOf('a.mkv', ...H264_B, '-c:a', 'aac'), video: 'h264', audio: 'aac' }),
  ],
  [
    'the same by UDP',
    async () => ({
      clip: await clipOf('a.mkv', ...H264_B, '-c:a', 'aac'),
      video: 'h264',
      audio: 'aac',
      protocol: 'udp',
    }),
  ],
  [
    'H.264 and AAC as LATM',
    async () => ({
      clip: await clipOf('a.mkv', ...H264_B, '-c:a', 'aac'),
      video: 'h264',
      audio: 'latm',
      protocol: 'tcp',
    }),
  ],
  [
    'HEVC with B-frames and Opus',
    async () => ({ clip: await clipOf('a.mkv', ...HEVC_B, '-c:a', 'libopus'), video: 'hevc', audio: 'opus' }),
  ],
  ['HEVC without sound', async () => ({ clip: await clipOf('a.mkv', '-map', '0:v', ...HEVC_B), video: 'hevc' })],
  [
    'H.264 and G.711',
    async () => ({
      clip: await clipOf('a.mkv', ...H264_B, '-c:a', 'pcm_alaw', '-ar', '8000'),
      video: 'h264',
      audio: 'pcm_alaw',
    }),
  ],
  [
    'H.264 and MP3',
    async () => ({
      clip: await clipOf('a.mkv', ...H264_B, '-c:a', 'libmp3lame', '-reservoir', '0'),
      video: 'h264',
      audio: 'mp3',
    }),
  ],
];

test.each(some(2, CASES))('%s arrives as it is in the clip', async (_, make) => {
  const options = await make();
  const server = await rtspServer(options);
  const sink = await rtmpSink();
  const { told, all, relay } = relayOf(server.url, sink.url, { onEnd: 'exit' });
  await relay.done;
  await expectClip(sink.arrivals.items, options);
  expectMonotonic(sink.media());
  expect(sink.media().find(({ type }) => type === VIDEO)).toSatisfy(isPicture);
  expect((await told('ready')).reason).toBe(options.audio === undefined ? 'video alone' : 'both streams');
  expect(all('warning')).toEqual([]);
  const { origin } = relay.status().timings;
  const steps = [origin.dialled, origin.tcp, origin.handshake, origin.play, origin.firstVideo, origin.ready];
  expect(steps).not.toContain(undefined);
  expect(steps).toEqual([...steps].sort((a, b) => (a ?? 0) - (b ?? 0)));
});

test.each(['basic', 'digest'] as const)(
  'a server that asks for a login (%s) is told it, and a wrong one is an error',
  async (method) => {
    const login = { method, user: 'camera', password: 'p@ss:wörd' };
    const server = await rtspServer({ clip: fixture('plain.mp4'), video: 'h264', audio: 'aac', login });
    const sink = await rtmpSink();
    const named = (password: string): string => server.url.replace('//', `//camera:${encodeURIComponent(password)}@`);
    const { told, relay } = relayOf(named(login.password), sink.url);
    await told('picture');
    await relay.stop();
    for (const url of [named('wrong'), server.url]) {
      const refused = relayOf(url, sink.url, { onEnd: 'exit' });
      await expect(refused.relay.done).rejects.toMatchObject({ code: 'FR_RELAY_AUTH' });
      expect(JSON.stringify(refused.events.items)).not.toMatch(/wrong|wörd|w%C3/);
    }
  },
);

test.each(['tcp', 'udp'] as const)(
  'media come the way that is asked for (%s), and no other way is taken',
  async (way) => {
    const other = way === 'tcp' ? 'udp' : 'tcp';
    const clip = fixture('plain.mp4');
    const server = await rtspServer({ clip, video: 'h264', audio: 'aac', protocol: way });
    const sink = await rtmpSink();
    const { told, relay } = relayOf(server.url, sink.url, { rtspTransport: way });
    await told('picture');
    await relay.stop();
    const refused = relayOf(server.url, sink.url, { rtspTransport: other, onEnd: 'exit' });
    await expect(refused.relay.done).rejects.toMatchObject({
      code: 'FR_RELAY_REFUSED',
      message: expect.stringContaining('answered SETUP with 461'),
    });
  },
);

test('what GStreamer plays is recorded by nginx as it is in the clip', async () => {
  const clip = await clipOf('a.mkv', ...H264_B, '-c:a', 'aac');
  const server = await rtspServer({ clip, video: 'h264', audio: 'aac' });
  const destination = await nginx();
  const { relay } = relayOf(server.url, destination.url('kept', 'camera'), { onEnd: 'exit' });
  await relay.done;
  const path = join(destination.recordings, 'camera.flv');
  const expected = await clipSlices(clip, 'h264');
  const tags = await eventually(() => {
    const recorded = flvFile(path).tags;
    expect(taggedSlices(recorded, 'h264').length).toBeGreaterThanOrEqual(expected.length);
    return recorded;
  });
  await expectClip(tags, { clip, video: 'h264', audio: 'aac' });
  expect(tags.filter(({ type, payload }) => type === AUDIO && !isHeader({ type, payload })).length).toBeGreaterThan(90);
});
