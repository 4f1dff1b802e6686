// Publishers for the tests of the listener: ffmpeg, and one that says exactly what a test wants.
import { spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { FramerailError } from '#dist/base/index.js';
import { decodeAmf, encodeAmf, type AmfValue } from '#dist/relay/amf0.js';
import type { Origin } from '#dist/relay/origin.js';
import { ChunkReader } from '#dist/relay/rtmp/chunk-reader.js';
import { ChunkWriter } from '#dist/relay/rtmp/chunk-writer.js';
import { HandshakeReader, handshakeBegin } from '#dist/relay/rtmp/handshake.js';
import { listenOrigin } from '#dist/relay/rtmp/listen-origin.js';
import { MESSAGE } from '#dist/relay/rtmp/message.js';
import { statusOf, type RtmpStatus } from '#dist/relay/rtmp/status.js';
import { fixture } from './fixtures.js';
import { freePort } from './live.js';

/** What the listeners of the tests want to hear. */
export const KEY = 'K3Y-s3cret';

/** A listener and what it told. */
export interface Listening {
  readonly port: number;
  readonly origin: Origin;
  readonly tags: { readonly type: number; readonly timestamp: number; readonly payload: Buffer }[];
  /** Whether it was opened, and the order of what was told. */
  readonly told: string[];
  readonly ended: Promise<FramerailError | undefined>;
  /** Resolves with the first tag behind which something holds. */
  until(holds: () => boolean): Promise<void>;
}

/** A listener on a free port, or on one that others listen on, until the test ends. */
export async function listen(path = `live/${KEY}`, shared?: number): Promise<Listening> {
  const port = shared ?? (await freePort('tcp'));
  const tags: Listening['tags'] = [];
  const told: string[] = [];
  const heard = new EventEmitter();
  let end: (error: FramerailError | undefined) => void = () => undefined;
  const ended = new Promise<FramerailError | undefined>((resolve) => (end = resolve));
  const source = listenOrigin('from', `rtmp://127.0.0.1:${String(port)}/${path}?listen`);
  const origin = source.open(
    {
      onOpen: () => told.push('open'),
      onHints: () => undefined,
      onWarning: () => undefined,
      onTag: (type, timestamp, payload) => {
        tags.push({ type, timestamp, payload: Buffer.from(payload) });
        heard.emit('tag');
      },
      onTurn: () => told.at(-1) !== 'turn' && told.push('turn'),
      onEnd: (error) => {
        told.push('end');
        end(error);
      },
    },
    { timeout: 5000, verify: true, allowHosts: [] },
  );
  onTestFinished(() => {
    origin.close();
  });
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await once(heard, 'tag');
  };
  return { port, origin, tags, told, ended, until };
}

/** ffmpeg publishes a clip; tells how it ended. */
export async function publish(
  port: number,
  path: string,
  ...args: readonly string[]
): Promise<{ code: number; said: string }> {
  const child = spawn(
    'ffmpeg',
    [
      ...['-v', 'error', '-nostdin', ...args, '-i', fixture('plain.mp4'), '-c', 'copy'],
      ...['-f', 'flv', `rtmp://127.0.0.1:${String(port)}/${path}`],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], timeout: 30_000, killSignal: 'SIGKILL' },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

/** A publisher that says exactly what the test wants. */
export class Stranger {
  readonly socket: Socket;
  readonly closed: Promise<unknown>;
  readonly statuses: RtmpStatus[] = [];
  readonly #writer = new ChunkWriter();
  readonly #handshake = new HandshakeReader(2);
  #shaken = false;
  readonly #reader = new ChunkReader(({ type, payload }) => {
    if (type === MESSAGE.setChunkSize) this.#reader.chunkSize = payload.readUInt32BE(0);
    if (type === MESSAGE.acknowledgement) this.socket.emit('acknowledged');
    if (type !== MESSAGE.command) return;
    const status = statusOf(decodeAmf(payload));
    if (status.code !== '') this.statuses.push(status);
    this.socket.emit('said');
  });

  constructor(port: number) {
    this.socket = connect(port, '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('data', (bytes: Buffer) => {
      let rest = bytes;
      if (!this.#shaken) {
        const done = this.#handshake.push(bytes);
        if (done === undefined) return;
        this.#shaken = true;
        ({ rest } = done);
        this.socket.emit('shaken');
      }
      if (rest.byteLength > 0) this.#reader.push(rest);
    });
    onTestFinished(() => {
      this.socket.destroy();
    });
  }

  /** Goes through the handshake. */
  async shake(): Promise<this> {
    const shaken = once(this.socket, 'shaken');
    this.socket.write(handshakeBegin());
    await shaken;
    this.socket.write(Buffer.alloc(1536));
    return this;
  }

  /** Gathers a command. */
  command(stream: number, ...values: AmfValue[]): this {
    this.#writer.message(3, MESSAGE.command, stream, 0, encodeAmf(...values));
    return this;
  }

  media(type: number, timestamp: number, payload: Buffer): this {
    this.#writer.message(6, type, 1, timestamp, payload);
    return this;
  }

  /** Sends all that was gathered in one write. */
  send(): this {
    this.socket.write(this.#writer.take());
    return this;
  }

  /** Resolves when the listener has said a code. */
  async hears(code: string): Promise<RtmpStatus> {
    for (;;) {
      const found = this.statuses.find((status) => status.code === code);
      if (found !== undefined) return found;
      await Promise.race([once(this.socket, 'said'), this.closed.then(() => Promise.reject(new Error('closed')))]);
    }
  }

  /** All that a publisher says, in one flight. */
  publish(key: string, app = 'live'): this {
    this.command(0, 'connect', 1, { app, tcUrl: `rtmp://127.0.0.1/${app}` });
    this.command(0, 'releaseStream', 2, null, key).command(0, 'FCPublish', 3, null, key);
    this.command(0, 'createStream', 4, null).command(1, 'publish', 5, null, key, 'live');
    return this.send();
  }
}

/** A publisher whose handshake is done. */
export async function stranger(port: number): Promise<Stranger> {
  return new Stranger(port).shake();
}
