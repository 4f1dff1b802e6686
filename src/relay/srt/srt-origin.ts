// A stream that comes over SRT, from a peer that is called or from one that calls.
import { FramerailError, isFramerailError } from '../../base/index.js';
import { TsDemuxer } from '../mpegts/demuxer.js';
import { Notices } from '../mpegts/notices.js';
import type { Origin, OriginHandlers, OriginMarks, OriginOptions, OriginSource } from '../origin.js';
import { parseSrt, type SrtAddress } from './address.js';
import { SrtDial } from './dial.js';

export { isSrt } from './address.js';

/** Reads the address; throws FR_ARG_INVALID. */
export function srtOrigin(name: string, text: string): OriginSource {
  const address = parseSrt(name, text);
  return {
    shown: address.shown,
    listens: address.listens,
    open: (handlers, options) => new SrtOrigin(address, handlers, options),
  };
}

class SrtOrigin implements Origin {
  readonly #handlers: OriginHandlers;
  readonly #demuxer: TsDemuxer;
  readonly #dial: SrtDial;
  #over = false;

  constructor(address: SrtAddress, handlers: OriginHandlers, { timeout }: OriginOptions) {
    this.#handlers = handlers;
    const { onHints, onTag, onWarning, onOpen, onTurn } = handlers;
    const notices = new Notices(onWarning);
    this.#demuxer = new TsDemuxer({ onHints, onTag, onWarning }, { program: address.program });
    this.#dial = new SrtDial({
      ...{ address, timeout, direction: 'in', onAccepted: onOpen, onTurn },
      onBytes: (bytes) => {
        this.#read(bytes);
      },
      onWarning: (message) => {
        notices.once(message);
      },
      onEnd: (error) => {
        this.#end(error);
      },
    });
  }

  get marks(): OriginMarks {
    return this.#dial.marks;
  }

  close(): void {
    this.#over = true;
    void this.#dial.close(false);
  }

  fail(error: FramerailError): void {
    this.#end(error);
  }

  #read(bytes: Buffer): void {
    if (this.#over) return;
    try {
      this.#demuxer.push(bytes);
    } catch (error) {
      const internal = new FramerailError('FR_INTERNAL', 'A tag could not be handled.', { cause: error });
      this.#end(isFramerailError(error) ? error : internal);
    }
  }

  #end(error: FramerailError): void {
    if (this.#over) return;
    this.close();
    this.#handlers.onEnd(error);
  }
}
