// The media of one session: packets to their streams, reports back to the server, and the end when all senders say so.
import { randomBytes } from 'node:crypto';
import { monotonicNow } from '../../base/index.js';
import { MediaPorts } from './media-ports.js';
import { emptyRtp } from './rtp.js';
import type { RtspStream } from './rtsp-stream.js';
import { Timeline } from './timeline.js';
import type { AgreedTransport } from './transport.js';

/** What a session needs of its connection. */
export interface MediaSessionOptions {
  /** Sends a frame of data. */
  readonly sendFrame: (channel: number, payload: Buffer) => void;
  /** All that came together was handed over. */
  readonly onTurn: () => void;
  /** Every sender has said goodbye, and nothing came since. */
  readonly onEnd: () => void;
}

/** A stream that was agreed on. */
interface Member {
  readonly stream: RtspStream;
  readonly transport: AgreedTransport;
  readonly ports: MediaPorts | undefined;
}

/** Milliseconds between reports: some cameras end a session that they hear nothing of for five seconds. */
const REPORT_INTERVAL = 4000;
/** What comes ahead of the answer to PLAY waits for it, as it says how the streams stand to each other. */
const MOST_EARLY = { packets: 2048, bytes: 4 * 1024 * 1024 };
/** Milliseconds in which a sender that said goodbye may begin anew. */
const GOODBYE = 1000;

/** Receives the streams of a session. */
export class MediaSession {
  readonly timeline = new Timeline();
  readonly #options: MediaSessionOptions;
  readonly #members: Member[] = [];
  readonly #own = randomBytes(4).readUInt32BE();
  readonly #name = `framerail-${randomBytes(6).toString('hex')}`;
  #early: (() => void)[] | undefined = [];
  #earlyBytes = 0;
  #reports: NodeJS.Timeout | undefined;
  #goodbye: NodeJS.Timeout | undefined;
  #peer = '';
  readonly #ports = new Set<MediaPorts>();
  #closed = false;

  constructor(options: MediaSessionOptions) {
    this.#options = options;
  }

  /**
   * Opens ports for a stream, which the session closes.
   * @param local - the address of this machine that the server sees
   * @param streamOf - gives the stream once it was agreed on; what comes ahead of that is nobody's
   */
  async openPorts(local: string, streamOf: () => RtspStream | undefined): Promise<MediaPorts> {
    const ports = await MediaPorts.open(local, {
      onRtp: (packet) => {
        const stream = streamOf();
        if (stream !== undefined) this.#datagram(packet, (bytes) => stream.rtp(bytes));
      },
      onRtcp: (packet) => {
        const stream = streamOf();
        if (stream !== undefined) this.#datagram(packet, (bytes) => stream.rtcp(bytes));
      },
    });
    if (this.#closed) ports.close();
    else this.#ports.add(ports);
    return ports;
  }

  /**
   * Adds a stream that the server agreed to.
   * @param peer - the server's address
   */
  add(stream: RtspStream, transport: AgreedTransport, peer: string, ports: MediaPorts | undefined): void {
    const member = { stream, transport, ports };
    this.#members.push(member);
    this.#peer = peer;
    if (transport.kind !== 'udp') return;
    ports?.expect(peer);
    // Whoever sends from another host says so; nothing is ever sent to it, as anybody can be named there.
    if (transport.source !== undefined) ports?.expect(transport.source);
    this.#knock(member);
  }

  /** Whether a channel of the connection is one of this session. */
  isChannel(channel: number): boolean {
    return this.#members.some(
      ({ transport }) => transport.kind === 'tcp' && (transport.rtp === channel || transport.rtcp === channel),
    );
  }

  /** Takes a frame of the connection, which is valid until this returns; those of other channels are nobody's. */
  frame(channel: number, payload: Buffer): void {
    for (const { stream, transport } of this.#members) {
      if (transport.kind !== 'tcp' || (transport.rtp !== channel && transport.rtcp !== channel)) continue;
      const bytes = this.#early === undefined ? payload : Buffer.from(payload);
      this.#whenPlaying(bytes, () => {
        if (transport.rtp === channel) stream.rtp(bytes);
        else stream.rtcp(bytes);
      });
    }
  }

  /** The server plays: what came ahead of its answer is taken now. */
  begin(): void {
    this.timeline.play(monotonicNow());
    for (const member of this.#members) this.#knock(member);
    this.#reports = setInterval(() => {
      this.#report();
    }, REPORT_INTERVAL);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const take of early) take();
    this.#options.onTurn();
  }

  /** A sender has said goodbye. */
  bye(): void {
    this.#goodbye ??= setTimeout(() => {
      this.#goodbye = undefined;
      if (this.#members.every(({ stream }) => stream.ended)) this.#options.onEnd();
    }, GOODBYE);
  }

  /** Ends it, with its ports. */
  close(): void {
    clearInterval(this.#reports);
    clearTimeout(this.#goodbye);
    this.#closed = true;
    this.#early = undefined;
    for (const { stream } of this.#members) stream.close();
    for (const ports of this.#ports) ports.close();
    this.#ports.clear();
    this.#members.length = 0;
  }

  #datagram(packet: Buffer, take: (packet: Buffer) => void): void {
    this.#whenPlaying(packet, () => {
      take(packet);
    });
    this.#options.onTurn();
  }

  #whenPlaying({ byteLength }: Buffer, take: () => void): void {
    if (this.#early === undefined) {
      if (!this.#closed) take();
      return;
    }
    this.#earlyBytes += byteLength;
    if (this.#early.length < MOST_EARLY.packets && this.#earlyBytes <= MOST_EARLY.bytes) this.#early.push(take);
  }

  /** Sends something from both ports, so that what comes back is let through. */
  #knock({ stream, transport, ports }: Member): void {
    if (transport.kind !== 'udp' || transport.serverPorts === undefined) return;
    const [rtp, rtcp] = transport.serverPorts;
    ports?.sendRtp(emptyRtp(this.#own), rtp, this.#peer);
    ports?.sendRtcp(stream.report(this.#own, this.#name), rtcp, this.#peer);
  }

  #report(): void {
    for (const { stream, transport, ports } of this.#members) {
      const report = stream.report(this.#own, this.#name);
      if (transport.kind === 'tcp') this.#options.sendFrame(transport.rtcp, report);
      else if (transport.serverPorts !== undefined) ports?.sendRtcp(report, transport.serverPorts[1], this.#peer);
    }
  }
}
