// Who asked for a stream over HTTP: a response of this process, or a bare connection that another process handed over.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';

/** Somebody who asked for a stream. */
export interface Visitor {
  /** What the stream is written to; broken off by `destroy()`. */
  readonly stream: Writable;
  /** Says that the stream follows. */
  accept(): void;
  /** Says why there is none, and is done with it. */
  refuse(status: keyof typeof REASONS, why: string): void;
}

/** What is said of a refusal. */
const REASONS = {
  404: 'Not Found',
  503: 'Service Unavailable',
} as const;
/** Seconds after which somebody who was refused may ask again. */
const RETRY_AFTER = '5';
/** Milliseconds in which the last of a stream must have been taken. */
const GOODBYE = 3000;

/** The head of a stream of FLV, whose end is the end of the connection. */
export function streamHeaders(cors: boolean): Record<string, string> {
  return {
    'Content-Type': 'video/x-flv',
    'Cache-Control': 'no-cache, no-store',
    Connection: 'close',
    'X-Content-Type-Options': 'nosniff',
    ...corsHeaders(cors),
  };
}

/** What lets pages of other sites read an answer. */
export function corsHeaders(cors: boolean): Record<string, string> {
  return cors ? { 'Access-Control-Allow-Origin': '*' } : {};
}

/** A request that this process answers. */
export function responseVisitor(response: ServerResponse, cors: boolean): Visitor {
  response.on('error', ignore);
  return {
    stream: response,
    accept: () => {
      // No chunks: the stream is as long as the connection.
      response.removeHeader('Transfer-Encoding');
      response.writeHead(200, streamHeaders(cors));
    },
    refuse: (status, why) => {
      response.writeHead(status, refusalHeaders(status, why, cors)).end(`${why}\n`);
    },
  };
}

/** A connection whose request was read by another process. */
export function socketVisitor(socket: Socket, cors: boolean): Visitor {
  socket.on('error', ignore).setNoDelay(true);
  // Whatever else it says is not heard, but its end is.
  socket.resume();
  const say = (status: string, headers: Readonly<Record<string, string>>): string =>
    `HTTP/1.1 ${status}\r\n${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('')}\r\n`;
  return {
    stream: socket,
    accept: () => {
      socket.write(say('200 OK', streamHeaders(cors)));
    },
    refuse: (status, why) => {
      const head = say(`${String(status)} ${REASONS[status]}`, refusalHeaders(status, why, cors));
      socket.write(`${head}${why}\n`);
      endSoon(socket);
    },
  };
}

/** Ends a stream with all that waits for it; who does not take that in time is broken off with. */
export function endSoon(stream: Writable): void {
  if (stream.destroyed) return;
  stream.end();
  const late = setTimeout(() => {
    stream.destroy();
  }, GOODBYE);
  stream.once('close', () => {
    clearTimeout(late);
  });
}

function refusalHeaders(status: number, why: string, cors: boolean): Record<string, string> {
  return {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(why) + 1),
    'Cache-Control': 'no-cache, no-store',
    ...(status === 503 ? { 'Retry-After': RETRY_AFTER } : {}),
    Connection: 'close',
    ...corsHeaders(cors),
  };
}

function ignore(): void {
  // Whoever is gone is told by the end of the connection.
}
