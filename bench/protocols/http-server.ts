// A server of HTTP: a broadcast as a transport stream and as FLV without an end, and playlists with their segments.
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { flvHeader, flvTag } from '#dist/relay/flv/bytes.js';
import { STEP, TYPES, type Broadcast, type Kind, type LiveTag } from './broadcast.js';
import { TransportStream } from './transport-stream.js';

/** Times of a broadcast in one segment. */
const SEGMENT_STEPS = 1000 / STEP;
/** Segments that a playlist has, and that can be had. */
const LISTED = 6;
const KEPT = 12;

interface Segment {
  readonly number: number;
  readonly steps: number;
  readonly bytes: Buffer;
}

/** A playlist that grows by a segment a second. */
export class Playlist {
  readonly #stream: TransportStream;
  readonly #kinds = new Set<Kind>();
  #segments: Segment[] = [];
  #count = 0;
  readonly #pieces: Buffer[] = [];
  #steps = 0;

  constructor(headers: Broadcast['headers']) {
    this.#stream = new TransportStream(headers, (bytes) => this.#pieces.push(bytes));
  }

  /** Segments that were finished so far. */
  get count(): number {
    return this.#count;
  }

  /** Takes what is due at one time; a stream that comes late begins a segment, whose tables name it. */
  take(tags: readonly LiveTag[]): void {
    const fresh = tags.some(({ kind }) => !this.#kinds.has(kind));
    if (this.#steps === SEGMENT_STEPS || (fresh && this.#steps > 0)) this.cut();
    for (const { kind } of tags) this.#kinds.add(kind);
    this.#stream.take(tags);
    this.#steps += 1;
  }

  /** Finishes the segment that is begun. */
  cut(): void {
    if (this.#steps === 0) return;
    const segment = { number: this.#count, steps: this.#steps, bytes: Buffer.concat(this.#pieces.splice(0)) };
    this.#count += 1;
    this.#steps = 0;
    this.#segments = [...this.#segments.slice(1 - KEPT), segment];
  }

  get text(): string {
    const listed = this.#segments.slice(-LISTED);
    return [
      ...['#EXTM3U', '#EXT-X-VERSION:3', '#EXT-X-TARGETDURATION:1'],
      `#EXT-X-MEDIA-SEQUENCE:${String(listed[0]?.number ?? 0)}`,
      ...listed.flatMap(({ number, steps }) => [
        `#EXTINF:${((steps * STEP) / 1000).toFixed(3)},`,
        `${String(number)}.ts`,
      ]),
      '',
    ].join('\n');
  }

  segment(number: number): Buffer | undefined {
    return this.#segments.find((segment) => segment.number === number)?.bytes;
  }
}

/** One that runs. */
export class HttpServer {
  readonly port: number;
  readonly playlists = new Map<string, Playlist>();
  readonly #server: Server;
  readonly #broadcast: Broadcast;

  private constructor(server: Server, broadcast: Broadcast) {
    this.#server = server;
    this.#broadcast = broadcast;
    this.port = (server.address() as AddressInfo).port;
    server.on('request', ({ url = '' }, response: ServerResponse) => {
      this.#answer(url, response);
    });
  }

  static async open(broadcast: Broadcast): Promise<HttpServer> {
    const server = createServer({ noDelay: true, keepAliveTimeout: 60_000 }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HttpServer(server, broadcast);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(url: string, response: ServerResponse): void {
    const [, folder = '', file = ''] = /^\/(?:([^/]*)\/)?([^/]*)$/.exec(url) ?? [];
    const playlist = this.playlists.get(folder);
    const [, number] = /^(\d+)\.ts$/.exec(file) ?? [];
    if (file === 'endless.ts') this.#transportStream(response);
    else if (file === 'endless.flv') this.#flv(response);
    else if (file === 'live.m3u8') answer(response, 'application/vnd.apple.mpegurl', playlist?.text);
    else answer(response, 'video/mp2t', playlist?.segment(Number(number)));
  }

  #transportStream(response: ServerResponse): void {
    response.writeHead(200, { 'Content-Type': 'video/mp2t' }).flushHeaders();
    const stream = new TransportStream(this.#broadcast.headers, (bytes) => {
      response.write(bytes);
    });
    this.#until(response, (tags) => {
      stream.take(tags);
    });
  }

  #flv(response: ServerResponse): void {
    const { headers } = this.#broadcast;
    response.writeHead(200, { 'Content-Type': 'video/x-flv' });
    response.write(flvHeader({ audio: true, video: true }));
    for (const kind of ['audio', 'video'] as const) response.write(flvTag(TYPES[kind], 0, headers[kind]));
    this.#until(response, (tags) => {
      response.write(Buffer.concat(tags.map(({ kind, time, payload }) => flvTag(TYPES[kind], time, payload))));
    });
  }

  /** Gives all that comes until the client leaves. */
  #until(response: ServerResponse, take: (tags: readonly LiveTag[]) => void): void {
    response.once('close', this.#broadcast.join(take)).on('error', () => undefined);
  }
}

function answer(response: ServerResponse, type: string, body: string | Buffer | undefined): void {
  if (body === undefined) response.writeHead(404).end();
  else response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-cache' }).end(body);
}
