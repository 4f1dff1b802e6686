// Origins and destinations for a benchmark, in one process: a live stream played to whoever asks, and taken from whoever
// publishes. Each tag carries its number, so that what arrives is known to be whole, in order, and how late.
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { FlvReader } from '#dist/relay/flv/reader.js';
import { audioKind, KIND, TAG, videoKind } from '#dist/relay/flv/tag.js';
import { ChunkWriter } from '#dist/relay/rtmp/chunk-writer.js';
import { HandshakeReader, HANDSHAKE_BYTES, handshakeBegin, handshakeEcho } from '#dist/relay/rtmp/handshake.js';
import { RtmpLink, type RtmpCommand } from '#dist/relay/rtmp/link.js';
import { CHUNK_STREAM } from '#dist/relay/rtmp/message.js';
import { Wire } from '#dist/relay/wire.js';

/** What the stream is like. */
interface LoadOptions {
  /** Whether who joins is given everything since the last keyframe. */
  readonly gopCache: boolean;
  /** Milliseconds of sound alone, for each who joins, before there is video; metadata names no video then. */
  readonly audioAlone: number;
  /** Of so many connections only one is looked at tag by tag; of the others bytes are counted. */
  readonly sample: number;
  /** An FLV file to play over and over, without numbers; without it, tags are made up. */
  readonly clip?: string;
}

const options = JSON.parse(process.argv[2] ?? '{}') as LoadOptions;
const FRAME = 1000 / 30;
const SOUND = 1024 / 48;
const GOP = 60;
const KEYFRAME_BYTES = 12_000;
const PICTURE_BYTES = 1700;
const SOUND_BYTES = 256;
const CHUNK = 60_000;
/** Groups of players that are served one after the other: real origins do not speak at the same moment. */
const PHASES = 10;
const now = (): number => Number(process.hrtime.bigint()) / 1e6;

interface LiveTag {
  readonly type: number;
  readonly time: number;
  readonly key: boolean;
  readonly payload: Buffer;
  readonly number: number;
}

/** Where tags come from. */
interface Source {
  readonly videoHeader: Buffer;
  readonly audioHeader: Buffer;
  /** The next tag that is due at a time; undefined when none is. */
  next(elapsed: number): LiveTag | undefined;
}

const HEX = '17000000000164001fffe1001967640000acd9405005bb0110000003001000000303c0f183196001000568ebecb22c';

/** Tags that are nobody's pictures, each with its number. */
function madeUp(): Source {
  let frames = 0;
  let sounds = 0;
  return {
    videoHeader: Buffer.from(HEX, 'hex'),
    audioHeader: Buffer.from('af001190', 'hex'),
    next: (elapsed) => {
      const [picture, sound] = [frames * FRAME, sounds * SOUND];
      if (Math.min(picture, sound) > elapsed) return undefined;
      if (picture <= sound) return makeTag(TAG.video, Math.round(picture), frames++ % GOP === 0, number++);
      sounds += 1;
      return makeTag(TAG.audio, Math.round(sound), false, number++);
    },
  };
}

/** The tags of a file, over and over. */
function played(path: string): Source {
  const tags: Omit<LiveTag, 'number'>[] = [];
  let [videoHeader, audioHeader] = [Buffer.alloc(0), Buffer.alloc(0)];
  const reader = new FlvReader({
    onHeader: () => undefined,
    onTag: (type, time, payload) => {
      const kind = type === TAG.video ? videoKind(payload) : type === TAG.audio ? audioKind(payload) : 0;
      if ((kind & KIND.header) !== 0) {
        if (type === TAG.video) videoHeader = Buffer.from(payload);
        else audioHeader = Buffer.from(payload);
      } else if ((kind & KIND.media) !== 0)
        tags.push({ type, time, key: type === TAG.video && (kind & KIND.key) !== 0, payload: Buffer.from(payload) });
    },
  });
  reader.push(readFileSync(path));
  const length = (tags.at(-1)?.time ?? 0) + FRAME;
  let at = 0;
  let loops = 0;
  return {
    videoHeader,
    audioHeader,
    next: (elapsed) => {
      const tag = tags[at];
      const time = Math.round((tag?.time ?? 0) + loops * length);
      if (tag === undefined || time > elapsed) return undefined;
      at = (at + 1) % tags.length;
      if (at === 0) loops += 1;
      return { ...tag, time, number: number++ };
    },
  };
}

/** A tag whose payload holds its number behind what a decoder is told. */
function makeTag(type: number, time: number, key: boolean, number: number): LiveTag {
  const video = type === TAG.video;
  const payload = Buffer.alloc(video ? (key ? KEYFRAME_BYTES : PICTURE_BYTES) : SOUND_BYTES, number & 0xff);
  payload.set(video ? [key ? 0x17 : 0x27, 1, 0, 0, 0] : [0xaf, 1]);
  payload.writeUInt32BE(number, 8);
  return { type, time, key, payload, number };
}

let number = 0;
const source = options.clip === undefined ? madeUp() : played(options.clip);
/** When each tag was sent to each group, by its number. */
const sentAt: number[][] = Array.from({ length: PHASES }, () => []);
let gop: LiveTag[] = [];
const players = Array.from({ length: PHASES }, () => new Set<Player>());
/** What each group still has to get. */
const pending = Array.from({ length: PHASES }, (): LiveTag[] => []);
const began = now();

/** One who plays. */
class Player {
  readonly key: string;
  readonly link: RtmpLink;
  readonly socket: Socket;
  /** Pictures that it was sent. */
  video = 0;
  readonly #videoFrom: number;
  #hasVideo = false;

  constructor(key: string, socket: Socket, link: RtmpLink) {
    this.key = key;
    this.socket = socket;
    this.link = link;
    this.#videoFrom = now() + options.audioAlone;
  }

