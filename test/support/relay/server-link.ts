// The server's side of one RTMP connection, for peers that are scripted: it does what it is told and nothing else.
import type { Socket } from 'node:net';
import { decodeAmf, encodeAmf, type AmfValue } from '#dist/relay/amf0.js';
import { ChunkReader } from '#dist/relay/rtmp/chunk-reader.js';
import { ChunkWriter } from '#dist/relay/rtmp/chunk-writer.js';
import { HANDSHAKE_BYTES, HandshakeReader, handshakeBegin, handshakeEcho } from '#dist/relay/rtmp/handshake.js';
import { MESSAGE, type Message } from '#dist/relay/rtmp/message.js';

/** Where a connection stands; a script may cut it at each of them. */
export type Stage = 'accept' | 'handshake' | 'connect' | 'createStream' | 'wish' | 'media';

/** A command of the client. */
export interface Command {
  readonly name: string;
  readonly transaction: number;
  readonly values: readonly AmfValue[];
  readonly stream: number;
  /** Names of the commands that came together with it, ahead of it: none of them was answered yet. */
  readonly behind: readonly string[];
}

/** Who hears of what the client does. */
export interface ServerLinkHandlers {
  readonly onHandshake?: () => boolean;
  readonly onCommand: (command: Command) => void;
  readonly onMessage?: (message: Message) => void;
  readonly onClose: () => void;
}

/** One connection. */
export class ServerLink {
  readonly #socket: Socket;
  readonly #handlers: ServerLinkHandlers;
  readonly #reader: ChunkReader;
  readonly #writer = new ChunkWriter();
  readonly #handshake = new HandshakeReader(1);
  #shaken = false;
  #echo = HANDSHAKE_BYTES;
  /** Names of the commands in what is being read. */
  #together: string[] = [];

  constructor(socket: Socket, handlers: ServerLinkHandlers) {
    this.#socket = socket.setNoDelay(true);
    this.#handlers = handlers;
    this.#reader = new ChunkReader((message) => {
      this.#hear(message);
    });
    socket
      .on('data', (bytes) => {
        try {
          this.#read(bytes);
        } catch {
          // Who does not speak RTMP is hung up on.
          socket.destroy();
        }
      })
      .on('error', () => undefined)
      .on('close', handlers.onClose);
  }

  get closed(): boolean {
    return this.#socket.destroyed;
  }

  /** Bytes that the client has not taken yet. */
  get queued(): number {
    return this.#socket.writableLength;
  }

  /** Tells the client how large the chunks are from here on. */
  setChunkSize(size: number): void {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(size);
    this.message(2, MESSAGE.setChunkSize, 0, 0, bytes);
    this.#writer.chunkSize = size;
  }

  /** Sends a command. */
  command(stream: number, name: string, transaction: number, ...values: readonly AmfValue[]): void {
    this.message(3, MESSAGE.command, stream, 0, encodeAmf(name, transaction, ...values));
  }

  /** Gathers a message; it leaves with the rest of this turn. */
  message(chunkStream: number, type: number, stream: number, timestamp: number, payload: Uint8Array): void {
    if (this.#writer.length === 0) queueMicrotask(() => this.flush());
    this.#writer.message(chunkStream, type, stream, timestamp, payload);
  }

  flush(): void {
    if (this.#writer.length > 0) this.raw(this.#writer.take());
  }

  /** Sends bytes as they are. */
  raw(bytes: Uint8Array): void {
    if (!this.#socket.destroyed && this.#socket.writable) this.#socket.write(bytes);
  }

  /** Stops reading: the window of the client fills up. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Ends the connection: politely, as a killed process does, or as one that lost its mind. */
  cut(how: 'fin' | 'rst'): void {
    this.flush();
    if (how === 'fin') this.#socket.end();
    else this.#socket.resetAndDestroy();
  }

  #read(bytes: Buffer): void {
    this.#together = [];
    let rest = bytes;
    if (!this.#shaken) {
      const done = this.#handshake.push(bytes);
      if (done === undefined) return;
      this.#shaken = true;
      if (this.#handlers.onHandshake?.() === false) return;
      this.raw(Buffer.concat([handshakeBegin(), handshakeEcho(done.second)]));
      rest = done.rest;
    }
    const skipped = Math.min(this.#echo, rest.byteLength);
    this.#echo -= skipped;
    rest = rest.subarray(skipped);
    if (rest.byteLength > 0) this.#reader.push(rest);
    this.flush();
  }

  #hear(message: Message): void {
    const { type, payload, stream } = message;
    if (type === MESSAGE.setChunkSize) this.#reader.chunkSize = payload.readUInt32BE(0);
    if (type !== MESSAGE.command) {
      this.#handlers.onMessage?.(message);
      return;
    }
    const [name, transaction, ...values] = decodeAmf(payload);
    if (typeof name !== 'string') throw new Error('A command without a name');
    const behind = [...this.#together];
    this.#together.push(name);
    this.#handlers.onCommand({ name, transaction: Number(transaction), values, stream, behind });
  }
}
