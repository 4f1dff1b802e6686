// The server's side of one connection: somebody publishes to us, if he knows the key.
import type { Socket } from 'node:net';
import { FramerailError, monotonicNow } from '../../base/index.js';
import { isAmfObject } from '../amf0.js';
import { Wire } from '../wire.js';
import { HANDSHAKE_BYTES, HandshakeReader, handshakeBegin, handshakeEcho } from './handshake.js';
import { RtmpLink, type RtmpCommand } from './link.js';
import { CONTROL, type Message } from './message.js';

/** Who may publish what, and who hears of it. */
export interface PublisherOptions {
  /** Whether something may be published to an application of this name. */
  readonly knows: (app: string) => boolean;
  /** Resolves when it is worth while to begin there, as somebody still publishes; undefined where that is not waited for. */
  readonly vacancy: (path: string) => Promise<void> | undefined;
  /** Whether somebody publishes there already. */
  readonly isBusy: (path: string) => boolean;
  /**
   * Somebody publishes: gives who takes it, or undefined where nobody waits for that.
   * @param path - the application and the key
   */
  readonly begin: (path: string) => PublisherTarget | undefined;
  readonly onEnd: (error: FramerailError | undefined) => void;
}

/** Who takes what is published. */
export interface PublisherTarget {
  /** Audio, video and data; the payload is valid until it returns. */
  readonly onMedia: (message: Message) => void;
  readonly onTurn: () => void;
}

/** Milliseconds until a publisher must have shown the key. */
const PATIENCE = 10_000;
const STREAM = 1;
/** Bytes of answers that may wait: nobody who reads them has asked for so many. */
const MOST_QUEUED = 256 * 1024;
/** Milliseconds in which a refused publisher may read why. */
const GOODBYE = 500;

/** One connection. */
export class RtmpPublisherSession {
  /** When it was accepted, by the monotonic clock in milliseconds. */
  readonly since = monotonicNow();
  readonly #options: PublisherOptions;
  readonly #wire: Wire;
  readonly #link: RtmpLink;
  readonly #handshake = new HandshakeReader(1);
  readonly #late: NodeJS.Timeout;
  #shaken = false;
  /** Bytes of the last packet of the handshake that are still to come: nobody needs them. */
  #echo = HANDSHAKE_BYTES;
  /** The application that it connected to; undefined before, or where it is none of ours. */
  #app: string | undefined;
  #target: PublisherTarget | undefined;
  /** Whether it has asked to publish, and waits until somebody else is gone. */
  #waits = false;
  /** It was refused, or has finished: what else it sent with that is not looked at. */
  #over = false;

