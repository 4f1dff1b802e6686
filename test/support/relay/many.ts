// Many relays under test: their events in a journal, stopped with the running test, and what they serve over HTTP.
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import {
  createRelays,
  type Relays,
  type RelaysConfig,
  type RelaysEvent,
  type RelaysStatus,
} from '#dist/relay/index.js';
import { FlvReader } from '#dist/relay/flv/reader.js';
import { Journal } from './journal.js';
import { crcOf, type Tag } from './tags.js';

/** Relays and what they told. */
export interface WatchedRelays {
  readonly relays: Relays;
  readonly events: Journal<RelaysEvent>;
  /** Waits for an event of one relay, from now on or before. */
  told(relay: string, event: RelaysEvent['event']): Promise<void>;
  /** Waits until what is known of them is as wanted. */
  until(fits: (status: RelaysStatus) => boolean, what: string): Promise<RelaysStatus>;
}

/** Makes relays from a configuration or a file, and begins them. */
export async function relaysOf(
  config: RelaysConfig | string,
  environment: Readonly<Record<string, string>> = {},
): Promise<WatchedRelays> {
  const relays = createRelays(config, { environment });
  const events = new Journal<RelaysEvent>();
  relays.on('event', (event) => events.push(event));
  onTestFinished(async () => await relays.stop());
  await relays.start();
  return {
    ...{ relays, events },
    told: async (relay, name) => {
      const fits = (one: RelaysEvent): boolean => one.event === name && 'relay' in one && one.relay === relay;
      await events.find(fits, `the event ${name} of ${relay}`);
    },
    until: async (fits, what) => await untilStatus(relays, fits, what),
  };
}

/** Milliseconds until a status must be as it is waited for. */
const PATIENCE = 15_000;

async function untilStatus(
  relays: Relays,
  fits: (status: RelaysStatus) => boolean,
  what: string,
): Promise<RelaysStatus> {
  for (const end = performance.now() + PATIENCE; ;) {
    const status = await relays.status();
    if (fits(status)) return status;
    if (performance.now() > end) throw new Error(`Waited in vain for ${what}: ${JSON.stringify(status)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Somebody who watches a stream over HTTP by a connection of his own. */
export interface HttpViewer {
  readonly socket: Socket;
  /** The head of the answer, once it is whole. */
  readonly head: Promise<string>;
  readonly tags: Journal<Tag & { readonly crc: number }>;
  /** The whole of what came, for answers that are no stream. */
  readonly text: () => string;
  readonly closed: Promise<void>;
}

/**
 * Asks for a path and reads FLV, as it comes.
 * @param keep - bytes of each payload that are kept
 */
export function httpViewer(
  address: string,
  path: string,
  request = `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`,
  keep = Number.POSITIVE_INFINITY,
): HttpViewer {
  const [host = '', port = ''] = address.split(/:(?=\d+$)/);
  const socket = connect(Number(port), host);
  onTestFinished(() => void socket.destroy());
  const tags: HttpViewer['tags'] = new Journal();
  const reader = new FlvReader({
    onHeader: () => undefined,
    onTag: (type, timestamp, payload) =>
      tags.push({ type, timestamp, payload: Buffer.from(payload.subarray(0, keep)), crc: crcOf(payload) }),
  });
  let before = Buffer.alloc(0);
  let isHead = true;
  let said = '';
  const head = new Promise<string>((resolve, reject) => {
    socket.on('data', (bytes) => {
      if (said.length < 10_000) said += bytes.toString('latin1');
      if (!isHead) {
        reader.push(bytes);
        return;
      }
      before = Buffer.concat([before, bytes]);
      const end = before.indexOf('\r\n\r\n');
      if (end < 0) return;
      isHead = false;
      const text = before.toString('latin1', 0, end);
      if (text.includes('video/x-flv')) reader.push(before.subarray(end + 4));
      resolve(text);
    });
    socket.once('close', () => reject(new Error(`The connection ended: ${said}`)));
  });
  head.catch(() => undefined);
  socket.on('error', () => undefined);
  socket.write(request);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, head, tags, text: () => said, closed };
}
