// What both sides of an RTMP connection do once their hands are shaken: messages both ways, and the protocol's own.
import { FramerailError } from '../../base/index.js';
import { decodeAmf, encodeAmf, type AmfValue } from '../amf0.js';
import type { Wire } from '../wire.js';
import { ChunkReader } from './chunk-reader.js';
import { ChunkWriter } from './chunk-writer.js';
import { CHUNK_STREAM, CONTROL, controlPayload, fourBytes, MESSAGE, type Message } from './message.js';

/** A command with its transaction and what it says. */
export interface RtmpCommand {
  readonly name: string;
  readonly transaction: number;
  readonly values: readonly AmfValue[];
  /** The message stream that it is about. */
  readonly stream: number;
}

/** Who hears of what the peer sends. */
export interface LinkHandlers {
  readonly onCommand: (command: RtmpCommand) => void;
  /** Audio, video and data; the payload is valid until it returns. */
  readonly onMedia: (message: Message) => void;
  /** The peer says that a stream ended. */
  readonly onStreamEof?: () => void;
}

/** Peers are told to acknowledge each so many bytes; what OBS and ffmpeg say as well. */
const WINDOW = 2_500_000;
/** Bytes of payload in our chunks: few messages need a second one. */
const CHUNK_SIZE = 60_000;
const LARGEST_CHUNK = 0x7fffffff;
/** Bytes of a command at most; a bandwidth check of a server is the longest one. */
const LONGEST_COMMAND = 1024 * 1024;
/** Behind each message of an aggregate lies its length again. */
const BACK_POINTER = 4;
const TAG_HEADER = 11;

/** A connection whose handshake is done. */
export class RtmpLink {
  /** Bytes that the peer says it has received. */
  acknowledged = 0;
  readonly #wire: Wire;
  readonly #handlers: LinkHandlers;
  readonly #reader: ChunkReader;
  readonly #writer = new ChunkWriter();
  /** How many bytes the peer wants acknowledged at a time. */
  #window = WINDOW;
  #lastAcknowledged = 0;
  #spoke = false;
  /** What the peer wants an answer to. It gets one for all of the same kind that came together. */
  readonly #asked: { ping?: number; bandwidth?: boolean } = {};

