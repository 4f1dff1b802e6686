// A scripted HTTP-FLV origin: its header may claim anything, and it redirects, refuses and dawdles when told to.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { flvTag } from '#dist/relay/flv/bytes.js';
import { play, type Script } from './player.js';
import type { Tag } from './tags.js';

/** How it answers. */
export interface HttpBehaviour {
  /** The flags of the file's header: 4 claims sound, 1 video. */
  readonly flags?: number;
  readonly status?: number;
  /** Hops ahead of the stream. */
  readonly redirects?: number;
  /** Where a redirect leads; back to itself unless told. */
  readonly location?: string;
  /** Milliseconds between the bytes of the file's header. */
  readonly slowHeader?: number;
  /** Answers nothing at all. */
  readonly silent?: boolean;
}

/** A running origin. */
export interface HttpOrigin {
  readonly url: string;
  /** Paths that were asked for. */
  readonly requests: readonly string[];
}

/** Starts an origin, which goes away with the running test. */
export async function httpOrigin(script: Script, behaviour: HttpBehaviour = {}): Promise<HttpOrigin> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { url = '' } = request;
    requests.push(url);
    const { redirects = 0, location, silent = false } = behaviour;
    if (silent) return;
    const hop = Number(/hop=(\d+)/.exec(url)?.[1] ?? 0);
    if (hop < redirects) {
      response.writeHead(302, { location: location ?? `/live/s.flv?hop=${String(hop + 1)}` }).end('moved');
      return;
    }
    void answer(response, requests.length, script, behaviour);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${String(port)}/live/s.flv`, requests };
}

async function answer(
  response: ServerResponse,
  connection: number,
  script: Script,
  { flags = 5, status = 200, slowHeader }: HttpBehaviour,
): Promise<void> {
  response.writeHead(status, { 'content-type': 'video/x-flv' });
  if (status !== 200) {
    response.end('no');
    return;
  }
  const leaving = new AbortController();
  response.once('close', () => leaving.abort());
  response.flushHeaders();
  const header = Buffer.from([0x46, 0x4c, 0x56, 1, flags, 0, 0, 0, 9, 0, 0, 0, 0]);
  if (slowHeader === undefined) response.write(header);
  else
    for (const byte of header) {
      if (leaving.signal.aborted) return;
      response.write(Buffer.from([byte]));
      await new Promise((resolve) => setTimeout(resolve, slowHeader));
    }
  const outlet = {
    connection,
    tag: ({ type, timestamp, payload }: Tag) => response.write(flvTag(type, timestamp, payload)),
    flush: () => undefined,
    raw: (bytes: Uint8Array) => response.write(bytes),
    cut: (how: 'fin' | 'rst') => (how === 'fin' ? response.end() : response.socket?.resetAndDestroy()),
  };
  play(script, outlet, leaving.signal);
}
