// A transport stream that comes by UDP, to one address or to a group, bare or in RTP.
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { FramerailError, isFramerailError, monotonicNow, systemCode } from '../../base/index.js';
import { TsDemuxer } from '../mpegts/demuxer.js';
import { PACKET_BYTES, SYNC } from '../mpegts/packet.js';
import { findPackets } from '../mpegts/packet-finder.js';
import type { Origin, OriginHandlers, OriginMarks, OriginOptions, OriginSource } from '../origin.js';
import { parseUdp, type UdpAddress } from './address.js';
import { readRtp, RtpOrder } from './rtp.js';

export { isUdp } from './address.js';

/** Bytes that the system keeps while this process is busy: a second of 30 Mbit/s. It may grant less. */
const BUFFER = 4 * 1024 * 1024;
/** Milliseconds of silence after which another sender may take the place of the first one. */
const SILENCE = 500;

/** Reads the address; throws FR_ARG_INVALID. */
export function udpOrigin(name: string, text: string): OriginSource {
  const address = parseUdp(name, text);
  return {
    shown: address.shown,
    listens: true,
    open: (handlers, options) => new UdpOrigin(address, handlers, options),
  };
}

class UdpOrigin implements Origin {
  readonly marks: { -readonly [name in keyof OriginMarks]: OriginMarks[name] } = { dialled: monotonicNow() };
  readonly #address: UdpAddress;
  readonly #handlers: OriginHandlers;
  readonly #socket: Socket;
  readonly #demuxer: TsDemuxer;
  readonly #order = new RtpOrder();
  readonly #late: NodeJS.Timeout;
  /** Who sends, and when it last did. */
  #sender: string | undefined;
  #heardAt = 0;
  #warned = false;
  #turn: NodeJS.Immediate | undefined;
  #open = false;
  #over = false;

  constructor(address: UdpAddress, handlers: OriginHandlers, { timeout }: OriginOptions) {
    this.#address = address;
    this.#handlers = handlers;
    const { onHints, onTag, onWarning } = handlers;
    this.#demuxer = new TsDemuxer({ onHints, onTag, onWarning }, { program: address.program });
    this.#late = setTimeout(() => {
      const waited = `${String(timeout)} ms`;
      this.fail(new FramerailError('FR_RELAY_TIMEOUT', `${address.shown} sent no transport stream within ${waited}.`));
    }, timeout);
    const { family, reuse, host, port } = address;
    this.#socket = createSocket({ type: family, reuseAddr: reuse });
    this.#socket.on('error', (error) => {
      this.#failed('cannot be listened on', error);
    });
    this.#socket.on('message', (datagram, from) => {
      this.#take(datagram, from);
    });
    this.#socket.once('listening', () => {
      this.#listening();
    });
    // Bound to the group, a socket hears nothing of other groups with the same port; Windows cannot do that.
    const any = family === 'udp6' ? '::' : '0.0.0.0';
    const group = family === 'udp6' && address.via !== undefined ? `${host}%${this.#scope()}` : host;
    this.#socket.bind(port, !address.multicast ? host : process.platform === 'win32' ? any : group);
  }

  close(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#late);
    clearImmediate(this.#turn);
    this.#socket.close();
  }

  fail(error: FramerailError): void {
    this.#end(error);
  }

  #listening(): void {
    const { multicast, bufferBytes } = this.#address;
    const wanted = bufferBytes ?? BUFFER;
    try {
      this.#socket.setRecvBufferSize(wanted);
    } catch {
      // Some systems refuse what is more than they grant, and keep what they had.
    }
    const granted = this.#socket.getRecvBufferSize();
    if (bufferBytes !== undefined && granted < wanted)
      this.#handlers.onWarning(
        `The system grants ${this.#address.shown} a receive buffer of ${String(granted)} bytes instead of ${String(wanted)}.`,
      );
    if (!multicast) return;
    try {
      this.#join();
    } catch (error) {
      this.#failed('cannot be joined, and may need ?interface=', error);
    }
  }

  #join(): void {
    const { host, sources, via, family } = this.#address;
    const on = family === 'udp6' ? via && `::%${this.#scope()}` : via && interfaceAddress(via);
    if (sources.length === 0) this.#socket.addMembership(host, on);
    else for (const source of sources) this.#socket.addSourceSpecificMembership(source, host, on);
  }

  /** The name of the interface, as scopes of IPv6 need it. */
  #scope(): string {
    const { via = '' } = this.#address;
    const all = Object.entries(networkInterfaces());
    return all.find(([, list]) => list?.some(({ address }) => address === via))?.[0] ?? via;
  }

  #take(datagram: Buffer, { address, port }: RemoteInfo): void {
    if (this.#over || !this.#address.accepts(address)) return;
    const rtp = datagram[0] === SYNC ? undefined : readRtp(datagram);
    const bytes = rtp?.data ?? datagram;
    const sender = `${address} ${String(port)}`;
    const now = monotonicNow();
    if (sender !== this.#sender) {
      if (!holdsPackets(bytes) || !this.#mayReplace(now)) return;
      if (this.#sender !== undefined) this.#demuxer.flush();
      this.#order.forget();
      this.#sender = sender;
    }
    this.#heardAt = now;
    if (rtp !== undefined && !this.#order.isNew(rtp.sequence)) return;
    if (!this.#open) this.#opened();
    this.#read(bytes);
  }

  #read(bytes: Buffer): void {
    try {
      this.#demuxer.push(bytes);
    } catch (error) {
      const internal = new FramerailError('FR_INTERNAL', 'A tag could not be handled.', { cause: error });
      this.#end(isFramerailError(error) ? error : internal);
    }
    if (this.#over) return;
    // Datagrams of one burst come one by one, and what they lead to is sent together.
    this.#turn ??= setImmediate(() => {
      this.#turn = undefined;
      this.#handlers.onTurn();
    });
  }

  /** Two senders at once would make one stream of two. */
  #mayReplace(now: number): boolean {
    if (this.#sender === undefined || now - this.#heardAt >= SILENCE) return true;
    if (!this.#warned)
      this.#handlers.onWarning(`More than one sends to ${this.#address.shown}: the first one is heard.`);
    this.#warned = true;
    return false;
  }

  /** A socket of UDP is open at once, and says nothing: only the first packets tell that there is an origin. */
  #opened(): void {
    this.#open = true;
    clearTimeout(this.#late);
    this.marks.accepted = monotonicNow();
    this.#handlers.onOpen();
  }

  #failed(what: string, error: unknown): void {
    const cause = error instanceof Error ? error : new Error(String(error));
    const text = `${this.#address.shown} ${what}: ${systemCode(cause) ?? cause.message}.`;
    this.#end(new FramerailError(this.#open ? 'FR_RELAY_LOST' : 'FR_RELAY_CONNECT', text, { cause }));
  }

  #end(error: FramerailError | undefined): void {
    if (this.#over) return;
    this.close();
    this.#handlers.onEnd(error);
  }
}

/** Whether a datagram holds transport packets: whole ones, or, where the sender cut them anywhere, some of them in a row. */
function holdsPackets(bytes: Buffer): boolean {
  const whole = bytes.byteLength > 0 && bytes.byteLength % PACKET_BYTES === 0 && bytes[0] === SYNC;
  return whole || findPackets(bytes).stride !== undefined;
}

/** The address of an interface, by its name or by itself. */
function interfaceAddress(via: string): string {
  if (isIP(via) !== 0) return via;
  const found = networkInterfaces()[via]?.find(({ family }) => family === 'IPv4');
  if (found === undefined) throw new Error(`this machine has no interface ${via} with IPv4`);
  return found.address;
}
