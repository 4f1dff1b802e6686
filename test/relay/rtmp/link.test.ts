// What both sides of a connection do behind the handshake, with a wire that keeps what is written.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeAmf, type AmfValue } from '#dist/relay/amf0.js';
import { flvTag } from '#dist/relay/flv/bytes.js';
import { ChunkReader } from '#dist/relay/rtmp/chunk-reader.js';
import { ChunkWriter } from '#dist/relay/rtmp/chunk-writer.js';
import { RtmpLink, type RtmpCommand } from '#dist/relay/rtmp/link.js';
import { CONTROL, controlPayload, fourBytes, MESSAGE, type Message } from '#dist/relay/rtmp/message.js';
import type { Wire } from '#dist/relay/wire.js';
import { inPieces, pieceSizes, thrownCode } from '../../support/pieces.js';

const PROTOCOL = 'FR_RELAY_PROTOCOL';

/** A link whose peer is this test. */
class Peer {
  readonly commands: RtmpCommand[] = [];
  readonly media: Message[] = [];
  readonly writes: Buffer[] = [];
  ends = 0;
  received = 0;
  readonly writer = new ChunkWriter();
  readonly link: RtmpLink;
  readonly #answers = new ChunkReader((message) => {
    if (message.type === MESSAGE.setChunkSize) this.#answers.chunkSize = message.payload.readUInt32BE(0);
    this.#heard.push({ ...message, payload: Buffer.from(message.payload) });
  });
  readonly #heard: Message[] = [];

  constructor() {
    const owner = {
      queued: 0,
      write: (bytes: Buffer) => this.writes.push(bytes),
    };
    Object.defineProperty(owner, 'received', { get: () => this.received });
    this.link = new RtmpLink(owner as unknown as Wire, {
      onCommand: (command) => this.commands.push(command),
      onMedia: (message) => this.media.push({ ...message, payload: Buffer.from(message.payload) }),
      onStreamEof: () => (this.ends += 1),
    });
  }

  /** Gathers a message for the link. */
  say(type: number, payload: Buffer, timestamp = 0, stream = 0): this {
    this.writer.message(3, type, stream, timestamp, payload);
    return this;
  }

  /** Sends what was gathered, in one piece or many. */
  send(sizes?: readonly number[]): this {
    const bytes = this.writer.take();
    inPieces(bytes, sizes ?? [Math.max(1, bytes.byteLength)], (piece) => {
      this.received += piece.byteLength;
      this.link.receive(piece);
    });
    return this;
  }

  /** What the link has said since the last call. */
  heard(): Message[] {
    for (const bytes of this.writes.splice(0)) this.#answers.push(bytes);
    return this.#heard.splice(0);
  }
}

const command = (...values: AmfValue[]): Buffer => encodeAmf(...values);

describe('messages', () => {
  test('audio, video and data are handed over with their time and stream', () => {
    const peer = new Peer();
    for (const type of [MESSAGE.audio, MESSAGE.video, MESSAGE.data])
      peer.say(type, Buffer.from([type, 2]), 0x1234567 + type, 1);
    peer.send();
    expect(peer.media).toEqual(
      [8, 9, 18].map((type) => ({ type, stream: 1, timestamp: 0x1234567 + type, payload: Buffer.from([type, 2]) })),
    );
  });

  test('commands and data for AMF3 have a byte ahead, mostly', () => {
    const peer = new Peer();
    const ahead = Buffer.from([0]);
    peer.say(MESSAGE.command3, Buffer.concat([ahead, command('connect', 1, { app: 'live' })]));
    peer.say(MESSAGE.command3, command('createStream', 2, null));
    peer.say(MESSAGE.data3, Buffer.concat([ahead, command('onMetaData', {})]));
    peer.say(MESSAGE.data3, command('onTextData', {}));
    peer.send();
    expect(peer.commands).toMatchObject([
      { name: 'connect', transaction: 1, values: [{ app: 'live' }] },
      { name: 'createStream', transaction: 2, values: [null] },
    ]);
    expect(peer.media.map(({ type, payload }) => [type, payload])).toEqual([
      [MESSAGE.data, command('onMetaData', {})],
      [MESSAGE.data, command('onTextData', {})],
    ]);
  });

  test('an aggregate is split, and its parts lie from its own time on', () => {
    const parts = [
      [8, 5000, 'aa'],
      [9, 5023, 'bb'],
      [8, 5046, 'cc'],
    ] as const;
    const payload = Buffer.concat(parts.map(([type, time, text]) => flvTag(type, time, Buffer.from(text))));
    const peer = new Peer();
    peer.say(MESSAGE.aggregate, payload, 100, 1).send();
    expect(peer.media).toEqual(
      parts.map(([type, time, text]) => ({ type, stream: 1, timestamp: time - 4900, payload: Buffer.from(text) })),
    );
    // The last part may lack its back pointer.
    const short = new Peer();
    short.say(MESSAGE.aggregate, payload.subarray(0, -4), 100, 1).send();
    expect(short.media).toHaveLength(3);
  });

  test.each([
    ['an aggregate that ends within a part', MESSAGE.aggregate, flvTag(8, 0, Buffer.alloc(50)).subarray(0, 30)],
    ['an aggregate within another one', MESSAGE.aggregate, flvTag(22, 0, Buffer.alloc(50))],
    ['a command without a name', MESSAGE.command, command(5, 5)],
    ['an empty command', MESSAGE.command, Buffer.alloc(0)],
    ['a command longer than any', MESSAGE.command, command('x'.repeat(1024 * 1024), 1)],
    ['a short size of chunks', MESSAGE.setChunkSize, Buffer.from([0, 1])],
    ['chunks of no bytes', MESSAGE.setChunkSize, fourBytes(0)],
    ['chunks of more than 2 GB', MESSAGE.setChunkSize, fourBytes(0x80000000)],
    ['a short control message', MESSAGE.userControl, Buffer.from([0])],
  ])('%s is refused', (_name, type, payload) => {
    const peer = new Peer();
    peer.say(MESSAGE.setChunkSize, fourBytes(0x7fffffff)).send();
    peer.writer.chunkSize = 0x7fffffff;
    expect(thrownCode(() => peer.say(type, payload).send())).toBe(PROTOCOL);
  });

  test('types that nobody knows are passed over', () => {
    const peer = new Peer();
    for (const type of [0, 7, 10, 16, 19, 21, 99, 255]) peer.say(type, Buffer.from([1]));
    peer.say(MESSAGE.audio, Buffer.from([1])).send();
    expect(peer.media).toHaveLength(1);
    expect(peer.heard()).toEqual([]);
  });
});

