// One TCP or TLS connection of a relay: when each of its steps was done, and one read buffer for all of them.
import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net';
import { FramerailError, isFramerailError, monotonicNow, systemCode } from '../base/index.js';
import { takeEarly, type EarlySocket } from './early-dial.js';

/** Decides where a connection may lead whose address came as data; its refusals are what the connection ends with. */
export interface WireGuard {
  /** Resolves names in place of the system, and leaves out addresses that are not permitted. */
  readonly lookup: LookupFunction;
  /** Destroys a socket that is connected to where its host must not lead. */
  guard(socket: Socket, host: string): void;
}

/** Whom to dial and who hears of it. */
export interface WireOptions {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** How the peer is called in messages; no secrets. */
  readonly shown: string;
  /** For TLS: whether a certificate must be one that this machine trusts. */
  readonly verify: boolean;
  /** Where it may lead; anywhere without one. */
  readonly guard?: WireGuard | undefined;
  /** The connection stands: bytes may be written. */
  readonly onOpen: () => void;
  /** Bytes came; they are valid until it returns. */
  readonly onBytes: (bytes: Buffer) => void;
  /** It is over: by the peer without an error, or with what went wrong. It is called once, also after `destroy(error)`. */
  readonly onEnd: (error: FramerailError | undefined) => void;
}

/** When the steps of a connection were done, by the monotonic clock in milliseconds. */
export interface WireMarks {
  dialled: number;
  /** The name was resolved. */
  dns?: number;
  tcp?: number;
  tls?: number;
}

/** Reads are handled before the next one begins, so one buffer serves every connection. */
const shared = Buffer.allocUnsafeSlow(256 * 1024);
const KEEP_ALIVE = 15_000;

/** A connection, dialled or accepted. */
export class Wire {
  readonly marks: WireMarks = { dialled: monotonicNow() };
  /** Bytes that came so far. */
  received = 0;
  readonly #options: Omit<WireOptions, 'host' | 'port' | 'secure'>;
  readonly #socket: Socket;
  #opened = false;
  #over = false;

  private constructor(options: Omit<WireOptions, 'host' | 'port' | 'secure'>, open: (wire: Wire) => Socket) {
    this.#options = options;
    this.#socket = open(this);
    this.#socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE);
    this.#socket
      .on('error', (error) => {
        this.#finish(this.#failure(error));
      })
      .on('end', () => {
        this.#finish(this.#early());
      })
      .on('close', () => {
        this.#finish(this.#early());
      });
  }

  /** Dials; never throws: what goes wrong is told by `onEnd`. */
  static dial(options: WireOptions): Wire {
    const { host, port, secure, guard } = options;
    // A guard has to see how a name was resolved.
    const early = secure || guard !== undefined ? undefined : takeEarly(host, port);
    if (early !== undefined) return Wire.#adopt(early, options);
    return secure ? Wire.#dialTls(options) : Wire.#dialTcp(options);
  }

