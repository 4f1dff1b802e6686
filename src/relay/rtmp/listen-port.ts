// A port that streams are pushed to, for one key or for many: relays that listen on the same one share it.
import { createServer, type Server, type Socket } from 'node:net';
import { createHash, timingSafeEqual } from 'node:crypto';
import { FramerailError } from '../../base/index.js';
import { whyNotListen } from '../why-not-listen.js';
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

/** How one who waits for a key stops to. */
export interface ListenTicket {
  /** @param again - whether he will wait for it again at once, as its publisher is gone */
  leave(again?: boolean): void;
}

/** Publishers that have not yet shown a key, at once; whoever comes then takes the place of the oldest. */
const MOST_STRANGERS = 16;

/**
 * Milliseconds for which a key is kept whose publisher is gone, until who waited for it does so again. A publisher that begins
 * anew, as for a stream that came late, dials while its first connection says goodbye: it would find nobody.
 */
const KEPT = 250;
/** Milliseconds for which a publisher waits until the one ahead of it is gone, before it is told that the name is taken. */
const GRACE = 500;

/** Ports of this process, by host and number. */
const ports = new Map<string, ListenPort>();

/** Listens for one key. Nobody is told before this returns. */
export function joinPort(place: ListenPlace): ListenTicket {
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
  /** What is kept for who will wait for it again. */
  readonly #kept = new Map<string, NodeJS.Timeout>();
  /** Publishers that wait until they may begin, by what they want to publish. */
  readonly #queue = new Map<string, Set<() => void>>();
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
          new FramerailError(
            'FR_RELAY_CONNECT',
            `${place.address.shown} cannot be listened on: ${whyNotListen(error)}.`,
            {
              cause: error,
            },
          ),
        );
    });
    this.#server.listen(port, host);
  }

  join(place: ListenPlace): ListenTicket {
    const path = listenPath(place.address);
    if (this.#places.has(path)) {
      const why = 'another relay waits for the same key there';
      queueMicrotask(() => {
        place.onFail(new FramerailError('FR_RELAY_CONNECT', `${place.address.shown} cannot be listened on: ${why}.`));
      });
      return { leave: () => undefined };
    }
    this.#places.set(path, place);
    clearTimeout(this.#kept.get(path));
    this.#kept.delete(path);
    this.#server.ref();
    // Nobody is told before this returns.
    queueMicrotask(() => {
      this.#admit(path);
    });
    return {
      leave: (again = false) => {
        this.#leave(path, place, again);
      },
    };
  }

  #leave(path: string, place: ListenPlace, again: boolean): void {
    if (this.#places.get(path) !== place) return;
    this.#places.delete(path);
    for (const [session, owner] of this.#sessions) if (owner === place) this.#dismiss(session);
    if (again && this.#server.listening) {
      const end = setTimeout(() => {
        this.#kept.delete(path);
        this.#admit(path);
        this.#closeIdle();
      }, KEPT);
      this.#kept.set(path, end.unref());
    }
    this.#closeIdle();
  }

  #closeIdle(): void {
    if (this.#places.size > 0) return;
    if (this.#kept.size > 0) {
      // A process that has nothing else to do may end.
      this.#server.unref();
      return;
    }
    this.#forget();
    this.#server.close();
    for (const session of [...this.#sessions.keys()]) this.#dismiss(session);
  }

  #forget(): void {
    if (ports.get(this.#name) === this) ports.delete(this.#name);
  }

  #welcome(socket: Socket): void {
    const session: RtmpPublisherSession = new RtmpPublisherSession(socket, {
      knows: (app) => [...this.#places.keys(), ...this.#kept.keys()].some((path) => path.split('/')[0] === app),
      vacancy: (path) => this.#vacancy(path),
      isBusy: (path) => {
        const place = this.#places.get(this.#find(path) ?? '');
        return place !== undefined && this.#isFed(place);
      },
      begin: (path) => {
        const place = this.#places.get(this.#find(path) ?? '');
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

  /** Resolves when somebody may begin there, or after a moment; undefined where nothing is waited for. */
  #vacancy(wanted: string): Promise<void> | undefined {
    const path = this.#find(wanted);
    const place = path === undefined ? undefined : this.#places.get(path);
    if (path === undefined || (place !== undefined && !this.#isFed(place))) return undefined;
    return new Promise((resolve) => {
      const queue = this.#queue.get(path) ?? new Set();
      this.#queue.set(path, queue);
      const end = (): void => {
        clearTimeout(late);
        queue.delete(end);
        resolve();
      };
      const late = setTimeout(end, GRACE).unref();
      queue.add(end);
    });
  }

  #admit(path: string): void {
    for (const begin of [...(this.#queue.get(path) ?? [])]) begin();
    this.#queue.delete(path);
  }

  #isFed(place: ListenPlace): boolean {
    return [...this.#sessions.values()].includes(place);
  }

  /** Compares with every key, and without telling by its time how much was right. */
  #find(path: string): string | undefined {
    const wanted = digest(path);
    let found: string | undefined;
    for (const name of [...this.#places.keys(), ...this.#kept.keys()])
      if (timingSafeEqual(digest(name), wanted)) found = name;
    return found;
  }
}

/** What is published to an address. */
export function listenPath({ app, key }: RtmpAddress): string {
  return `${app}/${key}`;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
