// Packets gathered into datagrams without copying them, and let go at a pace that a receiver's buffer survives.
import type { Socket } from 'node:dgram';
import { monotonicNow } from '../../base/index.js';

/** How they are sent. */
export interface DatagramsOptions {
  readonly socket: Socket;
  /** Bytes of a datagram; packets never lie across two. */
  readonly datagramBytes: number;
  /** A datagram that the system did not take. */
  readonly onRefused: (error: Error) => void;
}

/**
 * Bytes that go at once. Linux keeps about 90 datagrams for a socket by default, and a receiver made with libuv, as ours is,
 * takes 32 of them in a turn of its loop: these are 24. The opening of a stream, of megabytes, is spread.
 */
const BURST_BYTES = 32 * 1024;
/** Milliseconds between two bursts: 16 MB a second, which no live stream needs for long. */
const PAUSE = 2;

/** Sends packets by one connected socket. */
export class Datagrams {
  /** Bytes that the system has taken. */
  sent = 0;
  readonly #options: DatagramsOptions;
  /** Packets that are no whole datagram yet. */
  #gathered: Buffer[] = [];
  #gatheredBytes = 0;
  #waiting: Buffer[][] = [];
  #waitingBytes = 0;
  /** What was sent since the current burst began. */
  #burst = 0;
  #burstAt = 0;
  #pause: NodeJS.Timeout | undefined;
  #pending = 0;
  #onIdle: (() => void) | undefined;

  constructor(options: DatagramsOptions) {
    this.#options = options;
  }

  /** Bytes that wait. */
  get queued(): number {
    return this.#gatheredBytes + this.#waitingBytes;
  }

  /** Takes whole packets, which are ours for good. */
  push(packets: Buffer): void {
    const { datagramBytes } = this.#options;
    for (let at = 0; at < packets.byteLength;) {
      const piece = packets.subarray(at, at + datagramBytes - this.#gatheredBytes);
      this.#gathered.push(piece);
      this.#gatheredBytes += piece.byteLength;
      at += piece.byteLength;
      if (this.#gatheredBytes === datagramBytes) this.#seal();
    }
  }

  /** Sends what there is, also when it fills no datagram. */
  flush(): void {
    if (this.#gatheredBytes > 0) this.#seal();
    this.#drain();
  }

  /** Resolves when the system has taken everything, or refused it. */
  async end(): Promise<void> {
    this.flush();
    if (this.queued === 0 && this.#pending === 0) return;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
  }

  /** Forgets what waits. */
  stop(): void {
    clearTimeout(this.#pause);
    this.#gathered = [];
    this.#waiting = [];
    this.#gatheredBytes = this.#waitingBytes = 0;
    this.#onIdle?.();
  }

  #seal(): void {
    this.#waiting.push(this.#gathered);
    this.#waitingBytes += this.#gatheredBytes;
    this.#gathered = [];
    this.#gatheredBytes = 0;
  }

  #drain(): void {
    if (this.#pause !== undefined || this.#waiting.length === 0) return;
    const now = monotonicNow();
    if (now - this.#burstAt >= PAUSE) {
      this.#burst = 0;
      this.#burstAt = now;
    }
    let next = 0;
    while (next < this.#waiting.length && this.#burst < BURST_BYTES) {
      const datagram = this.#waiting[next] ?? [];
      next += 1;
      let bytes = 0;
      for (const { byteLength } of datagram) bytes += byteLength;
      this.#burst += bytes;
      this.#waitingBytes -= bytes;
      this.#pending += 1;
      this.#options.socket.send(datagram, this.#onSent);
    }
    this.#waiting.splice(0, next);
    if (this.#waiting.length === 0) return;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.#drain();
    }, PAUSE);
  }

  readonly #onSent = (error: Error | null, bytes: number): void => {
    this.#pending -= 1;
    if (error === null) this.sent += bytes;
    else this.#options.onRefused(error);
    if (this.#pending === 0 && this.queued === 0) this.#onIdle?.();
  };
}
