// GStreamer's RTSP server on a free port of the loopback, playing a clip at its own pace; it ends with the running test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** The Python that has GStreamer's bindings: the system's own. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = join(import.meta.dirname, '../../../test/support/relay/rtsp-server.py');

/** Demuxers by the end of a clip's name. */
const DEMUXERS: Readonly<Record<string, string>> = { mp4: 'qtdemux', mkv: 'matroskademux' };

/** Elements that put a codec into packets. */
const PAYLOADERS = {
  h264: 'h264parse ! rtph264pay',
  hevc: 'h265parse ! rtph265pay',
  aac: 'aacparse ! rtpmp4gpay',
  latm: 'aacparse ! rtpmp4apay',
  opus: 'opusparse ! rtpopuspay',
  pcm_alaw: 'rtppcmapay',
  pcm_mulaw: 'rtppcmupay',
  mp3: 'mpegaudioparse ! rtpmpapay',
} as const;

/** What is played, and to whom. */
export interface RtspServerOptions {
  readonly clip: string;
  readonly video?: 'h264' | 'hevc';
  readonly audio?: Exclude<keyof typeof PAYLOADERS, 'h264' | 'hevc'>;
  /** The only way in which media may come. */
  readonly protocol?: 'tcp' | 'udp';
  readonly login?: { readonly method: 'basic' | 'digest'; readonly user: string; readonly password: string };
}

/** A running server. */
export interface RtspServer {
  readonly port: number;
  /** Where the clip is; without the login. */
  readonly url: string;
}

/** Starts one. */
export async function rtspServer(options: RtspServerOptions): Promise<RtspServer> {
  const { clip, video, audio, protocol, login } = options;
  const demuxer = DEMUXERS[clip.slice(clip.lastIndexOf('.') + 1)] ?? 'decodebin';
  const streams = [
    video && `d.video_0 ! queue ! ${PAYLOADERS[video]}`,
    audio && `d.audio_0 ! queue ! ${PAYLOADERS[audio]}`,
  ]
    .filter((one) => one !== undefined)
    .map((one, i) => `${one} name=pay${String(i)} pt=${String(96 + i)}`);
  const launch = `( filesrc location="${clip}" ! ${demuxer} name=d ${streams.join(' ')} )`;
  const child = spawn(PYTHON, [SCRIPT, JSON.stringify({ launch, protocol, login })], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const [line] = (await Promise.race([once(child.stdout, 'data'), ended])) as [unknown];
  const port = Number(String(line).trim());
  if (!Buffer.isBuffer(line) || !(port > 0)) throw new Error(`GStreamer's RTSP server did not start: ${said}`);
  return { port, url: `rtsp://127.0.0.1:${String(port)}/clip` };
}
