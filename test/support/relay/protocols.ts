// One origin for each protocol that a relay pulls, all played by the same script: what tests hold against each other.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { h264Record } from '#dist/relay/elementary/h264.js';
import { audioFrameTag, audioHeaderTag, videoFrameTag, videoHeaderTag } from '#dist/relay/elementary/tag-payload.js';
import { VideoUntagger } from '#dist/relay/elementary/video-untagger.js';
import { audioBody } from '#dist/relay/flv/body.js';
import { freePort } from '../live.js';
import { bodyServer } from './body-server.js';
import { mediaPlaylist, type Entry } from './hls-media.js';
import { hlsServer } from './hls-server.js';
import { httpOrigin } from './http-origin.js';
import { rtmpOrigin } from './origin.js';
import { play, type Outlet, type Script } from './player.js';
import { aacPayload, h264Payloads } from './rtp.js';
import { MediaSender } from './rtsp-media.js';
import { rtspPeer, SDP } from './rtsp-peer.js';
import { bound, feed, type Feed } from './srt.js';
import { isKeyframe } from './stream.js';
import { AUDIO, VIDEO, type Tag } from './tags.js';
import { isSetup, tsWriter } from './ts.js';

/** How an origin hears of the relay that pulls it. */
export interface Puller {
  /** Resolves when it has been told `origin` so many times. */
  opened(count: number): Promise<unknown>;
  /** Resolves when it has lost its origin so many times. */
  lost(count: number): Promise<unknown>;
}

/** A protocol. */
export interface Protocol {
  readonly name: string;
  /** Milliseconds at which its clock begins anew. */
  readonly wrap: number;
  /** Whether its media is let go at its own pace by the relay, so that a script cannot be ahead. */
  readonly paced?: boolean;
  /** Starts an origin, which goes away with the running test; a script is played for each connection. */
  open(script: Script, puller: Puller): Promise<string>;
}

const SPS = Buffer.from('674d401ee8805017fcb80880', 'hex');
const PPS = Buffer.from('68ebef20', 'hex');
const PICTURE = 40;
/** 1,024 samples at 48,000 a second, in milliseconds. */
const SOUND = 1024 / 48;
const GOP = 10;

/** Sequence headers of what `numbered` makes. */
export const HEADERS: Readonly<Record<'video' | 'audio', Tag>> = {
  video: { type: VIDEO, timestamp: 0, payload: videoHeaderTag('h264', h264Record([SPS, PPS]) ?? Buffer.alloc(0)) },
  audio: { type: AUDIO, timestamp: 0, payload: audioHeaderTag('aac', Buffer.from([0x11, 0x90])) ?? Buffer.alloc(0) },
};

/** Pictures and sound with their numbers in them, by their times: a keyframe every 400 ms. */
export function numbered(
  length: number,
  {
    from = 0,
    number = 0,
    video = true,
    audio = true,
  }: { from?: number; number?: number; video?: boolean; audio?: boolean },
): Tag[] {
  const tags: Tag[] = [];
  for (let i = 0; video && i * PICTURE < length; i++) {
    const key = i % GOP === 0;
    const slice = Buffer.alloc(key ? 3000 : 600, ((number + i) % 250) + 1);
    slice[0] = key ? 0x65 : 0x41;
    slice[1] = 0x88;
    slice.write(`#${String(number + i)}#`, 2);
    const data = Buffer.concat([Buffer.alloc(4), slice]);
    data.writeUInt32BE(slice.byteLength);
    tags.push({ type: VIDEO, timestamp: from + i * PICTURE, payload: videoFrameTag('h264', key, 0, data) });
  }
  for (let i = 0; audio && i * SOUND < length; i++) {
    const frame = Buffer.alloc(200, ((number + i) % 250) + 1);
    frame.write(`#${String(number + i)}#`);
    tags.push({ type: AUDIO, timestamp: from + Math.round(i * SOUND), payload: audioFrameTag('aac', frame) });
  }
  return tags.sort((a, b) => a.timestamp - b.timestamp || b.type - a.type);
}

/** Milliseconds at which 33 bits of 90 kHz begin anew, less the second that the muxer begins with. */
const TS_WRAP = Math.floor(2 ** 33 / 90) - 1000;

/** The bytes of a transport stream as tags come. */
function transportStream(write: (bytes: Buffer) => void): (tag: Tag) => void {
  const { push, packets } = tsWriter();
  return (tag) => {
    push(tag);
    for (const bytes of packets.splice(0)) write(bytes);
  };
}

const flush = (): void => undefined;
const raw = flush;

async function udp(script: Script, puller: Puller): Promise<string> {
  const port = await freePort('udp');
  const gone = new AbortController();
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => {
    gone.abort();
    socket.close();
  });
  const begin = (connection: number): void => {
    const tag = transportStream((bytes) => {
      for (let at = 0; at < bytes.byteLength; at += 1316) socket.send(bytes.subarray(at, at + 1316), port, '127.0.0.1');
    });
    // Nothing tells that a sender has stopped, so the next one begins when that was noticed.
    const cut = (): void =>
      void puller.lost(connection).then(async () => bound(port).then(() => begin(connection + 1)));
    play(script, { connection, tag, flush, raw, cut }, gone.signal);
  };
  void bound(port).then(() => begin(1));
  return `udp://127.0.0.1:${String(port)}`;
}

