// A stream that is pushed to us: an RTMP server for one key, as OBS and ffmpeg publish to.
import { createServer, type Server, type Socket } from 'node:net';
import { argumentError, FramerailError, monotonicNow } from '../../base/index.js';
import type { Origin, OriginHandlers, OriginMarks, OriginSource } from '../origin.js';
import { parseRtmp, type RtmpAddress } from './address.js';
import { RtmpPublisherSession } from './publisher-session.js';

/** Publishers that have not yet shown the key, at once; whoever comes then takes the place of the oldest. */
const MOST_STRANGERS = 16;

/** Whether an address asks to listen instead of dialling. */
export function parseListen(address: string): boolean {
  return /^rtmps?:\/\/.*[?&]listen$/i.test(address);
}

/** Reads the address; throws FR_ARG_INVALID. */
export function listenOrigin(name: string, text: string): OriginSource {
  const address = parseRtmp(name, text.replace(/[?&]listen$/i, ''));
  if (address.secure) throw argumentError(name, 'an address of rtmp:// to listen on', address.shown);
  return {
    shown: address.shown,
    listens: true,
    open: (handlers) => new ListenOrigin(address, handlers),
  };
}

class ListenOrigin implements Origin {
  readonly marks: { -readonly [name in keyof OriginMarks]: OriginMarks[name] } = { dialled: monotonicNow() };
  readonly #address: RtmpAddress;
  readonly #handlers: OriginHandlers;
  readonly #server: Server;
  readonly #sessions = new Set<RtmpPublisherSession>();
  #publisher: RtmpPublisherSession | undefined;
  #over = false;

  constructor(address: RtmpAddress, handlers: OriginHandlers) {
    this.#address = address;
    this.#handlers = handlers;
    this.#server = createServer((socket) => {
      this.#welcome(socket);
    });
    this.#server.on('error', (error) => {
      this.#end(
        new FramerailError('FR_RELAY_CONNECT', `${address.shown} cannot be listened on: ${error.message}.`, {
          cause: error,
        }),
      );
    });
    this.#server.listen(address.port, address.host);
  }

  close(): void {
    this.#over = true;
    this.#server.close();
    for (const session of this.#sessions) session.close();
  }

  fail(error: FramerailError): void {
    this.#end(error);
  }

  #welcome(socket: Socket): void {
    const session: RtmpPublisherSession = new RtmpPublisherSession(socket, {
      address: this.#address,
      isFree: () => this.#publisher === undefined,
      onPublish: () => {
        this.#publisher = session;
        const now = monotonicNow();
        Object.assign(this.marks, { tcp: session.since, handshake: now, accepted: now });
        this.#handlers.onOpen();
      },
      onMedia: ({ type, timestamp, payload }) => {
        this.#handlers.onTag(type, timestamp, payload);
      },
      onTurn: this.#handlers.onTurn,
      onEnd: (error) => {
        this.#sessions.delete(session);
        // Who had no key was no publisher, and the one with the key may still come.
        if (session === this.#publisher) this.#end(error);
      },
    });
    this.#sessions.add(session);
    const strangers = [...this.#sessions].filter((one) => one !== this.#publisher);
    if (strangers.length > MOST_STRANGERS) this.#dismiss(strangers[0]);
  }

  #dismiss(session: RtmpPublisherSession | undefined): void {
    if (session === undefined) return;
    this.#sessions.delete(session);
    // Nothing was said to it, and a flood of them would stay for as long as they may read.
    session.close(0);
  }

  #end(error: FramerailError | undefined): void {
    if (this.#over) return;
    this.close();
    this.#handlers.onEnd(error);
  }
}
