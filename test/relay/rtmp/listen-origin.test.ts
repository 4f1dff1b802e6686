// A stream that is pushed to us: by ffmpeg with the right key, and by whoever else finds the port.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { FramerailError } from '#dist/base/index.js';
import { decodeAmf, encodeAmf, type AmfValue } from '#dist/relay/amf0.js';
import { TAG } from '#dist/relay/flv/tag.js';
import { readMetadata } from '#dist/relay/metadata.js';
import type { Origin } from '#dist/relay/origin.js';
import { ChunkReader } from '#dist/relay/rtmp/chunk-reader.js';
import { ChunkWriter } from '#dist/relay/rtmp/chunk-writer.js';
import { HandshakeReader, handshakeBegin } from '#dist/relay/rtmp/handshake.js';
import { listenOrigin } from '#dist/relay/rtmp/listen-origin.js';
import { MESSAGE } from '#dist/relay/rtmp/message.js';
import { statusOf, type RtmpStatus } from '#dist/relay/rtmp/status.js';
import { fixture } from '../../support/fixtures.js';
import { freePort } from '../../support/live.js';

const KEY = 'K3Y-s3cret';

interface Listening {
  readonly port: number;
  readonly origin: Origin;
  readonly tags: { readonly type: number; readonly timestamp: number; readonly payload: Buffer }[];
  /** Whether it was opened, and the order of what was told. */
  readonly told: string[];
  readonly ended: Promise<FramerailError | undefined>;
}

/** A listener on a free port, until the test ends. */
async function listen(path = `live/${KEY}`): Promise<Listening> {
  const port = await freePort('tcp');
  const tags: Listening['tags'] = [];
  const told: string[] = [];
  let end: (error: FramerailError | undefined) => void = () => undefined;
  const ended = new Promise<FramerailError | undefined>((resolve) => (end = resolve));
  const source = listenOrigin('from', `rtmp://127.0.0.1:${String(port)}/${path}?listen`);
  const origin = source.open(
    {
      onOpen: () => told.push('open'),
      onHints: () => undefined,
      onTag: (type, timestamp, payload) => tags.push({ type, timestamp, payload: Buffer.from(payload) }),
      onTurn: () => told.at(-1) !== 'turn' && told.push('turn'),
      onEnd: (error) => {
        told.push('end');
        end(error);
      },
    },
    { timeout: 5000, verify: true },
  );
  onTestFinished(() => {
    origin.close();
  });
  return { port, origin, tags, told, ended };
}

