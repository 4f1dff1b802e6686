// Origins of every protocol with the same broadcast, each behind a long way, and how ffmpeg reads it soonest.
import { openDelayLine } from '../delay-line.js';
import { Load } from '../relay-load.js';
import type { Broadcast } from './broadcast.js';
import { openGStreamer } from './gstreamer.js';
import { HttpServer, Playlist } from './http-server.js';
import { RtspServer } from './rtsp-server.js';
import { openSrtSender } from './srt-sender.js';
import { TransportStream } from './transport-stream.js';
import { freeUdpPort, openSender, openUdpDelayLine } from './udp.js';

/** Milliseconds, as between a platform and its CDN. */
export const ROUND_TRIP = 40;
/** Milliseconds that libsrt holds back what it received, unless told. (SRTO_LATENCY) */
export const SRT_LATENCY = 120;
/** Milliseconds until the next keyframe, of 25 a second, on average. */
const NEXT_KEYFRAME = 20;

/** One origin, for one start. */
export interface Opened {
  readonly url: string;
  close(): Promise<void> | void;
}

/** A protocol to begin with. */
export interface Protocol {
  readonly name: string;
  /** Round trips until media is on its way here and has arrived. */
  readonly needs: number;
  /** Milliseconds that nobody can leave out: until the next keyframe, and what SRT holds back. */
  readonly waits: number;
  /** Whether its origin takes time of its own to answer, so that what a start took says nothing of its round trips. */
  readonly slow?: boolean;
  /** What ffmpeg is told ahead of its input. */
  readonly tuned: readonly string[];
  open(): Promise<Opened>;
}

const TS = ['-f', 'mpegts'];
const RTSP = ['-rtsp_transport', 'tcp', '-fpsprobesize', '0', '-probesize', '2048'];

/** All of them, over one broadcast. */
export class Origins {
  readonly protocols: readonly Protocol[];
  readonly #closers: (() => Promise<void> | void)[] = [];

  private constructor(protocols: (closers: (() => Promise<void> | void)[]) => readonly Protocol[]) {
    this.protocols = protocols(this.#closers);
  }

  /** @param clip - of FLV */
  static async open(broadcast: Broadcast, clip: string): Promise<Origins> {
    const rtsp = await RtspServer.open(broadcast, (_, take) => broadcast.join(take));
    const http = await HttpServer.open(broadcast);
    const rtmp = await Load.open({ gopCache: false, clip });
    const playlist = new Playlist(broadcast.headers);
    http.playlists.set('hls', playlist);
    broadcast.join((tags) => {
      playlist.take(tags);
    });
    const gstreamer = await openGStreamer(clip);
    const gst = gstreamer === undefined ? [] : [await openDelayLine(gstreamer.port, ROUND_TRIP)];
    const ways = await Promise.all([rtsp, http, rtmp].map(({ port }) => openDelayLine(port, ROUND_TRIP)));
    const [rtspPort = 0, httpPort = 0, rtmpPort = 0] = ways.map(({ port }) => port);
    const standing = (url: string) => (): Promise<Opened> => Promise.resolve({ url, close: () => undefined });
    const web = `http://127.0.0.1:${String(httpPort)}`;
    const waits = NEXT_KEYFRAME;
    return new Origins((closers) => {
      closers.push(
        ...[...ways, ...gst].map(({ close }) => close),
        () => rtmp.close(),
        () => gstreamer?.close(),
      );
      closers.push(
        () => {
          rtsp.close();
        },
        () => {
          http.close();
        },
      );
      return [
        {
          ...{ name: 'RTSP by TCP', needs: 4, waits, open: standing(rtsp.url(rtspPort, 'live')) },
          tuned: RTSP,
        },
        ...gst.map(({ port }) => ({
          ...{ name: 'RTSP, GStreamer', needs: 4, waits: 0, slow: true, tuned: RTSP },
          open: standing(`rtsp://127.0.0.1:${String(port)}/clip`),
        })),
        {
          ...{ name: 'SRT', needs: 2, waits: waits + SRT_LATENCY, open: () => openSrt(broadcast) },
          tuned: [...TS, '-fpsprobesize', '0', '-probesize', '2048'],
        },
        {
          ...{ name: 'HLS', needs: 3, waits: 0, open: standing(`${web}/hls/live.m3u8`) },
          tuned: ['-fpsprobesize', '0', '-analyzeduration', '40000', '-http_multiple', '0'],
        },
        {
          ...{ name: 'MPEG-TS by HTTP', needs: 2, waits, open: standing(`${web}/endless.ts`) },
          tuned: [...TS, '-fpsprobesize', '0', '-probesize', '2048'],
        },
        {
          ...{ name: 'MPEG-TS by UDP', needs: 0, waits, open: () => openUdp(broadcast) },
          tuned: [...TS, '-fpsprobesize', '0', '-probesize', '2048'],
        },
        {
          ...{ name: 'RTMP', needs: 3, waits, open: standing(`rtmp://127.0.0.1:${String(rtmpPort)}/live/0`) },
          tuned: ['-fpsprobesize', '0', '-probesize', '1024', '-tcp_nodelay', '1'],
        },
        {
          ...{ name: 'FLV by HTTP', needs: 2, waits, open: standing(`${web}/endless.flv`) },
          tuned: ['-f', 'flv', '-fpsprobesize', '0', '-probesize', '1024'],
        },
      ];
    });
  }

  async close(): Promise<void> {
    for (const close of this.#closers) await close();
  }
}

/** A caller is waited for by a process of its own each time: srt-live-transmit takes one. */
async function openSrt(broadcast: Broadcast): Promise<Opened> {
  const sender = await openSrtSender();
  const way = await openUdpDelayLine(sender.port, ROUND_TRIP);
  const stream = new TransportStream(broadcast.headers, sender.send);
  const leave = broadcast.join((tags) => {
    stream.take(tags);
  });
  return {
    url: `srt://127.0.0.1:${String(way.port)}`,
    close: async () => {
      leave();
      way.close();
      await sender.close();
    },
  };
}

async function openUdp(broadcast: Broadcast): Promise<Opened> {
  const port = await freeUdpPort();
  const sender = await openSender(port);
  const stream = new TransportStream(broadcast.headers, sender.send);
  const leave = broadcast.join((tags) => {
    stream.take(tags);
  });
  return {
    url: `udp://127.0.0.1:${String(port)}`,
    close: () => {
      leave();
      sender.close();
    },
  };
}
