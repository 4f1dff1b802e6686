// UDP: a free port, who listens there, a sender of transport streams, and a way that takes its time.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as later } from 'node:timers/promises';
import { FramerailError } from '#dist/index.js';
import { datagrams } from './transport-stream.js';

const HOST = '127.0.0.1';
const DEADLINE = 10_000;
/** Milliseconds that are enough for that where nobody tells. */
const BLIND = 1000;
/** Where Linux lists the sockets of UDP. */
const LISTS = ['/proc/net/udp', '/proc/net/udp6'];

/** A port that nobody has. */
export async function freeUdpPort(): Promise<number> {
  const socket = await bind();
  const { port } = socket.address();
  socket.close();
  await once(socket, 'close');
  return port;
}

/** Waits until somebody has a port: what comes before is nobody's. */
export async function listening(port: number): Promise<void> {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')} `;
  const lists = LISTS.filter((list) => existsSync(list));
  if (lists.length === 0) await later(BLIND);
  for (const end = performance.now() + DEADLINE; performance.now() < end;) {
    if (lists.length === 0 || lists.some((list) => readFileSync(list, 'utf8').includes(hex))) return;
    await later(5);
  }
  throw new FramerailError('FR_RELAY_CONNECT', `Nobody listens at port ${String(port)} of UDP.`);
}

/** Sends packets of a transport stream to a port, whether somebody has it or not. */
export async function openSender(port: number): Promise<{ send: (packets: Buffer) => void; close: () => void }> {
  const socket = await bind();
  // Word of a receiver that is not there is no error here.
  socket.on('error', () => undefined);
  return {
    send: (packets) => {
      for (const datagram of datagrams(packets)) socket.send(datagram, port, HOST);
    },
    close: () => {
      socket.close();
    },
  };
}

/** Datagrams that arrive later, in their order. */
class Late {
  readonly #delay: number;
  readonly #waiting: { readonly at: number; readonly go: () => void }[] = [];
  #running = false;

  constructor(delay: number) {
    this.#delay = delay;
  }

  push(go: () => void): void {
    this.#waiting.push({ at: performance.now() + this.#delay, go });
    if (!this.#running) this.#wait();
  }

  #wait(): void {
    const [next] = this.#waiting;
    this.#running = next !== undefined;
    if (next === undefined) return;
    const left = next.at - performance.now();
    const again = (): void => {
      this.#wait();
    };
    // A timer is late by up to two milliseconds.
    if (left > 2) setTimeout(again, left - 2);
    else if (left > 0) setImmediate(again);
    else {
      this.#waiting.shift();
      next.go();
      this.#wait();
    }
  }
}

/**
 * Listens in front of a port of UDP of this machine, for one client after the other: each has a way of its own.
 * @param roundTrip - milliseconds
 */
export async function openUdpDelayLine(
  target: number,
  roundTrip: number,
): Promise<{ port: number; close: () => void }> {
  const near = await bind();
  const ways = new Map<number, Promise<Socket>>();
  const there = new Late(roundTrip / 2);
  const back = new Late(roundTrip / 2);
  let closed = false;
  const send = (socket: Socket, bytes: Buffer, port: number): void => {
    if (!closed) socket.send(bytes, port, HOST);
  };
  const openWay = async (port: number): Promise<Socket> => {
    const way = await bind();
    way
      .on('error', () => undefined)
      .on('message', (bytes) => {
        back.push(() => {
          send(near, bytes, port);
        });
      });
    return way;
  };
  near
    .on('error', () => undefined)
    .on('message', (bytes, { port }) => {
      const way = ways.get(port) ?? openWay(port);
      ways.set(port, way);
      there.push(() => {
        void way.then((socket) => {
          send(socket, bytes, target);
        });
      });
    });
  return {
    port: near.address().port,
    close: () => {
      closed = true;
      near.close();
      for (const way of ways.values()) void way.then((socket) => socket.close());
    },
  };
}

async function bind(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, HOST);
  await once(socket, 'listening');
  return socket;
}
