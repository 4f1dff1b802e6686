// Peers of SRT: srt-live-transmit in either role, one that never answers, one that refuses, and who listens where.
import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { freePort } from '../live.js';
import { Journal } from './journal.js';

/** A running srt-live-transmit. */
export interface Transmit {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it says, line by line. */
  readonly lines: Journal<string>;
  /** What it wrote to its standard output, when that is where it transmits to: how many bytes there were each time. */
  readonly sizes: Journal<number>;
  readonly received: () => Buffer;
  readonly ended: Promise<unknown>;
}

/** Starts it from one address to another; it ends with its peer, or waits for another one, and with the running test. */
export function transmit(from: string, to: string, again: 'once' | 'again' = 'once'): Transmit {
  const child = spawn(
    'srt-live-transmit',
    [`-a:${again === 'again' ? 'yes' : 'no'}`, '-st:yes', '-loglevel:warning', from, to],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
      killSignal: 'SIGKILL',
    },
  );
  const lines = new Journal<string>();
  const sizes = new Journal<number>();
  const chunks: Buffer[] = [];
  let line = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const all = (line + text).split('\n');
    line = all.pop() ?? '';
    for (const one of all) lines.push(one);
  });
  child.stdout.on('data', (bytes: Buffer) => {
    chunks.push(bytes);
    sizes.push(chunks.reduce((sum, one) => sum + one.byteLength, 0));
  });
  const ended = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, pid: child.pid ?? 0, lines, sizes, received: () => Buffer.concat(chunks), ended };
}

/** Waits until a port of UDP is bound: a datagram that comes before is nobody's. */
export async function bound(port: number): Promise<void> {
  await queued(port, () => true);
}

/**
 * Waits until as many bytes as are wanted wait in the socket of a port, as the kernel has them in its tables.
 * @param isOver - whether nobody will read them any more
 */
async function queued(port: number, wanted: (bytes: number) => boolean, isOver = (): boolean => false): Promise<void> {
  const line = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} \\S+ \\S+ [0-9A-F]+:([0-9A-F]+)`);
  const end = performance.now() + 15_000;
  while (!isOver()) {
    const found = ['/proc/net/udp', '/proc/net/udp6'].map((list) => line.exec(readFileSync(list, 'utf8'))?.[1]);
    if (found.some((bytes) => bytes !== undefined && wanted(parseInt(bytes, 16)))) return;
    if (performance.now() > end) throw new Error(`Nobody reads at ${String(port)}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** A source that the test feeds by UDP, which srt-live-transmit passes on. */
export interface Feed extends Transmit {
  /** Sends packets of a transport stream, in datagrams of seven, each once the one before was read: nothing is lost here. */
  readonly send: (bytes: Buffer) => Promise<void>;
}

/** Starts srt-live-transmit from the test to an address. */
export async function feed(to: string, again: 'once' | 'again' = 'once'): Promise<Feed> {
  const port = await freePort('udp');
  const run = transmit(`udp://:${String(port)}`, to, again);
  await bound(port);
  const socket = await openSocket();
  // What was registered last is done first: nobody sends into the closed socket.
  let over = false;
  onTestFinished(() => {
    over = true;
  });
  const isOver = (): boolean => over || run.child.exitCode !== null || run.child.signalCode !== null;
  return {
    ...run,
    send: async (bytes) => {
      for (let at = 0; at < bytes.byteLength && !isOver(); at += 1316) {
        await new Promise((resolve) => socket.send(bytes.subarray(at, at + 1316), port, '127.0.0.1', resolve));
        await queued(port, (waiting) => waiting === 0, isOver);
      }
    },
  };
}

/**
 * A port whose owner takes what comes, and never answers.
 * @param onCall - hears of every datagram
 */
export async function silentPeer(onCall: () => void = () => undefined): Promise<number> {
  const socket = await openSocket();
  return socket.on('message', onCall).address().port;
}

/** Peers by how their handshake goes (draft-sharabayko-srt, 3.2.1 and 4.3.1): each is refused for one reason. */
export async function refusingPeer(reason: number): Promise<number> {
  const socket = await openSocket();
  socket.on('message', (packet, { port, address }) => {
    if (packet.readUInt16BE(0) !== 0x8000 || packet.byteLength < 64) return;
    const answer = Buffer.from(packet.subarray(0, 64));
    const induction = packet.readUInt32BE(36) === 1;
    // To the socket of the caller, in version 5.
    answer.writeUInt32BE(packet.readUInt32BE(40), 12);
    answer.writeUInt32BE(5, 16);
    answer.writeUInt32BE(induction ? 0x4a17 : 0, 20);
    if (induction) answer.writeUInt32BE(0xc0ffee, 44);
    // Refusals have numbers from 1000 on.
    else answer.writeUInt32BE(1000 + reason, 36);
    socket.send(answer, port, address);
  });
  return socket.address().port;
}

async function openSocket(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => {
    socket.close();
  });
  return socket;
}
