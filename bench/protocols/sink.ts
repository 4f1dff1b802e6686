// A destination of RTMP that takes whatever is published, and knows when the first picture came and what all of it was.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { KIND, TAG, videoKind } from '#dist/relay/flv/tag.js';
import { HandshakeReader, HANDSHAKE_BYTES, handshakeBegin, handshakeEcho } from '#dist/relay/rtmp/handshake.js';
import { RtmpLink } from '#dist/relay/rtmp/link.js';
import { Wire } from '#dist/relay/wire.js';
import type { Kind } from './broadcast.js';
import { Fingerprints } from './show.js';

/** What came under one name. */
export interface Delivery {
  /** When the first keyframe came behind its header, by `performance.now()`. */
  picture?: number;
  /** Whether sound came that can be decoded. */
  sound: boolean;
  /** Fingerprints of what came, in its order. */
  readonly came: Record<Kind, string[]>;
  /** When anything last came, by `performance.now()`. */
  at: number;
}

/** One that runs. */
export class Sink {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #deliveries = new Map<string, Delivery>();
  #onNews: () => void = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      this.#serve(socket);
    });
  }

  static async open(): Promise<Sink> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Sink(server);
  }

  /** Where a name is published. */
  url(name: string): string {
    return `rtmp://127.0.0.1:${String(this.port)}/live/${name}`;
  }

  /** What came under a name so far. */
  delivery(name: string): Delivery {
    const known = this.#deliveries.get(name);
    if (known !== undefined) return known;
    const fresh: Delivery = { sound: false, came: { audio: [], video: [] }, at: performance.now() };
    this.#deliveries.set(name, fresh);
    return fresh;
  }

  /** Resolves when a picture and sound have come under a name, or when it is too late. @param longest - milliseconds */
  async whole(name: string, longest: number): Promise<Delivery> {
    const delivery = this.delivery(name);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, longest);
      this.#onNews = () => {
        if (delivery.picture === undefined || !delivery.sound) return;
        clearTimeout(timer);
        resolve();
      };
      this.#onNews();
    });
    this.#onNews = () => undefined;
    return delivery;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    const handshake = new HandshakeReader(1);
    /** What is left of the peer's half of the handshake. */
    let echo = HANDSHAKE_BYTES;
    let shaken = false;
    let publishes: ((type: number, payload: Buffer) => void) | undefined;
    const wire = Wire.accept(socket, {
      shown: 'the benchmark',
      onBytes: (bytes) => {
        let rest = bytes;
        if (!shaken) {
          const done = handshake.push(bytes);
          if (done === undefined) return;
          shaken = true;
          wire.write(Buffer.concat([handshakeBegin(), handshakeEcho(done.second)]));
          rest = done.rest;
        }
        const skipped = Math.min(echo, rest.byteLength);
        echo -= skipped;
        if (skipped < rest.byteLength) link.receive(rest.subarray(skipped));
      },
      onEnd: () => undefined,
    });
    const link: RtmpLink = new RtmpLink(wire, {
      onCommand: ({ name, transaction, stream, values }) => {
        if (name === 'connect') {
          link.announce();
          link.command(0, '_result', transaction, {}, { level: 'status', code: 'NetConnection.Connect.Success' });
        } else if (name === 'createStream') link.command(0, '_result', transaction, null, 1);
        else if (name === 'publish') {
          link.command(stream, 'onStatus', 0, null, {
            level: 'status',
            code: 'NetStream.Publish.Start',
            description: '',
          });
          publishes = this.#publisher(values.find((value) => typeof value === 'string') ?? '');
        }
      },
      onMedia: ({ type, payload }) => publishes?.(type, payload),
    });
  }

  #publisher(name: string): (type: number, payload: Buffer) => void {
    const delivery = this.delivery(name);
    const fingerprints = new Fingerprints();
    return (type, payload) => {
      if (type !== TAG.video && type !== TAG.audio) return;
      const kind = type === TAG.video ? 'video' : 'audio';
      delivery.at = performance.now();
      // Pictures without their header have no name, as nobody could decode them.
      const frame = fingerprints.of(kind, payload);
      if (frame === undefined) return;
      delivery.came[kind].push(frame);
      if (kind === 'audio') delivery.sound = true;
      else if ((videoKind(payload) & KIND.key) !== 0) delivery.picture ??= delivery.at;
      this.#onNews();
    };
  }
}