async function srt(script: Script, puller: Puller): Promise<string> {
  const port = String(await freePort('udp'));
  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  const begin = async (connection: number): Promise<void> => {
    const source: Feed = await feed(`srt://127.0.0.1:${port}?mode=listener`);
    await puller.opened(connection);
    let sending = Promise.resolve();
    const tag = transportStream((bytes) => {
      sending = sending.then(async () => source.send(bytes));
    });
    const cut = (): void =>
      void sending.then(async () => {
        // It says goodbye, and its port is free.
        source.child.kill('SIGTERM');
        await source.ended;
        await begin(connection + 1);
      });
    play(script, { connection, tag, flush, raw, cut }, gone.signal);
  };
  void begin(1);
  await bound(Number(port));
  return `srt://127.0.0.1:${port}?latency=100000`;
}

async function hls(script: Script, puller: Puller): Promise<string> {
  const server = await hlsServer();
  const gone = new AbortController();
  onTestFinished(() => gone.abort());
  const begin = (connection: number): void => {
    const { push, packets, muxer } = tsWriter();
    const entries: Entry[] = [];
    let began: number | undefined;
    const publish = (until: number): void => {
      muxer.flush();
      const uri = `${String(connection)}-${String(entries.length)}.ts`;
      server.put(uri, Buffer.concat(packets.splice(0)));
      entries.push({ uri, duration: (until - (began ?? until)) / 1000 });
      server.put('index.m3u8', mediaPlaylist(entries, { target: 1 }));
      began = until;
    };
    let last = 0;
    const tag = (one: Tag): void => {
      // Each segment begins with a keyframe; sound alone is cut by its length.
      const long = began !== undefined && one.timestamp - began >= 380;
      if (long && (isKeyframe(one) || (one.type === AUDIO && one.timestamp - (began ?? 0) >= 420)))
        publish(one.timestamp);
      if (!isSetup(one)) began ??= one.timestamp;
      last = one.timestamp;
      push(one);
    };
    const outlet: Outlet = {
      ...{ connection, tag, flush, raw },
      cut: () => {
        publish(last + PICTURE);
        server.put('index.m3u8', (_, response) => void response.writeHead(503).end());
        void puller.lost(connection).then(() => begin(connection + 1));
      },
    };
    play(
      async (player) => {
        await script(player);
        publish(last + PICTURE);
      },
      outlet,
      gone.signal,
    );
  };
  begin(1);
  return server.url('index.m3u8');
}

async function tsOverHttp(script: Script): Promise<string> {
  let connections = 0;
  const { url } = await bodyServer((response) => {
    connections += 1;
    response.writeHead(200, { 'content-type': 'video/mp2t' });
    response.flushHeaders();
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const tag = transportStream((bytes) => response.write(bytes));
    const cut = (how: 'fin' | 'rst'): void =>
      void (how === 'fin' ? response.end() : response.socket?.resetAndDestroy());
    play(script, { connection: connections, tag, flush, raw, cut }, gone.signal);
  });
  return `${url}/live.ts`;
}

/** The first timestamps are so far from where 32 bits begin anew that both tracks cross it half a second later. */
async function rtsp(script: Script, transport: 'tcp' | 'udp', wraps: boolean): Promise<string> {
  const peer = await rtspPeer(
    async (player) => {
      const first = wraps ? { video: 2 ** 32 - 90 * 500, audio: 2 ** 32 - 48 * 500 } : { video: 7, audio: 9 };
      const media = new MediaSender(first);
      const untagger = new VideoUntagger();
      const tag = (one: Tag): void => {
        const unit = one.type === VIDEO ? untagger.read(one.payload) : undefined;
        const sound = one.type === AUDIO ? audioBody(one.payload) : undefined;
        if (unit !== undefined)
          player.rtp(
            0,
            ...media.video.packets(h264Payloads(unit.nals, { size: 1000 }), media.stamp('video', one.timestamp)),
          );
        if (sound?.packet === 'frame')
          player.rtp(1, ...media.audio.packets([aacPayload([sound.data])], media.stamp('audio', one.timestamp)));
      };
      const gone = new AbortController();
      const over = player.wait(new Promise(() => undefined)).catch(() => gone.abort());
      play(script, { connection: player.connection, tag, flush, raw, cut: (how) => player.cut(how) }, gone.signal);
      await over;
    },
    {
      sdp: SDP,
      transports: [transport],
      rtpInfo: wraps
        ? `url=stream=0;rtptime=${String(2 ** 32 - 90 * 500)},url=stream=1;rtptime=${String(2 ** 32 - 48 * 500)}`
        : 'url=stream=0;rtptime=7,url=stream=1;rtptime=9',
    },
  );
  return peer.url;
}

/** Every protocol; that of RTSP in both ways, its clock near its end where it is asked to be. */
export function protocols(wraps = false): Protocol[] {
  return [
    { name: 'RTMP', wrap: 2 ** 32, open: async (script) => (await rtmpOrigin(script)).url },
    { name: 'HTTP-FLV', wrap: 2 ** 32, open: async (script) => (await httpOrigin(script)).url },
    { name: 'RTSP, TCP', wrap: 500, open: (script) => rtsp(script, 'tcp', wraps) },
    { name: 'RTSP, UDP', wrap: 500, open: (script) => rtsp(script, 'udp', wraps) },
    { name: 'SRT', wrap: TS_WRAP, open: srt },
    { name: 'HLS', wrap: TS_WRAP, paced: true, open: hls },
    { name: 'MPEG-TS over HTTP', wrap: TS_WRAP, open: tsOverHttp },
    { name: 'MPEG-TS over UDP', wrap: TS_WRAP, open: udp },
  ];
}
