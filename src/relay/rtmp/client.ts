// A client of an RTMP server: everything up to the first answer in one flight behind the handshake.
import { FramerailError, monotonicNow } from '../../base/index.js';
import type { AmfObject } from '../amf0.js';
import { Wire, type WireMarks } from '../wire.js';
import { tcUrl, type RtmpAddress } from './address.js';
import { HandshakeReader, handshakeBegin, handshakeEcho } from './handshake.js';
import { RtmpLink, type RtmpCommand } from './link.js';
import { CHUNK_STREAM, CONTROL, MESSAGE, type Message } from './message.js';
import { refusal, statusOf } from './status.js';

/** What a client comes for. */
export type Purpose = 'play' | 'publish';

/** Whom to ask for what, and who hears of it. */
export interface ClientOptions {
  readonly address: RtmpAddress;
  readonly purpose: Purpose;
  /** Whether commands are sent before the ones ahead of them are answered. */
  readonly pipelined: boolean;
  /** Whether the wish itself waits for `release()`; the connection does not. */
  readonly held?: boolean;
  /** Put behind the name of the application, as for a login. */
  readonly appSuffix?: string;
  readonly verify: boolean;
  /** Milliseconds until the server must have accepted, without the time that it was held. */
  readonly timeout: number;
  /** The wish was accepted. */
  readonly onAccepted: () => void;
  /** Audio, video and data; the payload is valid until it returns. */
  readonly onMedia: (message: Message) => void;
  /** All of one read was handed over: what was gathered from it may be sent. */
  readonly onTurn?: () => void;
  /** It is over: by the server without an error, or with what went wrong. Nothing is called afterwards. */
  readonly onEnd: (error: FramerailError | undefined) => void;
}

/** When the steps of a connection were done, by the monotonic clock in milliseconds. */
export interface ClientMarks extends WireMarks {
  handshake?: number;
  /** The server answered `connect`. */
  connected?: number;
  /** The server answered `play` or `publish`. */
  accepted?: number;
}

const CONNECT = 1;
const CREATE_STREAM = 4;
const WISH = 5;
/** The same, asked for once more. */
const WISH_AGAIN = 8;
/** The number that servers give to the first stream of a connection. */
const FIRST_STREAM = 1;
/** What a player says that it buffers, in milliseconds; servers may size their first burst by it. */
const BUFFER = 1000;
/** Milliseconds to say goodbye. */
const GOODBYE = 500;
const PLAY_ENDED = /^NetStream\.Play\.(UnpublishNotify|Stop|Complete)$/;

/** One connection to a server. */
export class RtmpClient {
  /** The words of a refusal as they came: they may ask for a login, and are not to be shown. */
  refusedWith: string | undefined;
  readonly #options: ClientOptions;
  readonly #wire: Wire;
  readonly #link: RtmpLink;
  readonly #handshake = new HandshakeReader(2);
  readonly #marks: { handshake?: number; connected?: number; accepted?: number } = {};
  #shaken = false;
  #held: boolean;
  #connected = false;
  #stream = 0;
  #asked = false;
  #wish = WISH;
  #accepted = false;
  #deadline: NodeJS.Timeout | undefined;

  constructor(options: ClientOptions) {
    const { address, verify } = options;
    this.#options = options;
    this.#held = options.held ?? false;
    this.#wire = Wire.dial({
      ...{ host: address.host, port: address.port, secure: address.secure, shown: address.shown, verify },
      onOpen: () => {
        this.#wire.write(handshakeBegin());
      },
      onBytes: (bytes) => {
        this.#receive(bytes);
      },
      onEnd: (error) => {
        clearTimeout(this.#deadline);
        options.onEnd(error ?? this.#unexpected());
      },
    });
    this.#link = new RtmpLink(this.#wire, {
      onCommand: (command) => {
        this.#answer(command);
      },
      onMedia: (message) => {
        // Streams that nobody asked for are none of ours.
        if (this.#accepted || this.#options.purpose === 'play') options.onMedia(message);
      },
      onStreamEof: () => {
        if (this.#accepted && options.purpose === 'play') this.#over();
      },
    });
    this.#restart();
  }

