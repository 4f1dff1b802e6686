// Two UDP ports that follow each other, the first one even: media come to it, and reports to the other (RFC 3550 11).
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { FramerailError } from '../../base/index.js';

/** Who takes what comes. */
export interface PortHandlers {
  /** A packet, which nobody else has. */
  readonly onRtp: (packet: Buffer) => void;
  readonly onRtcp: (packet: Buffer) => void;
}

/** Pairs that are tried until two are free. */
const MOST_TRIES = 32;
/** A keyframe comes at once, and what does not fit is lost. Bytes. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;

/** An open pair. */
export class MediaPorts {
  /** The even one. */
  readonly port: number;
  readonly #rtp: Socket;
  readonly #rtcp: Socket;
  /** Whose packets are taken. */
  readonly #peers = new Set<string>();

  private constructor(rtp: Socket, rtcp: Socket, { onRtp, onRtcp }: PortHandlers) {
    this.#rtp = rtp;
    this.#rtcp = rtcp;
    this.port = rtp.address().port;
    for (const [socket, take] of [
      [rtp, onRtp],
      [rtcp, onRtcp],
    ] as const) {
      // What the network says of a single packet changes nothing.
      socket.removeAllListeners('error').on('error', () => undefined);
      socket.on('message', (packet, { address }) => {
        if (this.#peers.has(address)) take(packet);
      });
    }
    try {
      rtp.setRecvBufferSize(RECEIVE_BUFFER);
    } catch {
      // The system gives less.
    }
  }

  /** Opens a pair at one address of this machine. */
  static async open(local: string, handlers: PortHandlers): Promise<MediaPorts> {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const rtp = await bound(local, 0);
      if (rtp === undefined) continue;
      const { port } = rtp.address();
      const rtcp = port % 2 === 0 && port < 65_535 ? await bound(local, port + 1) : undefined;
      if (rtcp !== undefined) return new MediaPorts(rtp, rtcp, handlers);
      rtp.close();
    }
    throw new FramerailError('FR_RELAY_CONNECT', 'No two UDP ports that follow each other are free on this machine.');
  }

  /** Packets of this host are taken from now on. */
  expect(host: string): void {
    this.#peers.add(host);
  }

  /** Sends a packet to a port of media. */
  sendRtp(packet: Buffer, port: number, host: string): void {
    this.#rtp.send(packet, port, host, () => undefined);
  }

  /** Sends a packet to a port of reports. */
  sendRtcp(packet: Buffer, port: number, host: string): void {
    this.#rtcp.send(packet, port, host, () => undefined);
  }

  close(): void {
    this.#rtp.close();
    this.#rtcp.close();
  }
}

async function bound(address: string, port: number): Promise<Socket | undefined> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  return await new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind({ address, port, exclusive: true }, () => {
      resolve(socket);
    });
  });
}