/** ffmpeg publishes a clip; tells how it ended. */
async function publish(
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
class Stranger {
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

async function stranger(port: number): Promise<Stranger> {
  return new Stranger(port).shake();
}

test('ffmpeg publishes with the right key: metadata, headers and all media arrive, and its goodbye ends it', async () => {
  const all = await listen();
  const { code, said } = await publish(all.port, `live/${KEY}`, '-re', '-t', '1.5');
  expect(said).toBe('');
  expect(code).toBe(0);
  expect(await all.ended).toBeUndefined();
  expect(all.told[0]).toBe('open');
  expect(all.told.slice(-2)).toEqual(['turn', 'end']);
  const count = (type: number): number => all.tags.filter((tag) => tag.type === type).length;
  expect(count(TAG.video)).toBeGreaterThan(30);
  expect(count(TAG.audio)).toBeGreaterThan(50);
  const metadata = all.tags.find(({ type }) => type === TAG.data);
  expect(readMetadata(metadata!.payload)).toMatchObject({ width: 320, hints: { audio: true, video: true } });
  expect(all.origin.marks.accepted).toBeGreaterThanOrEqual(all.origin.marks.dialled);
});

test('a key with slashes is the same however the publisher divides it', async () => {
  for (const path of ['live/room/42', 'live/room//42']) {
    const all = await listen(path);
    const { code, said } = await publish(all.port, 'live/room/42', '-t', '0.2');
    expect([code, said]).toEqual([0, '']);
    expect(await all.ended).toBeUndefined();
    expect(all.tags.length).toBeGreaterThan(3);
  }
  const { port } = await listen('live/room/42');
  const one = await stranger(port);
  await one.publish('room/42').hears('NetStream.Publish.Start');
});

test.each([
  ['a wrong key', 'live/K3Y-other'],
  ['a part of the key', 'live/K3Y'],
  ['the key and more', `live/${KEY}?x=1`],
  ['another application', `other/${KEY}`],
  ['a part of the application', `liv/${KEY}`],
])('ffmpeg with %s is refused, and the one with the key still comes in', async (_name, path) => {
  const all = await listen();
  const refused = await publish(all.port, path, '-t', '0.2');
  expect(refused.code).not.toBe(0);
  expect(all.told).toEqual([]);
  expect(all.tags).toEqual([]);
  const right = await publish(all.port, `live/${KEY}`, '-t', '0.2');
  expect(right.code).toBe(0);
  expect(await all.ended).toBeUndefined();
});

test('the refusal of a key says no more than that, and nothing follows it', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  one.publish('wrong');
  expect((await one.hears('NetStream.Publish.Denied')).description).toBe('No such stream.');
  await one.closed;
  const other = await stranger(all.port);
  other.publish(KEY, 'wrong');
  await other.hears('NetConnection.Connect.Rejected');
  await other.closed;
  expect(other.statuses).toHaveLength(1);
});

test('who tries again behind a refusal in the same breath is not heard', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  one.command(0, 'connect', 1, { app: 'live' }).command(1, 'publish', 2, null, 'wrong', 'live');
  one
    .command(1, 'publish', 3, null, KEY, 'live')
    .media(TAG.audio, 0, Buffer.from([0x20]))
    .send();
  await one.closed;
  expect(one.statuses.map(({ code }) => code)).toEqual(['NetConnection.Connect.Success', 'NetStream.Publish.Denied']);
  expect(all.told).toEqual([]);
  // And nobody holds the place of the publisher.
  const right = await stranger(all.port);
  await right.publish(KEY).hears('NetStream.Publish.Start');
  expect(all.told).toContain('open');
});

test('media before the key was shown goes nowhere', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  one
    .command(0, 'connect', 1, { app: 'live' })
    .media(TAG.audio, 0, Buffer.from([0x20]))
    .send();
  await one.hears('NetConnection.Connect.Success');
  await one.publish(KEY).hears('NetStream.Publish.Start');
  expect(all.tags).toEqual([]);
});

test('a second publisher is refused as busy, and the first one goes on', async () => {
  const all = await listen();
  const first = await stranger(all.port);
  await first.publish(KEY).hears('NetStream.Publish.Start');
  const second = await stranger(all.port);
  second.publish(KEY);
  await second.hears('NetStream.Publish.BadName');
  await second.closed;
  first
    .media(TAG.audio, 1234, Buffer.from([0x20, 1]))
    .command(0, 'deleteStream', 6, null, 1)
    .send();
  expect(await all.ended).toBeUndefined();
  expect(all.tags).toEqual([{ type: TAG.audio, timestamp: 1234, payload: Buffer.from([0x20, 1]) }]);
  expect(all.told).toEqual(['open', 'turn', 'end']);
});

test('a publisher that vanishes without a word ends it, too', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  await one.publish(KEY).hears('NetStream.Publish.Start');
  one.socket.destroy();
  expect(await all.ended).toBeUndefined();
});

test('a publisher that breaks the protocol ends it with an error that does not tell the key', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  await one.publish(KEY).hears('NetStream.Publish.Start');
  one.command(0, 5, 5).send();
  const error = await all.ended;
  expect(error?.code).toBe('FR_RELAY_PROTOCOL');
  expect(error?.message).not.toContain(KEY);
});

test('a piece of a command is acknowledged at once: its sender waits with the next piece until it hears of it', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  const acknowledged = once(one.socket, 'acknowledged');
  one.socket.write(Buffer.from([3, 0, 0, 0]));
  await acknowledged;
});

