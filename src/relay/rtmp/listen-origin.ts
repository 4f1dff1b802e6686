// A stream that is pushed to us under one key, as OBS and ffmpeg publish.
import { argumentError, monotonicNow, type FramerailError } from '../../base/index.js';
import type { Origin, OriginHandlers, OriginMarks, OriginSource } from '../origin.js';
import { parseListen, parseRtmp, withoutListen, type RtmpAddress } from './address.js';
import { joinPort, listenPath, type ListenTicket } from './listen-port.js';

/** Where an address listens, as texts that are the same for all who want the same. */
export interface ListeningPlace {
  /** For all who share the port. */
  readonly port: string;
  /** For all who wait for the key on that port, wherever it is. */
  readonly key: string;
  readonly host: string;
  readonly shown: string;
}

/** Where an address listens; undefined for one that does not. */
export function listeningPlace(text: string): ListeningPlace | undefined {
  if (!parseListen(text)) return undefined;
  const address = parseRtmp('from', withoutListen(text));
  const { host, port, shown } = address;
  return { port: `${host} ${String(port)}`, key: `${String(port)} ${listenPath(address)}`, host, shown };
}

/** Reads the address; throws FR_ARG_INVALID. */
export function listenOrigin(name: string, text: string): OriginSource {
  const address = parseRtmp(name, withoutListen(text));
  if (address.secure) throw argumentError(name, 'an address of rtmp:// to listen on', address.shown);
  return {
    shown: address.shown,
    listens: true,
    open: (handlers) => new ListenOrigin(address, handlers),
  };
}

class ListenOrigin implements Origin {
  readonly marks: { -readonly [name in keyof OriginMarks]: OriginMarks[name] } = { dialled: monotonicNow() };
  readonly #handlers: OriginHandlers;
  readonly #port: ListenTicket;
  #over = false;

  constructor(address: RtmpAddress, handlers: OriginHandlers) {
    this.#handlers = handlers;
    this.#port = joinPort({
      address,
      onPublish: ({ since }) => {
        const now = monotonicNow();
        Object.assign(this.marks, { tcp: since, handshake: now, accepted: now });
        handlers.onOpen();
      },
      onMedia: ({ type, timestamp, payload }) => {
        handlers.onTag(type, timestamp, payload);
      },
      onTurn: handlers.onTurn,
      onEnd: (error) => {
        this.#end(error);
      },
      onFail: (error) => {
        this.#end(error);
      },
    });
  }

  close(): void {
    this.#over = true;
    this.#port.leave();
  }

  fail(error: FramerailError): void {
    this.#end(error);
  }

  #end(error: FramerailError | undefined): void {
    if (this.#over) return;
    this.#over = true;
    // It is listened to again at once, unless this was the end.
    this.#port.leave(true);
    this.#handlers.onEnd(error);
  }
}