  get marks(): ClientMarks {
    return { ...this.#wire.marks, ...this.#marks };
  }

  /** Whether the server has accepted the wish. */
  get accepted(): boolean {
    return this.#accepted;
  }

  /** Bytes that wait to be sent. */
  get queued(): number {
    return this.#link.queued;
  }

  /** Bytes that the system has taken. */
  get sent(): number {
    return this.#wire.sent;
  }

  /** Lets the wish out that was held. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#restart();
    this.#ask();
    this.#link.flush();
  }

  /** Gathers a message of the stream that is published. */
  send(type: number, timestamp: number, payload: Uint8Array): void {
    this.#link.media(chunkStreamOf(type), type, this.#stream, timestamp, payload);
  }

  /** Sends what was gathered, in one write. */
  flush(): void {
    this.#link.flush();
  }

  /** Says goodbye, so that the server lets go of the stream at once, and ends; `onEnd` is not called. */
  close(): void {
    clearTimeout(this.#deadline);
    if (this.#accepted && !this.#wire.over) {
      const { purpose, address } = this.#options;
      if (purpose === 'publish') this.#link.command(0, 'FCUnpublish', 6, null, address.key);
      this.#link.command(0, 'deleteStream', 7, null, this.#stream);
      this.#link.flush();
    }
    this.#wire.end(GOODBYE);
  }

  /** Ends at once, with an error that `onEnd` hears. */
  fail(error: FramerailError): void {
    this.#wire.destroy(error);
  }

  #receive(bytes: Buffer): void {
    if (this.#shaken) this.#link.receive(bytes);
    else {
      const done = this.#handshake.push(bytes);
      if (done === undefined) return;
      this.#shaken = true;
      this.#marks.handshake = monotonicNow();
      this.#wire.write(handshakeEcho(done.second));
      this.#begin();
      this.#link.flush();
      if (done.rest.byteLength > 0) this.#link.receive(done.rest);
    }
    // A server that waits for the acknowledgement of a small packet would wait for the timer of our system.
    if (!this.#accepted && this.#shaken) this.#link.answerNow();
    this.#options.onTurn?.();
  }

  /** All that can be said before the server answers. */
  #begin(): void {
    const { address, purpose, appSuffix = '', pipelined } = this.#options;
    const common: AmfObject = { app: address.app + appSuffix, tcUrl: tcUrl(address) + appSuffix };
    const who: AmfObject =
      purpose === 'publish'
        ? { type: 'nonprivate', flashVer: 'FMLE/3.0 (compatible; framerail)' }
        : {
            ...{ flashVer: 'LNX 9,0,124,2', fpad: false, capabilities: 15, audioCodecs: 4071, videoCodecs: 252 },
            videoFunction: 1,
          };
    // What we can carry is everything: nothing is decoded here. Old servers that stumble over the list are strict ones.
    const codecs: AmfObject = pipelined ? { fourCcList: ['*'] } : {};
    this.#link.announce();
    this.#link.command(0, 'connect', CONNECT, { ...common, ...who, ...codecs, objectEncoding: 0 });
    if (!pipelined) return;
    this.#createStream();
    this.#stream = FIRST_STREAM;
    this.#ask();
  }

  #createStream(): void {
    const { address, purpose } = this.#options;
    if (purpose === 'publish') {
      this.#link.command(0, 'releaseStream', 2, null, address.key);
      this.#link.command(0, 'FCPublish', 3, null, address.key);
    }
    this.#link.command(0, 'createStream', CREATE_STREAM, null);
  }

  #ask(): void {
    if (this.#held || this.#stream === 0) return;
    const { address, purpose } = this.#options;
    this.#asked = true;
    if (purpose === 'publish') this.#link.command(this.#stream, 'publish', this.#wish, null, address.key, 'live');
    else {
      // Minus two thousand: a live stream, or a recorded one where there is none.
      this.#link.command(this.#stream, 'play', this.#wish, null, address.key, -2000);
      this.#link.control(CONTROL.setBufferLength, this.#stream, BUFFER);
    }
  }

  #answer({ name, transaction, values, stream }: RtmpCommand): void {
    if (name === '_result') this.#result(transaction, values);
    else if (name === '_error') this.#refused(transaction, values);
    else if (name === 'onStatus') this.#status(values, stream);
    else if (name === 'close') this.#over();
  }

