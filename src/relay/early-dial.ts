// Connections that are dialled while the rest of the program still loads: half of a cold start is reading code.
// This file is loaded first and alone, so it imports nothing but node:net, and where SRT is named what dials that.
import { connect, type Socket } from 'node:net';

/** What happened to a connection before anybody took it over; times by `process.hrtime`, in nanoseconds. */
export interface EarlySocket {
  readonly socket: Socket;
  readonly dialled: bigint;
  readonly marks: { dns?: bigint; tcp?: bigint };
  /** It failed already. */
  error: Error | undefined;
  /** Takes what comes from now on. */
  read: (count: number, bytes: Uint8Array) => void;
}

const ADDRESS = /^rtmp:\/\/(?:[^/@]*@)?(\[[0-9a-f:.]+\]|[^/:@?#[\]]+)(?::(\d+))?\//i;
const SRT = /^srt:\/\//i;
const LISTENS = /[?&]listen(?:=1)?(?:&|$)/i;
const OTHER_ORIGIN = '--from';
const OTHER_TIMEOUT = '--connect-timeout';
const PORT = 1935;
const READ_BUFFER = 64 * 1024;

let began: bigint | undefined;
const waiting = new Map<string, EarlySocket[]>();
let dropSrt = (): void => undefined;

/** Milliseconds until a peer must have answered, unless told. */
export const CONNECT_TIMEOUT = 10_000;

/** Dials whoever is named by an rtmp address among the arguments of a command line, and an origin of SRT. */
export async function dialEarly(args: readonly string[]): Promise<void> {
  // Another origin is dialled when it is needed: what was dialled now would be stale by then.
  const named = args.filter((_, i) => args[i - 1] !== OTHER_ORIGIN);
  for (const argument of named) {
    const found = LISTENS.test(argument) ? null : ADDRESS.exec(argument);
    const host = found?.[1]?.replace(/^\[|\]$/g, '');
    const port = Number(found?.[2] ?? PORT);
    if (host === undefined || port < 1 || port > 65_535) continue;
    const place = `${host}:${String(port)}`;
    waiting.set(place, [...(waiting.get(place) ?? []), dial(host, port)]);
  }
  if (named.some((argument) => SRT.test(argument))) await dialSrt(args);
}

/** Gives a connection that was dialled early; whoever takes it answers for it. */
export function takeEarly(host: string, port: number): EarlySocket | undefined {
  const early = waiting.get(`${host}:${String(port)}`)?.shift();
  early?.socket.ref();
  return early;
}

/** When the first of them was dialled, by `process.hrtime` in nanoseconds; undefined when none was. */
export function firstEarly(): bigint | undefined {
  return began;
}

/** Ends what nobody took. */
export function dropEarly(): void {
  for (const sockets of waiting.values()) for (const { socket } of sockets) socket.destroy();
  waiting.clear();
  dropSrt();
}

/** A process takes longest to start, and comes first; what dials is loaded meanwhile. */
async function dialSrt(args: readonly string[]): Promise<void> {
  const { dropEarlyWorker, startEarlyWorker } = await import('./srt/start-worker.js');
  dropSrt = dropEarlyWorker;
  startEarlyWorker();
  const [source = ''] = args;
  // Elsewhere it may be a destination, or mean something else. Many peers take one caller, so nobody is called in vain.
  if (!SRT.test(source) || args.some((argument) => argument.startsWith(OTHER_TIMEOUT))) return;
  const { dialEarlyOrigin, dropEarlyDial } = await import('./srt/early-dial.js');
  dropSrt = () => {
    dropEarlyDial();
    dropEarlyWorker();
  };
  began ??= process.hrtime.bigint();
  dialEarlyOrigin(source, CONNECT_TIMEOUT);
}

function dial(host: string, port: number): EarlySocket {
  began ??= process.hrtime.bigint();
  const buffer = Buffer.allocUnsafeSlow(READ_BUFFER);
  const callback = (count: number, bytes: Uint8Array): boolean => {
    early.read(count, bytes);
    return true;
  };
  const early: EarlySocket = {
    socket: connect({ host, port, noDelay: true, onread: { buffer, callback } }),
    dialled: process.hrtime.bigint(),
    marks: {},
    error: undefined,
    read: () => undefined,
  };
  // Nobody may want it: it does not keep the program from ending before somebody does.
  early.socket
    .unref()
    .once('lookup', () => (early.marks.dns = process.hrtime.bigint()))
    .once('connect', () => (early.marks.tcp = process.hrtime.bigint()))
    .once('error', (error) => (early.error = error));
  return early;
}