  constructor(wire: Wire, handlers: LinkHandlers) {
    this.#wire = wire;
    this.#handlers = handlers;
    this.#reader = new ChunkReader((message) => {
      this.#hear(message);
    });
  }

  /** Bytes that wait to be sent. */
  get queued(): number {
    return this.#wire.queued + this.#writer.length;
  }

  /** Takes what came. */
  receive(bytes: Buffer): void {
    this.#spoke = false;
    this.#reader.push(bytes);
    this.#reply();
    const unacknowledged = this.#wire.received - this.#lastAcknowledged;
    if (unacknowledged >= this.#window / 2) this.#acknowledge();
    this.flush();
  }

  /** Says something at once where we have not, so that the acknowledgement of TCP does not wait for its timer. */
  answerNow(): void {
    if (this.#spoke) return;
    this.#acknowledge();
    this.flush();
  }

  /** How this side begins: the size of its chunks, and how often it wants to hear what has arrived. */
  announce(): void {
    this.#control(MESSAGE.setChunkSize, fourBytes(CHUNK_SIZE));
    this.#writer.chunkSize = CHUNK_SIZE;
    this.#control(MESSAGE.windowAckSize, fourBytes(WINDOW));
  }

  /** Gathers a command. */
  command(stream: number, name: string, transaction: number, ...values: readonly AmfValue[]): void {
    this.#writer.message(CHUNK_STREAM.command, MESSAGE.command, stream, 0, encodeAmf(name, transaction, ...values));
  }

  /** Gathers a user control message. */
  control(event: number, ...values: readonly number[]): void {
    this.#control(MESSAGE.userControl, controlPayload(event, ...values));
  }

  /** Says what the other side may send before it waits. */
  limitPeer(): void {
    // Two is "dynamic": as the peer likes.
    this.#control(MESSAGE.setPeerBandwidth, Buffer.concat([fourBytes(WINDOW), Buffer.from([2])]));
  }

  /** Gathers audio, video or data. */
  media(chunkStream: number, type: number, stream: number, timestamp: number, payload: Uint8Array): void {
    this.#writer.message(chunkStream, type, stream, timestamp, payload);
  }

  /** Sends what was gathered, in one write. */
  flush(): void {
    if (this.#writer.length === 0) return;
    this.#spoke = true;
    this.#wire.write(this.#writer.take());
  }

  #control(type: number, payload: Buffer): void {
    this.#writer.message(CHUNK_STREAM.control, type, 0, 0, payload);
  }

  #acknowledge(): void {
    this.#lastAcknowledged = this.#wire.received;
    this.#control(MESSAGE.acknowledgement, fourBytes(this.#wire.received));
  }

  #reply(): void {
    const { ping, bandwidth } = this.#asked;
    if (ping !== undefined) this.control(CONTROL.pingResponse, ping);
    if (bandwidth === true) this.#control(MESSAGE.windowAckSize, fourBytes(WINDOW));
    delete this.#asked.ping;
    delete this.#asked.bandwidth;
  }

  #hear(message: Message): void {
    const { type, payload } = message;
    switch (type) {
      case MESSAGE.audio:
      case MESSAGE.video:
      case MESSAGE.data:
        this.#handlers.onMedia(message);
        return;
      case MESSAGE.data3:
        this.#handlers.onMedia({ ...message, type: MESSAGE.data, payload: withoutAmf3(payload) });
        return;
      case MESSAGE.aggregate:
        this.#split(message);
        return;
      case MESSAGE.command:
        this.#command(message.stream, payload);
        return;
      case MESSAGE.command3:
        this.#command(message.stream, withoutAmf3(payload));
        return;
      default:
        this.#hearProtocol(type, payload);
    }
  }

  #hearProtocol(type: number, payload: Buffer): void {
    const isControl = type >= MESSAGE.setChunkSize && type <= MESSAGE.setPeerBandwidth;
    if (!isControl) return;
    if (type === MESSAGE.userControl) {
      this.#hearControl(payload);
      return;
    }
    if (payload.byteLength < 4) throw malformed('a control message is too short');
    const value = payload.readUInt32BE(0);
    if (type === MESSAGE.setChunkSize) {
      if (value === 0 || value > LARGEST_CHUNK) throw malformed(`chunks cannot have ${String(value)} bytes`);
      this.#reader.chunkSize = value;
    } else if (type === MESSAGE.abort) this.#reader.abort(value);
    else if (type === MESSAGE.acknowledgement) this.acknowledged = value;
    else if (type === MESSAGE.windowAckSize) this.#window = Math.max(1024, value);
    else this.#asked.bandwidth = true;
  }

  #hearControl(payload: Buffer): void {
    if (payload.byteLength < 2) throw malformed('a control message is too short');
    const event = payload.readUInt16BE(0);
    if (event === CONTROL.streamEof) this.#handlers.onStreamEof?.();
    else if (event === CONTROL.pingRequest && payload.byteLength >= 6) this.#asked.ping = payload.readUInt32BE(2);
  }

  #command(stream: number, payload: Buffer): void {
    if (payload.byteLength > LONGEST_COMMAND) throw malformed('a command is too long');
    const [name, transaction, ...values] = decodeAmf(payload);
    if (typeof name !== 'string') throw malformed('a command has no name');
    this.#handlers.onCommand({ name, transaction: typeof transaction === 'number' ? transaction : 0, values, stream });
  }

  /** Several messages in one, laid out as in FLV. */
  #split({ stream, timestamp, payload }: Message): void {
    let offset: number | undefined;
    for (let at = 0; at + TAG_HEADER <= payload.byteLength;) {
      const length = payload.readUIntBE(at + 1, 3);
      const end = at + TAG_HEADER + length;
      if (end > payload.byteLength) throw malformed('an aggregate ends within a message');
      const time = payload.readUIntBE(at + 4, 3) + 0x1000000 * (payload[at + 7] ?? 0);
      const type = payload[at] ?? 0;
      if (type === MESSAGE.aggregate) throw malformed('an aggregate lies within another one');
      // The first one lies at the time of the whole.
      offset ??= timestamp - time;
      this.#hear({
        type,
        stream,
        timestamp: (time + offset) >>> 0,
        payload: payload.subarray(at + TAG_HEADER, end),
      });
      at = end + BACK_POINTER;
    }
  }
}

/** AMF0 in a message for AMF3 has a zero ahead of it; where the name of a command begins at once, there is none. */
function withoutAmf3(payload: Buffer): Buffer {
  return payload[0] === 0 ? payload.subarray(1) : payload;
}

function malformed(why: string): FramerailError {
  return new FramerailError('FR_RELAY_PROTOCOL', `The peer does not keep to RTMP: ${why}.`);
}