describe('the protocol itself', () => {
  test('a new size of chunks holds from the next chunk on', () => {
    const peer = new Peer();
    const payload = Buffer.alloc(5000, 7);
    peer.say(MESSAGE.setChunkSize, fourBytes(4096));
    peer.writer.chunkSize = 4096;
    peer.say(MESSAGE.video, payload).send([3]);
    expect(peer.media[0]?.payload.equals(payload)).toBe(true);
  });

  test('an abort forgets the message that it names', () => {
    const peer = new Peer();
    const writer = new ChunkWriter();
    writer.message(6, MESSAGE.video, 1, 0, Buffer.alloc(300, 1));
    const begun = writer.take().subarray(0, 12 + 128);
    writer.message(2, MESSAGE.abort, 0, 0, fourBytes(6));
    writer.message(6, MESSAGE.video, 1, 0, Buffer.alloc(5, 2));
    peer.link.receive(Buffer.concat([begun, writer.take()]));
    expect(peer.media.map(({ payload }) => payload)).toEqual([Buffer.alloc(5, 2)]);
  });

  test('a ping is answered with its own number', () => {
    const peer = new Peer();
    peer.say(MESSAGE.userControl, controlPayload(CONTROL.pingRequest, 0xfedcba98)).send();
    expect(peer.heard()).toMatchObject([
      { type: MESSAGE.userControl, payload: controlPayload(CONTROL.pingResponse, 0xfedcba98) },
    ]);
  });

  test('however many pings and limits come together, one of each is answered', () => {
    const peer = new Peer();
    for (let i = 0; i < 1000; i += 1) {
      peer.say(MESSAGE.userControl, controlPayload(CONTROL.pingRequest, i));
      peer.say(MESSAGE.setPeerBandwidth, Buffer.concat([fourBytes(5_000_000), Buffer.from([2])]));
    }
    peer.send();
    expect(peer.heard()).toMatchObject([
      { type: MESSAGE.userControl, payload: controlPayload(CONTROL.pingResponse, 999) },
      { type: MESSAGE.windowAckSize },
    ]);
  });

  test('the end of a stream is told, and other events are not', () => {
    const peer = new Peer();
    for (const event of [0, 1, 2, 3, 4, 7, 31, 32, 99]) peer.say(MESSAGE.userControl, controlPayload(event, 1));
    peer.send();
    expect(peer.ends).toBe(1);
  });

  test('what arrived is acknowledged before the window is full', () => {
    const peer = new Peer();
    peer.say(MESSAGE.windowAckSize, fourBytes(10_000)).send();
    for (let i = 0; i < 20; i += 1) peer.say(MESSAGE.audio, Buffer.alloc(900)).send();
    const acknowledged = peer.heard().filter(({ type }) => type === MESSAGE.acknowledgement);
    const values = acknowledged.map(({ payload }) => payload.readUInt32BE(0));
    expect(values.length).toBeGreaterThanOrEqual(3);
    for (const [i, value] of values.entries()) expect(value - (values[i - 1] ?? 0)).toBeLessThan(10_000);
    expect(peer.received - values.at(-1)!).toBeLessThan(10_000);
  });

  test('bytes are counted beyond 2^32', () => {
    const peer = new Peer();
    peer.received = 2 ** 32 + 5_000_000;
    peer.say(MESSAGE.audio, Buffer.alloc(1)).send();
    const [one] = peer.heard();
    expect(one?.payload.readUInt32BE(0)).toBe(peer.received - 2 ** 32);
  });

  test('it begins by saying the size of its chunks, and then uses it', () => {
    const peer = new Peer();
    peer.link.announce();
    const payload = Buffer.alloc(50_000, 3);
    peer.link.media(7, MESSAGE.video, 1, 40, payload);
    expect(peer.writes).toHaveLength(0);
    expect(peer.link.queued).toBeGreaterThan(50_000);
    peer.link.flush();
    expect(peer.writes).toHaveLength(1);
    const heard = peer.heard();
    expect(heard.map(({ type }) => type)).toEqual([MESSAGE.setChunkSize, MESSAGE.windowAckSize, MESSAGE.video]);
    expect(heard[2]?.payload.equals(payload)).toBe(true);
  });
});

test('random messages, in any cutting, are heard or refused, and nothing else is thrown', () => {
  const message = fc.tuple(fc.integer({ min: 0, max: 24 }), fc.uint8Array({ maxLength: 60 }));
  fc.assert(
    fc.property(fc.array(message, { maxLength: 12 }), pieceSizes, (list, sizes) => {
      const peer = new Peer();
      for (const [type, payload] of list) peer.say(type, Buffer.from(payload));
      expect([undefined, PROTOCOL]).toContain(thrownCode(() => peer.send(sizes)));
    }),
    { numRuns: 2000 },
  );
});