  constructor(socket: Socket, options: PublisherOptions) {
    this.#options = options;
    this.#wire = Wire.accept(socket, {
      shown: 'the publisher',
      onBytes: (bytes) => {
        this.#receive(bytes);
      },
      onEnd: (error) => {
        clearTimeout(this.#late);
        options.onEnd(error);
      },
    });
    this.#link = new RtmpLink(this.#wire, {
      onCommand: (command) => {
        this.#command(command);
      },
      onMedia: (message) => {
        if (!this.#over) this.#target?.onMedia(message);
      },
    });
    this.#late = setTimeout(() => {
      this.#wire.destroy(
        new FramerailError('FR_RELAY_TIMEOUT', `A publisher did not begin within ${String(PATIENCE)} ms.`),
      );
    }, PATIENCE);
  }

  /**
   * Ends it; `onEnd` is not called.
   * @param within - milliseconds in which what was said last may be read
   */
  close(within = GOODBYE): void {
    this.#over = true;
    clearTimeout(this.#late);
    this.#wire.end(within);
  }

  #receive(bytes: Buffer): void {
    let rest = bytes;
    if (!this.#shaken) {
      const done = this.#handshake.push(bytes);
      if (done === undefined) return;
      this.#shaken = true;
      this.#wire.write(Buffer.concat([handshakeBegin(), handshakeEcho(done.second)]));
      rest = done.rest;
    }
    if (this.#echo > 0) {
      const skipped = Math.min(this.#echo, rest.byteLength);
      this.#echo -= skipped;
      rest = rest.subarray(skipped);
    }
    if (rest.byteLength > 0) this.#link.receive(rest);
    // ffmpeg writes its commands piece by piece, and each waits for the acknowledgement of the one ahead.
    if (this.#target === undefined) this.#link.answerNow();
    if (this.#link.queued > MOST_QUEUED)
      throw new FramerailError('FR_RELAY_PROTOCOL', 'The publisher does not take its answers.');
    if (!this.#over) this.#target?.onTurn();
  }

  #command({ name, transaction, values, stream }: RtmpCommand): void {
    if (this.#over) return;
    if (name === 'connect') this.#connect(transaction, values);
    else if (name === 'createStream') this.#link.command(0, '_result', transaction, null, STREAM);
    else if (name === 'releaseStream' || name === 'FCPublish')
      this.#link.command(0, '_result', transaction, null, undefined);
    else if (name === 'publish') this.#publish(stream, values);
    else if (name === 'play') this.#deny(stream, 'NetStream.Play.StreamNotFound', 'Nothing can be played here.');
    else if (this.#target !== undefined && /^(FCUnpublish|deleteStream|closeStream)$/.test(name)) this.#finished();
  }

  #connect(transaction: number, values: RtmpCommand['values']): void {
    const app = values.find(isAmfObject)?.['app'];
    this.#link.announce();
    this.#link.limitPeer();
    this.#app = typeof app === 'string' ? this.#ours(app) : undefined;
    if (this.#app === undefined) {
      const why = { level: 'error', code: 'NetConnection.Connect.Rejected', description: 'No such application.' };
      this.#link.command(0, '_error', transaction, null, why);
      this.#refuse();
      return;
    }
    this.#link.command(
      ...([0, '_result', transaction] as const),
      { fmsVer: 'FMS/3,5,7,7009', capabilities: 31, mode: 1 },
      { level: 'status', code: 'NetConnection.Connect.Success', description: 'Connected.', objectEncoding: 0 },
    );
  }

  #publish(stream: number, values: RtmpCommand['values']): void {
    const key = values.find((value) => typeof value === 'string') ?? '';
    const path = this.#app === undefined ? undefined : `${this.#app}/${key}`;
    // Who waits for an answer has asked already.
    if (this.#waits) return;
    const vacancy = path === undefined ? undefined : this.#options.vacancy(path);
    if (vacancy === undefined) {
      this.#begin(stream, path);
      return;
    }
    this.#waits = true;
    void vacancy.then(() => {
      this.#waits = false;
      if (this.#over || this.#wire.over) return;
      this.#begin(stream, path);
      this.#link.flush();
    });
  }

  #begin(stream: number, path: string | undefined): void {
    if (path !== undefined && this.#options.isBusy(path)) {
      this.#deny(stream, 'NetStream.Publish.BadName', 'Already publishing.');
      return;
    }
    this.#target = path === undefined ? undefined : this.#options.begin(path);
    if (this.#target === undefined) {
      this.#deny(stream, 'NetStream.Publish.Denied', 'No such stream.');
      return;
    }
    clearTimeout(this.#late);
    this.#link.control(CONTROL.streamBegin, stream);
    const status = { level: 'status', code: 'NetStream.Publish.Start', description: 'Publishing.' };
    this.#link.command(stream, 'onStatus', 0, null, status);
  }

  /** The application as we write it, if it can be ours: some senders put all of a key but its last part into it. */
  #ours(app: string): string | undefined {
    const name = app.replace(/\?.*$/, '').replace(/^\/+|\/+$/g, '');
    return this.#options.knows(name.split('/')[0] ?? '') ? name : undefined;
  }

  #deny(stream: number, code: string, description: string): void {
    this.#link.command(stream, 'onStatus', 0, null, { level: 'error', code, description });
    this.#refuse();
  }

  #refuse(): void {
    this.#link.flush();
    this.close();
    this.#options.onEnd(undefined);
  }

  #finished(): void {
    this.close();
    // What came with the goodbye may be the last pictures.
    this.#target?.onTurn();
    this.#options.onEnd(undefined);
  }
}
