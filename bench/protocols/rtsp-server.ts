// A server of RTSP that plays within its connection (RFC 2326 10.12): it answers at once, and plays what it is told to.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { audioBody, videoBody } from '#dist/relay/flv/body.js';
import { readH264Record } from '#dist/relay/elementary/h264.js';
import { VideoUntagger } from '#dist/relay/elementary/video-untagger.js';
import type { Broadcast, Kind, LiveTag, Take } from './broadcast.js';

/** Bytes of a packet's payload at most. */
const PAYLOAD = 1400;
const CLOCKS: Readonly<Record<Kind, number>> = { video: 90, audio: 48 };
const FORMATS: Readonly<Record<Kind, number>> = { video: 96, audio: 97 };
/** In the order of the description, as their channels are. */
const KINDS: readonly Kind[] = ['video', 'audio'];
/** Fragments of NAL units (RFC 6184 5.8). */
const FU_A = 28;

/** Who plays to a client: is given where tags go and the name that was asked for, and gives what ends it. */
export type Play = (name: string, take: Take) => () => void;

/** One that runs. */
export class RtspServer {
  readonly port: number;
  readonly #server: Server;
  readonly #broadcast: Broadcast;
  readonly #play: Play;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, broadcast: Broadcast, play: Play) {
    this.#server = server;
    this.#broadcast = broadcast;
    this.#play = play;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      this.#serve(socket);
    });
  }

  static async open(broadcast: Broadcast, play: Play): Promise<RtspServer> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new RtspServer(server, broadcast, play);
  }

  url(port: number, name: string): string {
    return `rtsp://127.0.0.1:${String(port)}/${name}`;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let rest = Buffer.alloc(0);
    let stop: () => void = () => undefined;
    socket
      .on('error', () => undefined)
      .once('close', () => {
        this.#sockets.delete(socket);
        stop();
      })
      .on('data', (bytes) => {
        rest = Buffer.concat([rest, bytes]);
        for (let request = nextRequest(rest); request !== undefined; request = nextRequest(rest)) {
          rest = rest.subarray(request.length);
          if (request.text === '') continue;
          socket.write(this.#answer(request.text));
          const [, name = ''] = /^PLAY rtsp:\/\/[^/]*\/([^/ ]*)/.exec(request.text) ?? [];
          if (name !== '') stop = this.#begin(name, socket);
        }
      });
  }

  #answer(request: string): string {
    const [, method = '', url = ''] = /^(\S+) (\S+)/.exec(request) ?? [];
    const header = (name: string): string => new RegExp(`^${name}: *(.*)$`, 'im').exec(request)?.[1]?.trim() ?? '';
    const body = method === 'DESCRIBE' ? describe(this.#broadcast.headers) : '';
    const now = this.#broadcast.time;
    const times = KINDS.map((kind) => `url=${url}/${kind};rtptime=${String(now * CLOCKS[kind])}`).join(',');
    const lines = {
      CSeq: header('CSeq'),
      ...(method === 'OPTIONS' && { Public: 'OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN' }),
      ...(method === 'DESCRIBE' && {
        ...{ 'Content-Type': 'application/sdp', 'Content-Base': `${url}/`, 'Content-Length': String(body.length) },
      }),
      ...(method === 'SETUP' && { Transport: header('Transport') }),
      ...(['SETUP', 'PLAY'].includes(method) && { Session: '1;timeout=60' }),
      ...(method === 'PLAY' && { 'RTP-Info': times }),
    };
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`);
    return `RTSP/1.0 200 OK\r\n${head.join('')}\r\n${body}`;
  }

  #begin(name: string, socket: Socket): () => void {
    const packets = new RtpPackets(this.#broadcast.headers);
    return this.#play(name, (tags) => {
      socket.write(Buffer.concat(tags.flatMap((tag) => packets.of(tag))));
    });
  }
}

/** Packets of RTP in frames of RTSP, numbered stream by stream. */
class RtpPackets {
  readonly #pictures = new VideoUntagger();
  readonly #numbers: Record<Kind, number> = { audio: 0, video: 0 };

  constructor(headers: Broadcast['headers']) {
    this.#pictures.read(headers.video);
  }

  of({ kind, time, payload }: LiveTag): Buffer[] {
    const payloads = kind === 'video' ? this.#picture(payload) : sound(payload);
    return payloads.map((bytes, i) => {
      const head = Buffer.alloc(16);
      head.set([0x24, 2 * KINDS.indexOf(kind)]);
      head.writeUInt16BE(12 + bytes.byteLength, 2);
      head.set([0x80, FORMATS[kind] | (i === payloads.length - 1 ? 0x80 : 0)], 4);
      head.writeUInt16BE(this.#numbers[kind]++ & 0xffff, 6);
      head.writeUInt32BE((time * CLOCKS[kind]) % 2 ** 32, 8);
      head.writeUInt32BE(FORMATS[kind], 12);
      return Buffer.concat([head, bytes]);
    });
  }

  #picture(payload: Buffer): Buffer[] {
    const nals = this.#pictures.read(payload)?.nals ?? [];
    return nals.flatMap((nal) => {
      if (nal.byteLength <= PAYLOAD) return [Buffer.from(nal)];
      const first = nal[0] ?? 0;
      const pieces: Buffer[] = [];
      for (let at = 1; at < nal.byteLength; at += PAYLOAD) {
        const last = at + PAYLOAD >= nal.byteLength;
        const mark = (at === 1 ? 0x80 : 0) | (last ? 0x40 : 0) | (first & 0x1f);
        pieces.push(Buffer.concat([Buffer.of((first & 0xe0) | FU_A, mark), nal.subarray(at, at + PAYLOAD)]));
      }
      return pieces;
    });
  }
}

/** One frame of AAC behind its length (RFC 3640 3.3.6). */
function sound(payload: Buffer): Buffer[] {
  const data = audioBody(payload)?.data ?? Buffer.alloc(0);
  const head = Buffer.of(0, 16, 0, 0);
  head.writeUInt16BE(data.byteLength << 3, 2);
  return [Buffer.concat([head, data])];
}

function describe(headers: Broadcast['headers']): string {
  const record = readH264Record(videoBody(headers.video)?.data ?? Buffer.alloc(0));
  const sets = (record?.sets ?? []).map((set) => Buffer.from(set).toString('base64'));
  const config = audioBody(headers.audio)?.data.toString('hex') ?? '';
  const aac = `streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=${config}`;
  return [
    ...['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=bench', 'c=IN IP4 0.0.0.0', 't=0 0'],
    ...['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000'],
    ...[`a=fmtp:96 packetization-mode=1;sprop-parameter-sets=${sets.join(',')}`, 'a=control:video'],
    ...['m=audio 0 RTP/AVP 97', 'a=rtpmap:97 MPEG4-GENERIC/48000/2', `a=fmtp:97 ${aac}`, 'a=control:audio', ''],
  ].join('\r\n');
}

/** A request that is here as a whole; without text where it is a report of the client. */
function nextRequest(bytes: Buffer): { readonly text: string; readonly length: number } | undefined {
  if (bytes[0] === 0x24) {
    const length = bytes.byteLength < 4 ? Infinity : 4 + bytes.readUInt16BE(2);
    return bytes.byteLength < length ? undefined : { text: '', length };
  }
  const end = bytes.indexOf('\r\n\r\n');
  return end < 0 ? undefined : { text: bytes.toString('utf8', 0, end), length: end + 4 };
}