  static #dialTcp(options: WireOptions): Wire {
    const { host, port, guard } = options;
    return new Wire(options, (wire) => {
      const onread = {
        buffer: shared,
        callback: (count: number, bytes: Uint8Array): boolean => {
          wire.#read(bytes as Buffer, count);
          return true;
        },
      };
      const socket = connectTcp({ host, port, onread, ...(guard && { lookup: guard.lookup }) });
      guard?.guard(socket, host);
      wire.#watch(socket);
      socket.once('connect', () => {
        wire.#open();
      });
      return socket;
    });
  }

  /** Only a socket of node:net can read into memory that is ours; TLS decrypts into its own. */
  static #dialTls(options: WireOptions): Wire {
    const { host, port, verify, guard } = options;
    const servername = isName(host) ? host : '';
    return new Wire(options, (wire) => {
      const lookup = guard && { lookup: guard.lookup };
      // Loaded where it is needed, as it costs a cold start several milliseconds.
      const { connect: connectTls } = process.getBuiltinModule('node:tls');
      const socket = connectTls({ host, port, servername, rejectUnauthorized: verify, ...lookup });
      guard?.guard(socket, host);
      wire.#watch(socket);
      socket.once('secureConnect', () => {
        wire.marks.tls = monotonicNow();
        wire.#open();
      });
      socket.on('data', (bytes: Buffer) => {
        wire.#read(bytes, bytes.byteLength);
      });
      return socket;
    });
  }

  /** Goes on with what was dialled before this code was loaded. */
  static #adopt(early: EarlySocket, options: WireOptions): Wire {
    const { socket, marks, error } = early;
    const wire = new Wire(options, () => socket);
    wire.marks.dialled = milliseconds(early.dialled);
    if (marks.dns !== undefined) wire.marks.dns = milliseconds(marks.dns);
    early.read = (count, bytes) => {
      wire.#read(bytes as Buffer, count);
    };
    const { tcp } = marks;
    // Nobody hears of it before he has the wire in his hands.
    if (error !== undefined)
      queueMicrotask(() => {
        wire.#finish(wire.#failure(error));
      });
    else if (tcp !== undefined)
      queueMicrotask(() => {
        wire.marks.tcp = milliseconds(tcp);
        wire.#open();
      });
    wire.#watch(socket);
    socket.once('connect', () => {
      wire.#open();
    });
    return wire;
  }

  /** Takes over a connection that somebody else dialled. */
  static accept(socket: Socket, options: Omit<WireOptions, 'host' | 'port' | 'secure' | 'onOpen' | 'verify'>): Wire {
    const wire = new Wire({ ...options, verify: false, onOpen: () => undefined }, () => socket);
    wire.#opened = true;
    wire.marks.tcp = wire.marks.dialled;
    socket.on('data', (bytes: Buffer) => {
      wire.#read(bytes, bytes.byteLength);
    });
    return wire;
  }

  /** Bytes that wait to be taken by the system. */
  get queued(): number {
    return this.#socket.writableLength;
  }

  /** Bytes that the system has taken. */
  get sent(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** The addresses of both ends, as numbers; undefined while it does not stand. */
  get ends(): { readonly local: string; readonly remote: string } | undefined {
    const { localAddress, remoteAddress } = this.#socket;
    if (localAddress === undefined || remoteAddress === undefined) return undefined;
    return { local: localAddress, remote: remoteAddress };
  }

  /** Whether it is over. */
  get over(): boolean {
    return this.#over;
  }

  /** Writes bytes, which belong to the connection from now on. */
  write(bytes: Buffer): void {
    if (!this.#over) this.#socket.write(bytes);
  }

  /** Ends it when what is queued was sent; nobody hears of it any more. */
  end(within: number): void {
    if (this.#over) return;
    this.#over = true;
    const late = setTimeout(() => this.#socket.destroy(), within);
    this.#socket.once('close', () => {
      clearTimeout(late);
    });
    this.#socket.end();
    this.#socket.resume();
  }

  /** Ends it at once, for a reason that `onEnd` hears. */
  destroy(error?: FramerailError): void {
    this.#finish(error);
  }

  #watch(socket: Socket): void {
    socket.once('lookup', () => (this.marks.dns = monotonicNow()));
    socket.once('connect', () => (this.marks.tcp = monotonicNow()));
  }

  #open(): void {
    if (this.#over || this.#opened) return;
    this.#opened = true;
    this.#options.onOpen();
  }

  #read(bytes: Buffer, count: number): void {
    if (this.#over) return;
    this.received += count;
    try {
      this.#options.onBytes(count === bytes.byteLength ? bytes : bytes.subarray(0, count));
    } catch (error) {
      this.#finish(
        isFramerailError(error)
          ? error
          : new FramerailError('FR_INTERNAL', `What ${this.#options.shown} sent could not be handled.`, {
              cause: error,
            }),
      );
    }
  }

  #finish(error: FramerailError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    this.#socket.destroy();
    this.#options.onEnd(error);
  }

  /** What it means that the peer hung up, where TLS was not yet agreed on: most servers do that to what they cannot read. */
  #early(): FramerailError | undefined {
    if (this.#opened) return undefined;
    const { shown } = this.#options;
    return new FramerailError('FR_RELAY_CONNECT', `${shown} could not be reached: it closed the connection at once.`);
  }

  #failure(error: Error): FramerailError {
    if (isFramerailError(error)) return error;
    const { shown } = this.#options;
    const code = systemCode(error) ?? 'unknown';
    const options = { cause: error, details: { systemCode: code } };
    if (this.#opened)
      return new FramerailError('FR_RELAY_LOST', `The connection to ${shown} was lost: ${code}.`, options);
    const why = CAUSES[code] ?? (isTls(code) ? `TLS failed (${code})` : code);
    return new FramerailError('FR_RELAY_CONNECT', `${shown} could not be reached: ${why}.`, options);
  }
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is unknown',
  EAI_AGAIN: 'its name could not be resolved now',
  ECONNREFUSED: 'nobody listens there',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to its network',
  ETIMEDOUT: 'it did not answer',
  ECONNRESET: 'it closed the connection at once',
  EPROTO: 'it does not speak TLS',
};

function isTls(code: string): boolean {
  return /TLS|SSL|CERT|SELF_SIGNED|UNABLE_TO/.test(code);
}

/** What `process.hrtime` says, by the monotonic clock in milliseconds. */
function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6;
}

/** TLS names a host by its name, and not by its number. */
function isName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host);
}
