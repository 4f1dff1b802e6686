// What is asked of a relay over HTTP: its path says which relay and what, its body a destination.
import type { IncomingMessage } from 'node:http';
import { argumentError, FramerailError } from '../../base/index.js';
import type { RelayCommand } from './host.js';

/** Bytes of a body at most: it is an address. */
const LONGEST = 16 * 1024;
const STATES = ['start', 'stop', 'restart'] as const;

/** Reads a command; undefined where the path names none. Rejects with FR_ARG_INVALID. */
export async function readCommand(
  request: IncomingMessage,
  path: string,
): Promise<{ readonly relay: string; readonly command: RelayCommand } | undefined> {
  const [, relay = '', what = '', id] = /^\/relays\/([^/]+)\/([a-z]+)(?:\/(\d{1,9}))?$/.exec(path) ?? [];
  if (what === 'destinations') {
    if (request.method === 'DELETE')
      return id === undefined ? undefined : { relay, command: { do: 'remove', id: Number(id) } };
    return id === undefined ? { relay, command: { do: 'add', to: await readPlace(request) } } : undefined;
  }
  const state = STATES.find((one) => one === what);
  if (state === undefined || id !== undefined || request.method !== 'POST') return undefined;
  return { relay, command: { do: state } };
}

/** `{"to":"rtmp://…"}` */
async function readPlace(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.byteLength;
    if (length > LONGEST)
      throw new FramerailError('FR_ARG_INVALID', `A body has ${String(LONGEST)} bytes at most.`, {
        details: { argument: 'to' },
      });
    pieces.push(piece);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    value = undefined;
  }
  const to = typeof value === 'object' && value !== null && 'to' in value ? value.to : undefined;
  if (typeof to !== 'string') throw argumentError('to', 'an address in a body such as {"to":"rtmp://…"}', to);
  return to;
}
