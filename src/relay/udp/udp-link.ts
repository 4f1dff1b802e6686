// A destination by UDP: a transport stream in datagrams, to one receiver or to a group. Nobody says whether it arrives.
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns';
import { FramerailError, monotonicNow, systemCode } from '../../base/index.js';
import type { DestinationLink, DestinationMarks, LinkHandlers, LinkOptions } from '../destination-link.js';
import { audioKind, TAG, videoKind } from '../flv/tag.js';
import { TsMuxer } from '../mpegts/muxer.js';
import { Notices } from '../mpegts/notices.js';
import { Datagrams } from './datagrams.js';
import { isMulticast, type UdpTarget } from './target.js';

/** Milliseconds in which the system has to take the last datagrams. */
const GOODBYE = 500;

/** Sends to one target. */
export class UdpLink implements DestinationLink {
  readonly #marks: { -readonly [name in keyof DestinationMarks]: DestinationMarks[name] } = { dialled: monotonicNow() };
  readonly #target: UdpTarget;
  readonly #handlers: LinkHandlers;
  readonly #notices: Notices;
  readonly #muxer: TsMuxer;
  readonly #late: NodeJS.Timeout;
  #socket: Socket | undefined;
  #datagrams: Datagrams | undefined;
  #held: boolean;
  #connected = false;
  #accepted = false;
  #over = false;

  constructor(target: UdpTarget, { connectTimeout }: LinkOptions, handlers: LinkHandlers) {
    this.#target = target;
    this.#handlers = handlers;
    this.#held = handlers.held;
    this.#notices = new Notices(handlers.onWarning);
    this.#muxer = new TsMuxer({
      onPackets: (packets) => {
        this.#datagrams?.push(packets);
      },
      onWarning: handlers.onWarning,
    });
    this.#late = setTimeout(() => {
      const waited = `${String(connectTimeout)} ms`;
      this.fail(new FramerailError('FR_RELAY_TIMEOUT', `${target.shown}: its name was not resolved within ${waited}.`));
    }, connectTimeout);
    // Resolved once: a socket that is not connected would ask anew for every datagram.
    lookup(target.host, (error, address, family) => {
      if (this.#over) return;
      if (error !== null) this.#failed('its name cannot be resolved', error);
      else {
        this.#marks.dns = monotonicNow();
        this.#open(address, family);
      }
    });
  }

  get marks(): DestinationMarks {
    return this.#marks;
  }

  get queued(): number {
    return this.#datagrams?.queued ?? 0;
  }

  get sent(): number {
    return this.#datagrams?.sent ?? 0;
  }

  release(): void {
    this.#held = false;
    this.#accept();
  }

  /** Transport streams have no place for it. */
  describe(): undefined {
    return undefined;
  }

  send(type: number, time: number, payload: Buffer): void {
    if (type === TAG.data) return;
    this.#muxer.media(type, type === TAG.video ? videoKind(payload) : audioKind(payload), time, payload);
  }

  flush(): void {
    this.#datagrams?.flush();
  }

  fail(error: FramerailError): void {
    if (this.#over) return;
    this.#end();
    this.#handlers.onEnd(error);
  }

  close(): undefined {
    if (this.#over) return;
    this.#muxer.flush();
    const socket = this.#socket;
    const datagrams = this.#datagrams;
    this.#socket = this.#datagrams = undefined;
    this.#end();
    if (socket === undefined) return;
    const done = (): void => {
      clearTimeout(timer);
      datagrams?.stop();
      socket.close();
    };
    const timer = setTimeout(done, GOODBYE);
    if (datagrams === undefined) done();
    else void datagrams.end().then(done);
  }

  #open(address: string, family: number): void {
    const { port, ttl, local, datagramBytes } = this.#target;
    const socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    this.#socket = socket;
    socket.on('error', (error) => {
      // Word of a receiver that is not there comes as an error of the socket, too.
      if (this.#connected) this.#refused(error);
      else this.#failed('it cannot be reached', error);
    });
    const connect = (): void => {
      socket.connect(port, address, () => {
        if (this.#over) return;
        this.#connected = true;
        clearTimeout(this.#late);
        this.#datagrams = new Datagrams({
          ...{ socket, datagramBytes },
          onRefused: (error) => {
            this.#refused(error);
          },
        });
        this.#accept();
      });
    };
    socket.bind({ port: 0, ...(local === undefined ? {} : { address: local }) }, () => {
      if (this.#over) return;
      try {
        if (isMulticast(address)) {
          if (ttl !== undefined) socket.setMulticastTTL(ttl);
          if (local !== undefined) socket.setMulticastInterface(local);
        } else if (ttl !== undefined) socket.setTTL(ttl);
      } catch (error) {
        this.#failed('its options cannot be set', error);
        return;
      }
      connect();
    });
  }

  #accept(): void {
    if (this.#held || !this.#connected || this.#accepted || this.#over) return;
    this.#accepted = true;
    this.#marks.accepted = monotonicNow();
    this.#handlers.onAccepted();
  }

  /** A receiver may come later, and a cable may be plugged in again: that is counted, and goes on. */
  #refused(error: Error): void {
    if (this.#over) return;
    const code = systemCode(error);
    this.#notices.count(code, (times) =>
      code === 'ECONNREFUSED'
        ? `${this.#target.shown}: nobody listens there, as was said ${times}.`
        : `${this.#target.shown}: the system did not take a datagram, ${times} (${code}).`,
    );
  }

  #failed(what: string, cause: unknown): void {
    const text = `${this.#target.shown}: ${what} (${systemCode(cause)}).`;
    this.fail(new FramerailError('FR_RELAY_CONNECT', text, { cause }));
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#late);
    this.#datagrams?.stop();
    this.#socket?.close();
    this.#datagrams = this.#socket = undefined;
  }
}
