// A scripted RTSP server: what it answers to each request, what it plays and when, and where it breaks off.
import { createHash } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import { CERTIFICATE, KEY } from './certificate.js';
import { Journal } from './journal.js';

/** A request as it came. */
export interface PeerRequest {
  /** On which connection, from 1. */
  readonly connection: number;
  readonly method: string;
  readonly url: string;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the one ahead of it was not answered yet when it came. */
  readonly together: boolean;
  /** When it came, by `performance.now()`. */
  readonly at: number;
}

/** An answer; the number of the request is put in. */
export interface PeerAnswer {
  readonly status: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What a script does to one client once it has asked to play. */
export interface PeerPlayer {
  readonly connection: number;
  /** Sends packets of a stream, in the order of the description. */
  rtp(stream: number, ...packets: readonly Uint8Array[]): void;
  rtcp(stream: number, ...packets: readonly Uint8Array[]): void;
  /** Writes bytes to the connection as they are. */
  raw(bytes: Uint8Array | string): void;
  cut(how: 'fin' | 'rst'): void;
  /** Waits in milliseconds, or for something that a test does; ends with the client. */
  wait(what: number | Promise<unknown>): Promise<void>;
}

/** How it behaves; all is well unless something is said. */
export interface PeerBehaviour {
  readonly sdp?: string;
  /** What it has: frames in the connection, datagrams, or both. */
  readonly transports?: readonly ('tcp' | 'udp')[];
  /** The value of its `Session` header. */
  readonly session?: string;
  /** The value of its `RTP-Info` header. */
  readonly rtpInfo?: string;
  /** Who may play, and how he is asked. */
  readonly login?: { readonly scheme: 'basic' | 'md5' | 'sha256'; readonly user: string; readonly password: string };
  /** Requests, of all connections, after which a nonce is too old. */
  readonly nonceHolds?: number;
  /** Loses what comes before the request ahead of it was answered, as servers do that read one request at a time. */
  readonly loses?: boolean;
  /** Milliseconds ahead of each answer. */
  readonly delay?: number;
  /** Answers something else than the usual: a text is written as it is, but for the words `silence`, `fin` and `rst`. */
  readonly answer?: (request: PeerRequest, usual: PeerAnswer) => PeerAnswer | string;
  /** What is sent ahead of the answer to PLAY. */
  readonly ahead?: (player: PeerPlayer) => void;
}

/** A running server. */
export interface RtspPeer {
  readonly port: number;
  readonly url: string;
  readonly requests: Journal<PeerRequest>;
  /** Frames that clients sent in their connections. */
  readonly frames: Journal<{ readonly channel: number; readonly payload: Buffer }>;
  /** Datagrams that they sent: to the port of media, or to that of reports. */
  readonly datagrams: Journal<{ readonly stream: number; readonly rtcp: boolean; readonly payload: Buffer }>;
  /** Answers that clients gave to requests of the server. */
  readonly answers: Journal<string>;
  /** Connections that are over. */
  readonly closed: Journal<number>;
  /** Connections that are there. */
  readonly open: ReadonlySet<Socket>;
}

/** Pictures and sound of a description, with what decoders are told. */
export const VIDEO_SDP = [
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  'a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z01AHuiAUBf8uAiA,aOvvIA==',
  'a=control:stream=0',
];
export const AUDIO_SDP = [
  'm=audio 0 RTP/AVP 97',
  'a=rtpmap:97 MPEG4-GENERIC/48000/2',
  'a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190',
  'a=control:stream=1',
];
export const SDP = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=x', 't=0 0', ...VIDEO_SDP, ...AUDIO_SDP, ''].join('\r\n');

/** Starts one on the loopback; it goes away with the running test. */
export async function rtspPeer(
  script: (player: PeerPlayer) => Promise<void> | void,
  behave: PeerBehaviour | ((connection: number) => PeerBehaviour) = {},
  secure = false,
): Promise<RtspPeer> {
  const journals = {
    requests: new Journal<PeerRequest>(),
    frames: new Journal<{ channel: number; payload: Buffer }>(),
    datagrams: new Journal<{ stream: number; rtcp: boolean; payload: Buffer }>(),
    answers: new Journal<string>(),
    closed: new Journal<number>(),
  };
  const open = new Set<Socket>();
  let connections = 0;
  let asked = 0;
  const welcome = (socket: Socket): void => {
    connections += 1;
    const number = connections;
    const behaviour = typeof behave === 'function' ? behave(number) : behave;
    open.add(socket);
    const client = new Client(socket, number, behaviour, journals, script, () => (asked += 1));
    socket
      .on('error', () => undefined)
      .once('close', () => {
        open.delete(socket);
        client.end();
        journals.closed.push(number);
      });
  };
  const server = secure ? createSecureServer({ key: KEY, cert: CERTIFICATE }, welcome) : createServer(welcome);
  server.on('tlsClientError', () => undefined).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, url: `${secure ? 'rtsps' : 'rtsp'}://127.0.0.1:${String(port)}/live`, open, ...journals };
}

