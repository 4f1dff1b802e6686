// A line in front of a destination that tells when each step of a start reached it; it changes nothing.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { KIND, TAG, videoKind } from '#dist/relay/flv/tag.js';
import { ChunkReader } from '#dist/relay/rtmp/chunk-reader.js';
import { HANDSHAKE_BYTES } from '#dist/relay/rtmp/handshake.js';
import { MESSAGE } from '#dist/relay/rtmp/message.js';

/** When the steps of one start reached the destination, by `performance.now()`. */
export interface Arrivals {
  /** The connection. */
  dialled: number;
  /** The destination's answer to `publish`. */
  published?: number;
  /** The first tag of sound or pictures that is no sequence header. */
  tag?: number;
  /** The first keyframe. */
  picture?: number;
}

const ACCEPTED = 'NetStream.Publish.Start';

/** A tap that runs. */
export class Tap {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #onMedia: ((type: number) => void) | undefined;
  #next: ((arrivals: Arrivals) => void) | undefined;
  /** Connections so far. */
  connections = 0;

  private constructor(server: Server, target: number, onMedia: ((type: number) => void) | undefined) {
    this.#server = server;
    this.#onMedia = onMedia;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      this.#join(socket, target);
    });
  }

  /**
   * Listens on a free port, in front of another one of this machine.
   * @param onMedia - hears of every tag of sound or pictures; without it nothing is read behind the first picture
   */
  static async open(target: number, onMedia?: (type: number) => void): Promise<Tap> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Tap(server, target, onMedia);
  }

  /**
   * The next start; resolves with its first picture, or with what there is when `until` ends.
   * @param patience - milliseconds behind the first tag after which no picture is waited for any more
   */
  async next(until: Promise<unknown>, patience: number): Promise<Arrivals | undefined> {
    let seen: Arrivals | undefined;
    let late: NodeJS.Timeout | undefined;
    const whole = new Promise<void>((resolve) => {
      this.#next = (arrivals) => {
        seen = arrivals;
        if (arrivals.picture !== undefined) resolve();
        else if (arrivals.tag !== undefined) late ??= setTimeout(resolve, patience);
      };
    });
    await Promise.race([whole, until]);
    clearTimeout(late);
    this.#next = undefined;
    return seen;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(client: Socket, target: number): void {
    this.connections += 1;
    const arrivals: Arrivals = { dialled: performance.now() };
    const tell = (): void => this.#next?.(arrivals);
    tell();
    const server = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(one);
      one
        .on('error', () => undefined)
        .on('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
    }
    const reader = new ChunkReader(({ type, payload }) => {
      if (type === MESSAGE.setChunkSize) reader.chunkSize = payload.readUInt32BE(0);
      const video = type === TAG.video ? videoKind(payload) : 0;
      const isMedia = type === TAG.audio ? payload[1] !== 0 : (video & KIND.media) !== 0;
      if (isMedia) this.#onMedia?.(type);
      if (!isMedia || (arrivals.tag !== undefined && arrivals.picture !== undefined)) return;
      arrivals.tag ??= performance.now();
      if ((video & KIND.key) !== 0) arrivals.picture ??= performance.now();
      tell();
    });
    let handshake = 1 + 2 * HANDSHAKE_BYTES;
    client.on('data', (bytes) => {
      server.write(bytes);
      const skipped = Math.min(handshake, bytes.byteLength);
      handshake -= skipped;
      const reads = arrivals.picture === undefined || this.#onMedia !== undefined;
      if (reads && skipped < bytes.byteLength) reader.push(bytes.subarray(skipped));
    });
    let tail = '';
    server.on('data', (bytes) => {
      client.write(bytes);
      if (arrivals.published !== undefined) return;
      tail += bytes.toString('latin1');
      if (tail.includes(ACCEPTED)) {
        arrivals.published = performance.now();
        tell();
      }
      tail = tail.slice(-ACCEPTED.length);
    });
  }
}