  #result(transaction: number, values: RtmpCommand['values']): void {
    if (transaction === CONNECT) {
      this.#connected = true;
      this.#marks.connected = monotonicNow();
      if (!this.#options.pipelined) this.#createStream();
    } else if (transaction === CREATE_STREAM) {
      const given = values.find((value) => typeof value === 'number');
      if (given === undefined) throw this.#protocolError('createStream was answered without a stream');
      if (given === this.#stream) return;
      // It counts otherwise than others: what was asked for in advance was about a stream that is not there.
      this.#stream = given;
      if (this.#asked) this.#wish = WISH_AGAIN;
      this.#ask();
    }
  }

  #refused(transaction: number, values: RtmpCommand['values']): void {
    // Many servers do not know the two courtesies ahead of a stream.
    if (transaction !== CONNECT && transaction !== CREATE_STREAM && transaction !== this.#wish) return;
    this.#wire.destroy(this.#refusal(values));
  }

  #status(values: RtmpCommand['values'], stream: number): void {
    const { level, code } = statusOf(values);
    if (level === 'error' || /\.(Failed|BadName|StreamNotFound|Denied|Rejected)$/.test(code)) {
      // Said of what was asked in advance, of a stream that turned out to have another number.
      if (stream === FIRST_STREAM && this.#stream !== FIRST_STREAM) return;
      this.#wire.destroy(this.#refusal(values));
    } else if (code === 'NetStream.Play.Start' || code === 'NetStream.Publish.Start') this.#accept();
    else if (PLAY_ENDED.test(code) && this.#options.purpose === 'play') this.#over();
  }

  #accept(): void {
    if (this.#accepted || !this.#asked) return;
    this.#accepted = true;
    this.#marks.accepted = monotonicNow();
    clearTimeout(this.#deadline);
    this.#options.onAccepted();
  }

  #over(): void {
    this.#wire.end(GOODBYE);
    clearTimeout(this.#deadline);
    this.#options.onEnd(undefined);
  }

  #refusal(values: RtmpCommand['values']): FramerailError {
    const { address } = this.#options;
    const [key = ''] = address.key.split('?');
    const status = statusOf(values);
    this.refusedWith = status.description;
    return refusal(address.shown, status, [address.key, key, address.password ?? '']);
  }

  #protocolError(why: string): FramerailError {
    return new FramerailError('FR_RELAY_PROTOCOL', `${this.#options.address.shown} does not keep to RTMP: ${why}.`);
  }

  /** What it means that a server closes a connection without a word. */
  #unexpected(): FramerailError | undefined {
    const { address, purpose } = this.#options;
    if (this.#accepted && purpose === 'play') return undefined;
    const when = this.#accepted ? 'while it was published to' : 'before it answered';
    return new FramerailError('FR_RELAY_LOST', `${address.shown} closed the connection ${when}.`);
  }

  /** From now on the server has its time to accept, unless nobody has asked it yet. */
  #restart(): void {
    clearTimeout(this.#deadline);
    const { timeout, address } = this.#options;
    this.#deadline = setTimeout(() => {
      // What is held is not late: everything that could be answered was.
      if (this.#held && this.#connected) return;
      const waited = `${String(timeout)} ms`;
      const options = { details: { timeout } };
      this.#wire.destroy(
        new FramerailError('FR_RELAY_TIMEOUT', `${address.shown} did not answer within ${waited}.`, options),
      );
    }, timeout);
  }
}

function chunkStreamOf(type: number): number {
  if (type === MESSAGE.audio) return CHUNK_STREAM.audio;
  return type === MESSAGE.video ? CHUNK_STREAM.video : CHUNK_STREAM.data;
}
