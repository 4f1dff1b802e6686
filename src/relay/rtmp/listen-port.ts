// A port that streams are pushed to, for one key or for many: relays that listen on the same one share it.
import { createServer, type Server, type Socket } from 'node:net';
import { createHash, timingSafeEqual } from 'node:crypto';
import { FramerailError } from '../../base/index.js';
import type { RtmpAddress } from './address.js';
import type { Message } from './message.js';
import { RtmpPublisherSession } from './publisher-session.js';

/** Who waits for one key. */
export interface ListenPlace {
  readonly address: RtmpAddress;
  /** Somebody with the key publishes. */
  readonly onPublish: (session: RtmpPublisherSession) => void;
  /** Audio, video and data; the payload is valid until it returns. */
  readonly onMedia: (message: Message) => void;
  readonly onTurn: () => void;
  /** Its publisher is gone. */
  readonly onEnd: (error: FramerailError | undefined) => void;
  /** The port cannot be listened on. */
  readonly onFail: (error: FramerailError) => void;
}

/** Publishers that have not yet shown a key, at once; whoever comes then takes the place of the oldest. */
const MOST_STRANGERS = 16;

/** Ports of this process, by host and number. */
const ports = new Map<string, ListenPort>();

/** Listens for one key. Nobody is told before this returns. */
export function joinPort(place: ListenPlace): { leave(): void } {
  const { host, port } = place.address;
  const name = `${host} ${String(port)}`;
  const shared = ports.get(name) ?? new ListenPort(name, host, port);
  ports.set(name, shared);
  return shared.join(place);
}

class ListenPort {
  readonly #name: string;
  readonly #server: Server;
  /** By what is published there. */
  readonly #places = new Map<string, ListenPlace>();
  /** Whoever is connected, and for whom he publishes. */
  readonly #sessions = new Map<RtmpPublisherSession, ListenPlace | undefined>();

  constructor(name: string, host: string, port: number) {
    this.#name = name;
    this.#server = createServer((socket) => {
      this.#welcome(socket);
    });
    this.#server.on('error', (error) => {
      this.#forget();
      for (const place of [...this.#places.values()])
        place.onFail(
          new FramerailError('FR_RELAY_CONNECT', `${place.address.shown} cannot be listened on: ${error.message}.`, {
            cause: error,
          }),
        );
    });
    this.#server.listen(port, host);
  }

  join(place: ListenPlace): { leave(): void } {
    const path = pathOf(place.address);
    if (this.#places.has(path)) {
      const why = 'another relay waits for the same key there';
      queueMicrotask(() => {
        place.onFail(new FramerailError('FR_RELAY_CONNECT', `${place.address.shown} cannot be listened on: ${why}.`));
      });
      return { leave: () => undefined };
    }
    this.#places.set(path, place);
    return {
      leave: () => {
        this.#leave(path, place);
      },
    };
  }

  #leave(path: string, place: ListenPlace): void {
    if (this.#places.get(path) !== place) return;
    this.#places.delete(path);
    for (const [session, owner] of this.#sessions) if (owner === place) this.#dismiss(session);
    if (this.#places.size > 0) return;
    this.#forget();
    this.#server.close();
    for (const session of [...this.#sessions.keys()]) this.#dismiss(session);
  }

  #forget(): void {
    if (ports.get(this.#name) === this) ports.delete(this.#name);
  }

  #welcome(socket: Socket): void {
    const session: RtmpPublisherSession = new RtmpPublisherSession(socket, {
      knows: (app) => [...this.#places.values()].some(({ address }) => address.app.split('/')[0] === app),
      isBusy: (path) => {
        const place = this.#find(path);
        return place !== undefined && [...this.#sessions.values()].includes(place);
      },
      begin: (path) => {
        const place = this.#find(path);
        if (place === undefined) return undefined;
        this.#sessions.set(session, place);
        place.onPublish(session);
        return place;
      },
      onEnd: (error) => {
        const place = this.#sessions.get(session);
        this.#sessions.delete(session);
        // Who had no key was no publisher, and the one with the key may still come.
        place?.onEnd(error);
      },
    });
    this.#sessions.set(session, undefined);
    const strangers = [...this.#sessions].filter(([, place]) => place === undefined);
    const [oldest] = strangers[0] ?? [];
    // Nothing was said to it, and a flood of them would stay for as long as they may read.
    if (strangers.length > MOST_STRANGERS && oldest !== undefined) this.#dismiss(oldest, 0);
  }

  #dismiss(session: RtmpPublisherSession, within?: number): void {
    this.#sessions.delete(session);
    session.close(within);
  }

  /** Compares with every key, and without telling by its time how much was right. */
  #find(path: string): ListenPlace | undefined {
    const wanted = digest(path);
    let found: ListenPlace | undefined;
    for (const [name, place] of this.#places) if (timingSafeEqual(digest(name), wanted)) found = place;
    return found;
  }
}

function pathOf({ app, key }: RtmpAddress): string {
  return `${app}/${key}`;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
