// Bytes over a network protocol of libav, as they come and go: what they hold is nobody's business here.
import { AVMEDIA_TYPE_DATA } from './constants.js';
import { Dictionary, FormatContext, InputFormat, Packet } from 'node-av/lib';
import { FramerailError } from '../base/index.js';
import { avError, isEof } from './averror.js';
import { requireBuild } from './build.js';
// Loading it keeps libav from printing.
import './log.js';

/** Where bytes come from or go. */
export interface NetworkPlace {
  /** The one protocol that may be spoken, as libav calls it. */
  readonly protocol: string;
  /** The address without its options: libav says addresses in its log. */
  readonly url: string;
  /** Options of the protocol. */
  readonly options: Readonly<Record<string, string>>;
  /** The most bytes of one datagram. */
  readonly datagramBytes: number;
}

/**
 * Reads what a protocol gives, datagram by datagram.
 * Each call that waits takes one of libuv's threads: a process that has many of these needs as many threads.
 */
export class NetworkInput {
  readonly #place: NetworkPlace;
  readonly #context = new FormatContext();
  readonly #packet = new Packet();
  #closed = false;

  constructor(place: NetworkPlace) {
    requireBuild();
    this.#place = place;
    this.#context.allocContext();
    this.#packet.alloc();
  }

  /** Connects, or waits for who connects. Throws FR_INPUT_READ with libav's code as `details.averror`. */
  async open(): Promise<void> {
    const { protocol, url, options, datagramBytes } = this.#place;
    this.#context.setOption('protocol_whitelist', protocol);
    // The demuxer of raw data reads once for each packet, and hands it over as it is.
    const wishes = Dictionary.fromObject({ ...options, raw_packet_size: String(datagramBytes) });
    const code = await this.#context.openInput(url, InputFormat.findInputFormat('data'), wishes);
    if (code < 0) throw avError('FR_INPUT_READ', code, 'The address could not be opened');
  }

  /** The next bytes, which are the caller's; undefined at the end. Throws FR_INPUT_READ. */
  async read(): Promise<Uint8Array | undefined> {
    const code = await this.#context.readFrame(this.#packet);
    if (isEof(code)) return undefined;
    if (code < 0) throw avError('FR_INPUT_READ', code, 'Nothing more can be read');
    const bytes = Uint8Array.from(this.#packet.data ?? []);
    this.#packet.unref();
    return bytes;
  }

  /** Makes the call that waits now return, within a tenth of a second. */
  interrupt(): void {
    this.#context.interrupt();
  }

  /** Closes it, once no other call is under way. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#context.closeInput();
    this.#packet.free();
  }
}

/** Writes what a protocol takes. */
export class NetworkOutput {
  readonly #context = new FormatContext();
  readonly #packet = new Packet();
  #opened = false;
  #closed = false;

  constructor({ protocol, url, options }: NetworkPlace) {
    requireBuild();
    // Outputs that libav opens itself take options and can be interrupted; those that node-av opens for it can not.
    const slave = Object.entries(options).map(([name, value]) => `:${name}=${escaped(value)}`);
    const target = `[f=data:onfail=abort${slave.join('')}]${url}`;
    const code = this.#context.allocOutputContext2(null, 'tee', target.replace(/[\\'|\s]/g, '\\$&'));
    if (code < 0) throw avError('FR_OUTPUT_FAILED', code, 'An output could not be prepared');
    this.#context.setOption('protocol_whitelist', protocol);
    this.#context.newStream().codecpar.codecType = AVMEDIA_TYPE_DATA;
    this.#packet.alloc();
  }

  /** Connects, or waits for who connects. Throws FR_OUTPUT_FAILED with libav's code as `details.averror`. */
  async open(): Promise<void> {
    const code = await this.#context.writeHeader(null);
    if (code < 0) throw avError('FR_OUTPUT_FAILED', code, 'The address could not be opened');
    this.#opened = true;
  }

  /** Writes bytes, cut into datagrams from their beginning; returns when the protocol has taken them all. */
  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#opened) throw new FramerailError('FR_INTERNAL', 'An output was written to before it was open.');
    this.#packet.data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#packet.streamIndex = 0;
    this.#packet.pts = this.#packet.dts = 0n;
    const code = await this.#context.writeFrame(this.#packet);
    this.#packet.unref();
    if (code < 0) throw avError('FR_OUTPUT_FAILED', code, 'Nothing more can be written');
  }

  /** Makes the call that waits now return, within a tenth of a second. */
  interrupt(): void {
    this.#context.interrupt();
  }

  /** Closes it, once no other call is under way. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#opened) await this.#context.writeTrailer();
    this.#context.freeContext();
    this.#packet.free();
  }
}

/** A value as the options of a `tee` have it: every character that could mean something stands for itself. */
function escaped(value: string): string {
  return value.replace(/[^A-Za-z0-9]/g, '\\$&');
}