  /** Says what there is, and what there was since the last keyframe. */
  begin(group: Set<Player>, due: readonly LiveTag[]): void {
    this.send(TAG.audio, 0, source.audioHeader);
    if (options.audioAlone === 0) this.#beginVideo();
    // What its group is about to get comes with the others.
    if (options.gopCache) for (const tag of gop) if (!due.includes(tag)) this.take(tag);
    this.link.flush();
    group.add(this);
  }

  #beginVideo(): void {
    this.#hasVideo = true;
    this.send(TAG.video, 0, source.videoHeader);
  }

  /** Whether it gets the same bytes as all others. */
  get plain(): boolean {
    return this.#hasVideo;
  }

  take({ type, time, key, payload }: LiveTag): void {
    if (type === TAG.video && !this.#hasVideo) {
      if (!key || now() < this.#videoFrom) return;
      this.#beginVideo();
    }
    if (type === TAG.video) this.video += 1;
    this.send(type, time, payload);
  }

  send(type: number, time: number, payload: Buffer): void {
    this.link.media(type === TAG.video ? CHUNK_STREAM.video : CHUNK_STREAM.audio, type, 1, time, payload);
  }
}

/** What arrived. */
const arrived = { tags: 0, bytes: 0, lost: 0 };
let latencies: number[] = [];
let accepted = 0;

/** One who publishes. */
interface Publisher {
  key: string;
  last: number;
  phase: number;
  video: number;
}

const publishers: Publisher[] = [];
const everPlayed: Player[] = [];

function takeMedia(state: Publisher, type: number, payload: Buffer): void {
  if (type === TAG.video && (videoKind(payload) & KIND.media) !== 0) state.video += 1;
  if (options.clip !== undefined || payload.byteLength < SOUND_BYTES) return;
  const number = payload.readUInt32BE(8);
  arrived.tags += 1;
  if (state.last >= 0 && number > state.last + 1) arrived.lost += number - state.last - 1;
  state.last = number;
  const sent = sentAt[state.phase]?.[number];
  if (sent !== undefined) latencies.push(now() - sent);
}

const server = createServer({ noDelay: true }, (socket) => {
  const handshake = new HandshakeReader(1);
  let echo = HANDSHAKE_BYTES;
  let shaken = false;
  let raw = false;
  let player: Player | undefined;
  const state: Publisher = { key: '', last: -1, phase: 0, video: 0 };
  const wire = Wire.accept(socket, {
    shown: 'the relay',
    onBytes: (bytes) => {
      if (raw) {
        arrived.bytes += bytes.byteLength;
        return;
      }
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
    onEnd: () => {
      if (player !== undefined) players[state.phase]?.delete(player);
    },
  });
  const status = (stream: number, code: string): void => {
    link.command(stream, 'onStatus', 0, null, { level: 'status', code, description: '' });
  };
  const link: RtmpLink = new RtmpLink(wire, {
    onCommand: ({ name, transaction, stream, values }: RtmpCommand) => {
      const key = values.find((value) => typeof value === 'string') ?? '';
      if (name === 'play' || name === 'publish') {
        state.key = key;
        state.phase = Number(/\d*$/.exec(key)?.[0]) % PHASES;
      }
      if (name === 'connect') {
        link.announce();
        link.command(0, '_result', transaction, {}, { level: 'status', code: 'NetConnection.Connect.Success' });
      } else if (name === 'createStream') link.command(0, '_result', transaction, null, 1);
      else if (name === 'play') {
        status(stream, 'NetStream.Play.Start');
        player = new Player(key, socket, link);
        everPlayed.push(player);
        player.begin(players[state.phase] ?? new Set(), pending[state.phase] ?? []);
      } else if (name === 'publish') {
        status(stream, 'NetStream.Publish.Start');
        accepted += 1;
        publishers.push(state);
        // Looking at every tag of every relay would measure this process.
        if (accepted % options.sample !== 0) setTimeout(() => (raw = true), 1000);
      }
    },
    onMedia: ({ type, payload }) => {
      takeMedia(state, type, payload);
    },
  });
});

let phase = 0;

/** Makes what is due, and serves one group after the other. */
function tick(): void {
  const elapsed = now() - began;
  for (let tag = source.next(elapsed); tag !== undefined; tag = source.next(elapsed)) {
    if (tag.key) gop = [];
    if (options.gopCache) gop.push(tag);
    for (const list of pending) list.push(tag);
  }
  phase = (phase + 1) % PHASES;
  serve(phase);
}

function serve(which: number): void {
  const due = pending[which]?.splice(0) ?? [];
  if (due.length === 0) return;
  const writer = new ChunkWriter();
  writer.chunkSize = CHUNK;
  for (const { type, time, payload } of due)
    writer.message(type === TAG.video ? CHUNK_STREAM.video : CHUNK_STREAM.audio, type, 1, time, payload);
  const bytes = writer.take();
  const at = now();
  const pictures = due.filter(({ type }) => type === TAG.video).length;
  const times = sentAt[which] ?? [];
  for (const tag of due) times[tag.number] = at;
  for (const player of players[which] ?? [])
    if (player.plain) {
      player.video += pictures;
      player.socket.write(bytes);
    } else {
      for (const tag of due) player.take(tag);
      player.link.flush();
    }
}

process.on('message', (what) => {
  if (what === 'reset') {
    Object.assign(arrived, { tags: 0, bytes: 0, lost: 0 });
    latencies = [];
  } else
    process.send?.({
      ...arrived,
      latencies: latencies.slice(-200_000),
      published: publishers,
      played: everPlayed.map(({ key, video }) => ({ key, video })),
    });
});
process.on('disconnect', () => process.exit(0));
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
  setInterval(tick, 1);
});