test('who wants to play is refused at once', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  one
    .command(0, 'connect', 1, { app: 'live' })
    .command(0, 'createStream', 2, null)
    .command(1, 'play', 3, null, KEY)
    .send();
  await one.hears('NetStream.Play.StreamNotFound');
  await one.closed;
  expect(all.told).toEqual([]);
});

test('half handshakes and other protocols leave the listener as it was', async () => {
  const all = await listen();
  const http = new Stranger(all.port);
  http.socket.write('GET / HTTP/1.1\r\n\r\n');
  await http.closed;
  const half = new Stranger(all.port);
  half.socket.write(handshakeBegin().subarray(0, 700));
  const gone = new Stranger(all.port);
  gone.socket.end();
  await gone.closed;
  const one = await stranger(all.port);
  await one.publish(KEY).hears('NetStream.Publish.Start');
  expect(all.told).toContain('open');
});

test('many who only hold their connections open do not keep out the one with the key', async () => {
  const all = await listen();
  const idle = Array.from({ length: 40 }, () => new Stranger(all.port));
  await Promise.all(idle.map(({ socket }) => once(socket, 'connect')));
  const one = await stranger(all.port);
  await one.publish(KEY).hears('NetStream.Publish.Start');
  // The oldest have made room.
  await idle[0]?.closed;
});

test('who shows no key within ten seconds is let go', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const all = await listen();
  const silent = new Stranger(all.port);
  await once(silent.socket, 'connect');
  const shaken = await stranger(all.port);
  const publisher = await stranger(all.port);
  await publisher.publish(KEY).hears('NetStream.Publish.Start');
  vi.advanceTimersByTime(9000);
  expect([silent, shaken].some(({ socket }) => socket.destroyed)).toBe(false);
  vi.advanceTimersByTime(1001);
  await Promise.all([silent.closed, shaken.closed]);
  publisher.command(0, 'deleteStream', 6, null, 1).send();
  expect(await all.ended).toBeUndefined();
});

test('who floods it with questions and reads no answer is let go', async () => {
  const all = await listen();
  const one = await stranger(all.port);
  one.socket.pause();
  for (let i = 0; i < 200 && !one.socket.destroyed; i += 1) {
    for (let k = 0; k < 2000; k += 1) one.command(0, 'createStream', k, null);
    one.send();
    await new Promise((resolve) => setImmediate(resolve));
  }
  one.socket.resume();
  await one.closed;
  const right = await stranger(all.port);
  await right.publish(KEY).hears('NetStream.Publish.Start');
});

test('a port that is taken is a typed error', async () => {
  const { port } = await listen();
  const other = listenOrigin('from', `rtmp://127.0.0.1:${String(port)}/live/${KEY}?listen`);
  const error = await new Promise<FramerailError | undefined>((resolve) => {
    const none = (): void => undefined;
    const handlers = { onOpen: none, onHints: none, onTag: none, onTurn: none, onEnd: resolve };
    other.open(handlers, { timeout: 1000, verify: true });
  });
  expect(error).toMatchObject({ code: 'FR_RELAY_CONNECT' });
  expect(error?.message).toContain('EADDRINUSE');
  expect(error?.message).not.toContain(KEY);
});

test('close() lets go of the port, of the publisher and of all strangers, and tells nobody', async () => {
  const before = process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length;
  const all = await listen();
  const one = await stranger(all.port);
  await one.publish(KEY).hears('NetStream.Publish.Start');
  const idle = new Stranger(all.port);
  await once(idle.socket, 'connect');
  all.origin.close();
  await Promise.all([one.closed, idle.closed]);
  expect(all.told).not.toContain('end');
  const again = await listen();
  again.origin.close();
  // The last timers are those in which a refused publisher may read why.
  await expect
    .poll(() => process.getActiveResourcesInfo().filter((name) => /TCP|Timeout/.test(name)).length, { timeout: 3000 })
    .toBeLessThanOrEqual(before + 1);
});
