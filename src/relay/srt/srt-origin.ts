// A stream that comes over SRT, from a peer that is called or from one that calls.
import { FramerailError, isFramerailError, monotonicNow } from '../../base/index.js';
import { TsDemuxer } from '../mpegts/demuxer.js';
import { Notices } from '../mpegts/notices.js';
import type { Origin, OriginHandlers, OriginMarks, OriginOptions, OriginSource } from '../origin.js';
import { parseSrt, type SrtAddress } from './address.js';
import { SrtDial, type DialHandlers } from './dial.js';
import { takeEarlyDial } from './early-dial.js';

/** libsrt gives a peer up that says nothing for five seconds, and delivers what it holds back until then (SRTO_PEERIDLETIMEO). */
const GIVEN_UP = 4500;

export { isSrt } from './address.js';

/** Reads the address; throws FR_ARG_INVALID. */
export function srtOrigin(name: string, text: string): OriginSource {
  const address = parseSrt(name, text);
  return {
    shown: address.shown,
    listens: address.listens,
    open: (handlers, options) => new SrtOrigin(text, address, handlers, options),
  };
}

class SrtOrigin implements Origin {
  readonly #handlers: OriginHandlers;
  readonly #demuxer: TsDemuxer;
  readonly #dial: SrtDial;
  /** When bytes last came. */
  #heardAt = 0;
  #over = false;

  constructor(text: string, address: SrtAddress, handlers: OriginHandlers, { timeout }: OriginOptions) {
    this.#handlers = handlers;
    const { onHints, onTag, onWarning, onOpen, onTurn } = handlers;
    const notices = new Notices(onWarning);
    this.#demuxer = new TsDemuxer({ onHints, onTag, onWarning }, { program: address.program });
    const dialHandlers: DialHandlers = {
      ...{ onAccepted: onOpen, onTurn },
      onBytes: (bytes) => {
        this.#read(bytes);
      },
      onWarning: (message) => {
        notices.once(message);
      },
      onEnd: (error) => {
        // libav reports both as the same: who was heard a moment ago has said goodbye, and was not given up.
        const goodbye = error.code === 'FR_RELAY_LOST' && error.details['averror'] !== undefined;
        const silence = monotonicNow() - this.#heardAt;
        this.#end(goodbye && silence < GIVEN_UP - address.latency ? undefined : error);
      },
    };
    const request = { address, timeout, direction: 'in' as const, ...dialHandlers };
    this.#dial = takeEarlyDial(text, timeout, dialHandlers) ?? new SrtDial(request);
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
    this.#heardAt = monotonicNow();
    try {
      this.#demuxer.push(bytes);
    } catch (error) {
      const internal = new FramerailError('FR_INTERNAL', 'A tag could not be handled.', { cause: error });
      this.#end(isFramerailError(error) ? error : internal);
    }
  }

  #end(error: FramerailError | undefined): void {
    if (this.#over) return;
    this.close();
    this.#handlers.onEnd(error);
  }
}