type Journals = Pick<RtspPeer, 'requests' | 'frames' | 'datagrams' | 'answers' | 'closed'>;

interface Stream {
  readonly way: 'tcp' | 'udp';
  /** Channels of the connection, or ports of the client. */
  readonly rtp: number;
  readonly rtcp: number;
  readonly sockets: readonly UdpSocket[];
}

class Client {
  readonly #socket: Socket;
  readonly #number: number;
  readonly #behaviour: PeerBehaviour;
  readonly #journals: Journals;
  readonly #script: (player: PeerPlayer) => Promise<void> | void;
  readonly #count: () => number;
  readonly #gone = new AbortController();
  /** Rejects when the client is gone. */
  readonly #left = new Promise<never>((_, reject) => {
    this.#gone.signal.addEventListener('abort', () => reject(new Error('The client is gone')));
  });
  readonly #streams: Stream[] = [];
  #rest = Buffer.alloc(0);
  /** Requests that were not answered yet. */
  #waiting = 0;
  /** Answers are given in the order of the requests. */
  #answering = Promise.resolve();
  #nonce = 'first';

  constructor(
    socket: Socket,
    number: number,
    behaviour: PeerBehaviour,
    journals: Journals,
    script: (player: PeerPlayer) => Promise<void> | void,
    count: () => number,
  ) {
    this.#socket = socket;
    this.#number = number;
    this.#behaviour = behaviour;
    this.#journals = journals;
    this.#script = script;
    this.#count = count;
    this.#left.catch(() => undefined);
    socket.setNoDelay(true).on('data', (bytes) => {
      this.#rest = Buffer.concat([this.#rest, bytes]);
      while (this.#read());
    });
  }

  end(): void {
    this.#gone.abort();
    for (const { sockets } of this.#streams) for (const socket of sockets) socket.close();
  }

  #read(): boolean {
    if (this.#rest[0] === 0x24) {
      if (this.#rest.length < 4 || this.#rest.length < 4 + this.#rest.readUInt16BE(2)) return false;
      const end = 4 + this.#rest.readUInt16BE(2);
      this.#journals.frames.push({ channel: this.#rest[1] ?? 0, payload: this.#rest.subarray(4, end) });
      this.#rest = this.#rest.subarray(end);
      return true;
    }
    const end = this.#rest.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const [first = '', ...lines] = this.#rest.toString('utf8', 0, end).split('\r\n');
    this.#rest = this.#rest.subarray(end + 4);
    if (first.startsWith('RTSP/')) {
      this.#journals.answers.push(first);
      return true;
    }
    const [method = '', url = ''] = first.split(' ');
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const request = {
      connection: this.#number,
      method,
      url,
      headers,
      together: this.#waiting > 0,
      at: performance.now(),
    };
    this.#journals.requests.push(request);
    if (this.#behaviour.loses !== true || !request.together) {
      this.#waiting += 1;
      this.#answering = this.#answering.then(async () => {
        await this.#hear(request);
      });
    }
    return true;
  }

  async #hear(request: PeerRequest): Promise<void> {
    const { delay, answer, ahead } = this.#behaviour;
    const usual = await this.#usual(request);
    // Whatever is in the same piece came together, also where nothing is waited for.
    await new Promise((resolve) => (delay === undefined ? setImmediate(resolve) : setTimeout(resolve, delay)));
    if (this.#gone.signal.aborted) return;
    const said = answer?.(request, usual) ?? usual;
    if (said === 'silence') return;
    this.#waiting -= 1;
    if (said === 'fin') this.#socket.end();
    else if (said === 'rst') this.#socket.resetAndDestroy();
    else if (typeof said === 'string') this.#socket.write(said);
    else {
      const plays = request.method === 'PLAY' && said.status.startsWith('200');
      const player = this.#player();
      // A stream that was refused has no packets.
      const refused = usual.status.startsWith('200') && !said.status.startsWith('200');
      if (request.method === 'SETUP' && refused) this.#streams.pop();
      if (plays) ahead?.(player);
      this.#socket.write(written(said, request));
      if (request.method === 'TEARDOWN') this.#socket.end();
      if (plays)
        Promise.resolve(this.#script(player)).catch((error: unknown) => {
          if (!this.#gone.signal.aborted) throw error;
        });
    }
  }

  async #usual(request: PeerRequest): Promise<PeerAnswer> {
    const { sdp = SDP, session = 'abc;timeout=60', rtpInfo } = this.#behaviour;
    const { method, url, headers } = request;
    if (!this.#allowed(request)) return this.#challenge();
    if (method === 'DESCRIBE')
      return { status: '200 OK', headers: { 'Content-Type': 'application/sdp', 'Content-Base': `${url}/` }, body: sdp };
    if (method === 'SETUP') return await this.#setUp(headers.get('transport') ?? '', session);
    const Session = session.split(';')[0] ?? '';
    if (method === 'PLAY') return { status: '200 OK', headers: { Session, ...(rtpInfo && { 'RTP-Info': rtpInfo }) } };
    if (method === 'OPTIONS')
      return { status: '200 OK', headers: { Public: 'OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN' } };
    return { status: '200 OK' };
  }

  async #setUp(transport: string, session: string): Promise<PeerAnswer> {
    const { transports = ['tcp'] } = this.#behaviour;
    const way = transport.includes('/TCP') ? 'tcp' : 'udp';
    if (!transports.includes(way)) return { status: '461 Unsupported Transport' };
    const [, first = '0', second = '0'] = /(?:interleaved|client_port)=(\d+)-(\d+)/.exec(transport) ?? [];
    const sockets = way === 'udp' ? [await udp(), await udp()] : [];
    const stream = this.#streams.length;
    for (const [i, socket] of sockets.entries())
      socket.on('message', (payload) => this.#journals.datagrams.push({ stream, rtcp: i === 1, payload }));
    this.#streams.push({ way, rtp: Number(first), rtcp: Number(second), sockets });
    const ports = sockets.map((socket) => String(socket.address().port)).join('-');
    return {
      status: '200 OK',
      headers: { Transport: way === 'udp' ? `${transport};server_port=${ports}` : transport, Session: session },
    };
  }

  #player(): PeerPlayer {
    const gone = this.#gone.signal;
    const send = (stream: number, packet: Uint8Array, which: 'rtp' | 'rtcp'): void => {
      const to = this.#streams[stream];
      if (to === undefined || gone.aborted) return;
      if (to.way === 'udp') to.sockets[which === 'rtp' ? 0 : 1]?.send(packet, to[which], '127.0.0.1');
      else this.#socket.write(frame(to[which], packet));
    };
    return {
      connection: this.#number,
      rtp: (stream, ...packets) => packets.forEach((packet) => send(stream, packet, 'rtp')),
      rtcp: (stream, ...packets) => packets.forEach((packet) => send(stream, packet, 'rtcp')),
      raw: (bytes) => {
        if (!gone.aborted) this.#socket.write(bytes);
      },
      cut: (how) => (how === 'fin' ? this.#socket.end() : this.#socket.resetAndDestroy()),
      wait: async (what) => {
        const time = typeof what === 'number' ? new Promise((resolve) => setTimeout(resolve, what)) : what;
        await Promise.race([time, this.#left]);
      },
    };
  }

  #challenge(): PeerAnswer {
    const { scheme = 'basic' } = this.#behaviour.login ?? {};
    const stale = this.#nonce !== 'first';
    const value =
      scheme === 'basic'
        ? 'Basic realm="peer"'
        : `Digest realm="peer", nonce="${this.#nonce}"${scheme === 'md5' ? '' : ', algorithm=SHA-256, qop="auth"'}${stale ? ', stale=true' : ''}`;
    return { status: '401 Unauthorized', headers: { 'WWW-Authenticate': value } };
  }

  #allowed({ method, headers }: PeerRequest): boolean {
    const { login, nonceHolds = Infinity } = this.#behaviour;
    if (login === undefined) return true;
    const { scheme, user, password } = login;
    const said = headers.get('authorization') ?? '';
    if (scheme === 'basic') return said === `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const count = this.#count();
    if (count % nonceHolds === 0) this.#nonce = `nonce-${String(count)}`;
    const hash = (text: string): string =>
      createHash(scheme === 'md5' ? 'md5' : 'sha256')
        .update(text)
        .digest('hex');
    const part = (name: string): string => new RegExp(`${name}="?([^",]*)`).exec(said)?.[1] ?? '';
    const middle = scheme === 'md5' ? this.#nonce : `${this.#nonce}:${part('nc')}:${part('cnonce')}:auth`;
    const expected = hash(`${hash(`${user}:peer:${password}`)}:${middle}:${hash(`${method}:${part('uri')}`)}`);
    return part('response') === expected;
  }
}

/** A frame of data. */
export function frame(channel: number, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0x24, channel, payload.length >> 8, payload.length & 255]), payload]);
}

function written({ status, headers = {}, body = '' }: PeerAnswer, { headers: asked }: PeerRequest): string {
  const all = {
    CSeq: asked.get('cseq') ?? '',
    ...headers,
    ...(body !== '' && { 'Content-Length': String(Buffer.byteLength(body)) }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `RTSP/1.0 ${status}\r\n${lines.join('')}\r\n${body}`;
}

async function udp(): Promise<UdpSocket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}
